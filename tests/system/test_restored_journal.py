"""An old backup takes the journal's place: the drivers know more than the daemon, and nothing is done twice."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.system.lab_process import LabProcess, furnish, journal, physical

PATIENCE = 4000
"""So many events without an end mean that the laboratory stands still."""


@pytest.mark.needs("mosquitto")
def test_a_laboratory_goes_on_from_an_old_backup_of_its_journal(tmp_path: Path) -> None:
    protocol = furnish(tmp_path, speed=1000.0, seed=4, trials=6)
    lab = LabProcess(tmp_path)
    with lab:
        body = {"protocol": protocol.read_text(), "file": protocol.name, "seed": 1, "start": True, "by": "test"}
        key = lab.post("campaigns", body)["id"]
        wait_for_events(lab, 20)
        back_up(tmp_path)
        for _ in range(2):  # each start is an epoch, and the drivers obey the newest
            wait_for_events(lab, 15)
            lab.kill()
            lab.start()
        wait_for_events(lab, 15)
    restore(tmp_path)
    with lab:
        final = run_to_its_end(lab, key)
    assert (final["status"], final["observed"]) == ("finished", 6)
    raised = [each["epoch"] for each in journal(tmp_path) if each["kind"] == "epoch_raised"]
    assert raised == [4]
    begun = Counter((line["instrument"], line["command"]) for line in physical(tmp_path) if line["event"] == "begun")
    assert set(begun.values()) == {1}
    out = {each["order"]["command"] for each in journal(tmp_path) if each["kind"] == "command_issued"}
    assert out == {each["command"] for each in journal(tmp_path) if each["kind"] == "command_finished"}


def back_up(directory: Path) -> None:
    """As the how-to says: SQLite's own way, while the daemon runs."""
    with (
        closing(sqlite3.connect(directory / ".labd" / "lab.sqlite")) as source,
        closing(sqlite3.connect(directory / "backup.sqlite")) as target,
    ):
        source.backup(target)


def restore(directory: Path) -> None:
    for path in (directory / ".labd").glob("lab.sqlite*"):
        path.unlink()
    (directory / "backup.sqlite").rename(directory / ".labd" / "lab.sqlite")


def wait_for_events(lab: LabProcess, count: int) -> None:
    """Until so many more things have happened: a moment that differs each time."""
    version = lab.get("now")["version"]
    for seen, event in enumerate(lab.events(version), 1):
        answer_questions(lab, event)
        if seen >= count or event["kind"] in ("campaign_finished", "campaign_paused"):
            return


def answer_questions(lab: LabProcess, event: dict[str, Any] | None = None) -> None:
    """What a person does about an action of which nobody knows whether it happened: give the sample up."""
    if event is not None and (event["kind"] != "command_finished" or event["outcome"]["kind"] != "unknown"):
        return
    for question in lab.get("now")["questions"]:
        answer: dict[str, object] = {"resolution": "discard", "by": "test", "reason": "cannot be known"}
        lab.post(f"commands/{question['command']}/resolve", answer)


def run_to_its_end(lab: LabProcess, key: str) -> dict[str, Any]:
    for count, event in enumerate(lab.events()):
        assert count < PATIENCE
        answer_questions(lab, event)
        if event["kind"] == "campaign_finished":
            break
        if event["kind"] == "campaign_paused" and lab.get(f"campaigns/{key}")["campaign"]["status"] == "paused":
            lab.post(f"campaigns/{key}/resume", {"by": "test", "reason": "go on"})
    final: dict[str, Any] = lab.get(f"campaigns/{key}")["campaign"]
    return final
