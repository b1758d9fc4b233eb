"""`labd demo --headless`, as a newcomer types it: it ends well, and four independent counts agree."""

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import DATA

MOSQUITTO = pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto"))
FAULTS = ("--fault", "stall=0.2", "--fault", "lost_injection=0.2", "--fault", "late=0.2")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "labd.cli", "demo", "--headless", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


@contextmanager
def live(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A demonstration with its page, and where that is."""
    command = [sys.executable, "-m", "labd.cli", "demo", "--port", "0", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        heard = []
        for line in process.stderr:
            heard.append(line)
            if found := re.search(r"live at (http\S+)", line):
                break
        else:
            raise AssertionError(f"it ended: {heard}")
        try:
            yield process, found.group(1)
        finally:
            process.kill()


def demo(*arguments: str) -> dict[str, Any]:
    """The account that the demonstration prints as its last line."""
    done = run("--speed", "max", "--json", *arguments)
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
    account = demo("--trials", "18", "--seed", "1", *FAULTS)
    assert account["status"] == "finished"
    assert account["trials"] == 18
    assert account["observed"] + account["failed"] == 18
    assert account["observed"] >= 9
    assert account["actions_performed"] > 18 * 3, "no fault has happened"
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


def test_one_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    with live("--trials", "8", "--speed", "2000", "--lab", str(tmp_path)) as (process, url):
        family = psutil.Process(process.pid).children(recursive=True)
        finished = 0
        with urllib.request.urlopen(f"{url}/api/v1/events?after=0", timeout=60) as events:
            for line in events:
                finished += b'"command_finished"' in line
                if finished >= 7:
                    break
        process.kill()
        process.wait()
    psutil.wait_procs(family, timeout=20)  # a driver ends what it has begun; the broker ends with its daemon
    account = demo("--trials", "99", "--lab", str(tmp_path))
    assert (account["campaign"], account["trials"], account["observed"]) == ("suzuki_flow", 8, 8)
    agree(account)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_told_to_and_leaves_nothing_behind(number: signal.Signals) -> None:
    with live("--trials", "50") as (process, url):
        family = psutil.Process(process.pid).children(recursive=True)
        with urllib.request.urlopen(f"{url}/", timeout=20) as page:
            assert b"<title>" in page.read()
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive


def test_one_that_waits_for_a_person_says_so_instead_of_waiting() -> None:
    done = run("--trials", "9", "--speed", "max", "--fault", "stall=1", "--json")
    assert done.returncode == 6, done.stderr
    assert "5 trials failed one after the other" in done.stderr
    assert "labd serve" in done.stderr
    assert not done.stdout


def test_a_directory_without_data_is_refused_with_a_hint(tmp_path: Path) -> None:
    done = run("--data", str(tmp_path))
    assert done.returncode == 2
    assert "config.json" in done.stderr
    assert "Traceback" not in done.stderr
