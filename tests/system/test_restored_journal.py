"""An old backup takes the journal's place: the drivers know more than the daemon, and nothing is done twice."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.system.lab_process import LabProcess, furnish, journal, physical
from tests.system.test_survival import run_to_its_end, wait_for_events


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
