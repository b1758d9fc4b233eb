"""What the journal on SQLite says no to, and how."""

from pathlib import Path
from typing import Any

import pytest

from labd.adapters.journal import SqlJournal
from labd.adapters.journal.upgrades import upgraded
from labd.domain import events as e
from labd.domain.errors import JournalError
from tests.scenery import MORNING


def url(path: Path) -> str:
    return f"sqlite:///{path}"


async def test_a_second_daemon_is_refused_until_the_first_has_gone(tmp_path: Path) -> None:
    async with SqlJournal(url(tmp_path / "lab.sqlite")):
        with pytest.raises(JournalError, match=r"Another labd \(process \d+\)"):
            async with SqlJournal(url(tmp_path / "lab.sqlite")):
                pass
    async with SqlJournal(url(tmp_path / "lab.sqlite")) as journal:
        await journal.append([e.LinkLost(at=MORNING)])


async def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "lab.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(JournalError, match="restore it from a backup"):
        async with SqlJournal(url(tmp_path / "lab.sqlite")):
            pass


async def test_a_missing_directory_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalError):
        async with SqlJournal(url(tmp_path / "nowhere" / "lab.sqlite")):
            pass


async def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    async with SqlJournal(url(tmp_path / "lab.sqlite")) as journal:
        await journal.append([e.LinkConnected(at=MORNING)])
        await journal._database.write(
            lambda on: on.exec_driver_sql("PRAGMA max_page_count = 1").all()
        )  # SQLite's own full disk: no page more
        big = e.MessageQuarantined(at=MORNING, topic="t", reason="r", excerpt="x" * 500_000)
        with pytest.raises(JournalError, match="full"):
            await journal.append([e.LinkLost(at=MORNING), big])
        await journal._database.write(lambda on: on.exec_driver_sql("PRAGMA max_page_count = 100000").all())
        await journal.append([e.LinkLost(at=MORNING)])
        assert [each.event.kind async for each in journal.read()] == ["link_connected", "link_lost"]


async def test_an_old_payload_is_upgraded_when_it_is_read(tmp_path: Path) -> None:
    def rename(payload: dict[str, Any]) -> dict[str, Any]:
        return {**payload, "reason": payload["reason"].upper()}

    story = [e.MessageQuarantined(at=MORNING, topic="t", reason="old")]
    async with SqlJournal(url(tmp_path / "lab.sqlite")) as journal:
        await journal.append(story)
    upgrades = {("message_quarantined", 1): rename}
    async with SqlJournal(url(tmp_path / "lab.sqlite"), upgrades=upgrades) as journal:
        (only,) = [each.event async for each in journal.read()]
    assert isinstance(only, e.MessageQuarantined)
    assert only.reason == "OLD"


def test_upgrades_go_step_by_step() -> None:
    upgrades = {("k", 1): lambda p: {**p, "two": 2}, ("k", 2): lambda p: {**p, "three": 3}}
    assert upgraded("k", 1, {}, upgrades) == {"two": 2, "three": 3}
