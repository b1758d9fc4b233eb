"""Each laboratory that labd ships, live: real drivers, a real broker, and books that agree."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.system.test_demo import agree, demo

pytestmark = pytest.mark.needs("mosquitto")


def events(lab: Path, *kinds: str) -> list[dict[str, Any]]:
    """Those of these kinds in the journal, in their order."""
    with closing(sqlite3.connect(f"file:{lab}/.labd/lab.sqlite?mode=ro", uri=True)) as journal:
        rows = journal.execute("SELECT payload FROM event ORDER BY sequence").fetchall()
    read = [json.loads(payload) for (payload,) in rows]
    return [each for each in read if each["kind"] in kinds]


def orders(lab: Path, capability: str) -> list[dict[str, Any]]:
    return [each["order"] for each in events(lab, "command_issued") if each["order"]["capability"] == capability]


def test_a_plate_of_strains(tmp_path: Path) -> None:
    account = demo("strain_assay", "--trials", "2", "--seed", "1", "--lab", str(tmp_path), "--fault", "bubble=0.1")
    assert (account["campaign"], account["status"]) == ("strain_assay", "finished")
    assert (account["trials"], account["observed"], account["failed"]) == (2, 2, 0)
    agree(account)
    for run in events(tmp_path, "run_started"):
        wells = [each["well"] for each in run["samples"]]
        assert len(set(wells)) == len(wells) == 8 + 4 * len({each["trial"] for each in run["samples"] if each["trial"]})
        controls = [each["control"] for each in run["samples"] if each["control"]]
        assert sorted(controls) == ["blank"] * 4 + ["wild_type"] * 4
    ways = [(each["arguments"]["source"], each["arguments"]["destination"][:6]) for each in orders(tmp_path, "move")]
    stations = ["hotel", "deck", "shaker", "deck", "shaker", "reader", "hotel"]
    assert ways[:1] == [("hotel", "deck")]
    assert {destination for _, destination in ways} == set(stations)
    assert not events(tmp_path, "window_broken")
    (observed, *_) = events(tmp_path, "trial_observed")
    assert observed["outcomes"]["specific_fluorescence"]["standard_error"] > 0


def test_a_furnace_batch(tmp_path: Path) -> None:
    account = demo("furnace_batch", "--trials", "7", "--seed", "1", "--lab", str(tmp_path), "--fault", "spill=0.1")
    assert (account["campaign"], account["status"]) == ("furnace_batch", "finished")
    assert (account["trials"], account["observed"], account["failed"]) == (7, 7, 0)
    agree(account)
    weighed = orders(tmp_path, "weigh")
    assert all(sum(each["arguments"][oxide] for oxide in OXIDES) == pytest.approx(2.0, abs=1e-4) for each in weighed)
    taken = [each["consumes"] for each in events(tmp_path, "command_issued") if each["order"]["capability"] == "weigh"]
    assert [sum(each["lanthana"].values()) for each in taken] == [each["arguments"]["lanthana"] for each in weighed]


OXIDES = ("lanthana", "zirconia", "tantala")


def test_a_beam_line_waits_for_its_beam(tmp_path: Path) -> None:
    account = demo("beam_line", "--trials", "2", "--seed", "5", "--lab", str(tmp_path), "--fault", "beam_loss=0.05")
    assert (account["campaign"], account["status"]) == ("beam_line", "finished")
    assert (account["trials"], account["observed"], account["failed"]) == (2, 2, 0)
    agree(account)
    outcomes = [each["outcome"] for each in events(tmp_path, "command_finished")]
    lost = [each for each in outcomes if each.get("message") == "there is no beam"]
    assert lost
    assert len(orders(tmp_path, "await_beam")) == len(lost)
    tripped = 0
    dark = True  # until the ring was heard for the first time
    for each in events(tmp_path, "interlock_tripped", "interlock_cleared", "command_issued"):
        if each["kind"] == "command_issued":
            assert not (dark and each["order"]["instrument"] in ("camera_1", "slit_motor", "steerer_motor")), each
        else:
            dark = each["kind"] == "interlock_tripped"
            tripped += dark
    assert (tripped > 0, dark) == (True, False)
    looks = [each["step"] for each in orders(tmp_path, "look")]
    assert "align__2__look" in looks
    assert "align__6__look" not in looks


def test_one_that_there_is_not_is_refused() -> None:
    command = [sys.executable, "-m", "labd.cli", "demo", "aquarium"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "furnace_batch" in done.stderr
