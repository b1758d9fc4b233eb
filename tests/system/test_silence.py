"""A driver that hangs while the broker still has it: found by its silence, and nothing is lost of what it did."""

import signal
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.system.lab_process import LabProcess, furnish, journal, physical
from tests.system.test_restored_journal import answer_questions, run_to_its_end, wait_for_events


@pytest.mark.needs("mosquitto")
def test_a_hung_driver_falls_silent_and_comes_back_with_nothing_lost(tmp_path: Path) -> None:
    protocol = furnish(tmp_path, speed=1000.0, seed=5, trials=6)
    with LabProcess(tmp_path, "--heartbeat", "0.2") as lab:
        body = {"protocol": protocol.read_text(), "file": protocol.name, "seed": 1, "start": True, "by": "test"}
        key = lab.post("campaigns", body)["id"]
        wait_for_events(lab, 12)
        (driver,) = [each for each in lab.children("labd.driver_kit") if "hplc_1" in each.cmdline()]
        before = lab.get("now")["version"]
        driver.send_signal(signal.SIGSTOP)
        fell = next(each for each in lab.events(before) if each["kind"] == "instrument_fell_silent")
        assert fell["instrument"] == "hplc_1"
        (shown,) = [each for each in lab.get("now")["instruments"] if each["name"] == "hplc_1"]
        assert shown["status"] == "silent"
        assert "nothing was heard of it since" in shown["message"]
        before = lab.get("now")["version"]
        driver.send_signal(signal.SIGCONT)
        back = next(
            each
            for each in lab.events(before)
            if each["kind"] == "instrument_state_reported" and each["instrument"] == "hplc_1"
        )
        assert back["status"] in ("idle", "busy")
        answer_questions(lab)
        assert run_to_its_end(lab, key)["status"] == "finished"
        here = {each["name"]: each for each in lab.get("now")["instruments"]}
        assert {each["protocol"] for each in here.values()} == {"1.1"}
        clock = here["hplc_1"]["clock"]
        assert abs(clock["ahead_s"]) <= clock["uncertainty_s"] + 0.05
    agree(tmp_path)


def agree(directory: Path) -> None:
    """Journal, ledgers and the instruments' own logs tell one story."""
    events = journal(directory)
    issued = {each["order"]["command"] for each in events if each["kind"] == "command_issued"}
    finished = {each["command"]: each["content_hash"] for each in events if each["kind"] == "command_finished"}
    assert finished.keys() == issued
    ledgers: dict[str, str] = {}
    for path in (directory / ".labd" / "drivers").glob("*.sqlite"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as rows:
            ledgers |= dict(rows.execute("SELECT command, content_hash FROM command"))
    assert ledgers == finished
    begun = Counter(line["command"] for line in physical(directory) if line["event"] == "begun")
    assert set(begun.values()) == {1}
