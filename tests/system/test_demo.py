"""`labd demo --headless`, as a newcomer types it: it ends well, and four independent counts agree."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DATA

MOSQUITTO = pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto"))
FAULTS = ("--fault", "stall=0.2", "--fault", "lost_injection=0.2", "--fault", "late=0.2")


def demo(*arguments: str) -> dict[str, Any]:
    """The account that the demonstration prints as its last line."""
    command = [sys.executable, "-m", "labd.cli", "demo", "--headless", "--speed", "max", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    account = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(account, dict)
    return account


def agree(account: dict[str, Any]) -> None:
    """Ordered, done, reported and recorded, each counted in a book of its own."""
    counts = ["actions_commanded", "actions_performed", "results_reported", "results_recorded"]
    assert len({account[name] for name in counts}) == 1, {name: account[name] for name in counts}
    assert account["unknown"] == 0
    assert account["wall_s"] > 0


@pytest.mark.parametrize("broker", [MOSQUITTO, "amqtt"])
def test_a_campaign_from_nothing(broker: str) -> None:
    account = demo("--trials", "6", "--seed", "1", "--broker", broker)
    assert (account["campaign"], account["status"]) == ("suzuki_flow", "finished")
    assert (account["trials"], account["observed"], account["failed"]) == (6, 6, 0)
    assert account["broker"] == broker
    assert account["actions_performed"] == 6 * 3
    assert 0 < account["best"] <= 110
    assert 0 < account["optimum"] <= 100
    agree(account)


def test_faults_are_survived_and_the_books_agree() -> None:
    account = demo("--trials", "6", "--seed", "1", *FAULTS)
    assert account["status"] == "finished"
    assert account["trials"] == 6
    assert account["observed"] + account["failed"] == 6
    assert account["observed"] >= 3
    assert account["actions_performed"] > 6 * 3, "no fault has happened"
    agree(account)


def test_a_laboratory_that_was_kept_goes_on(tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    first = demo("--trials", "3", "--lab", str(lab))
    second = demo("--trials", "3", "--lab", str(lab))
    assert (first["campaign"], second["campaign"]) == ("suzuki_flow", "suzuki_flow-2")
    assert second["events"] > first["events"]
    for account in (first, second):
        assert account["observed"] == 3
        agree(account)


@pytest.mark.needs("data")
def test_measured_results_are_replayed() -> None:
    data = DATA / "dataset_suzuki_iii"
    account = demo("--trials", "6", "--seed", "1", "--data", str(data))
    assert account["status"] == "finished"
    assert account["trials"] == account["observed"] == 6
    assert account["best"] <= account["optimum"]
    agree(account)


def test_a_directory_without_data_is_refused_with_a_hint(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "labd.cli", "demo", "--headless", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "config.json" in done.stderr
    assert "Traceback" not in done.stderr
