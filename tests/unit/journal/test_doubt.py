"""The journal in doubt: an append without a word, events of a newer release, a schema half made."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import CursorResult, create_engine, inspect

from labd.adapters.journal import SqlJournal, records, schema
from labd.domain import events as e
from labd.domain.errors import JournalError
from labd.ports.journal import Recorded
from tests.scenery import MORNING, later

FIRST, SECOND = e.LinkConnected(at=MORNING), e.LinkLost(at=later(1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lab.sqlite"


async def pragma(journal: SqlJournal, said: str) -> Any:
    """The answer of the connection that writes."""
    return await journal._database.write(lambda connection: first(connection.exec_driver_sql(f"PRAGMA {said}")))


def first(result: CursorResult[Any]) -> Any:
    return result.scalar() if result.returns_rows else None


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[SqlJournal]:
    """A journal that holds `FIRST` and was refused `SECOND`."""
    async with SqlJournal(f"sqlite:///{path}") as journal:
        await journal.append([FIRST])
        await pragma(journal, "query_only = ON")
        with pytest.raises(JournalError, match="Check the directory and its permissions"):
            await journal.append([SECOND])
        await pragma(journal, "query_only = OFF")
        yield journal


def put(path: Path, event: e.Event) -> None:
    """What a commit leaves whose word was lost on the way."""
    row = records.row(Recorded(2, event), "laboratory", 2)
    with closing(sqlite3.connect(path)) as connection, connection:
        names = ", ".join(row)
        connection.execute(f"INSERT INTO event ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


async def kinds(journal: SqlJournal) -> list[tuple[int, str]]:
    return [(each.sequence, each.event.kind) async for each in journal.read()]


async def test_what_was_refused_may_be_appended_again(journal: SqlJournal) -> None:
    assert await journal.append([SECOND]) == [Recorded(2, SECOND)]
    assert await kinds(journal) == [(1, "link_connected"), (2, "link_lost")]


async def test_what_was_committed_after_all_is_not_appended_twice(journal: SqlJournal, path: Path) -> None:
    put(path, SECOND)
    assert await journal.append([SECOND]) == [Recorded(2, SECOND)]
    assert await journal.append([FIRST]) == [Recorded(3, FIRST)]
    assert await kinds(journal) == [(1, "link_connected"), (2, "link_lost"), (3, "link_connected")]


async def test_what_somebody_else_wrote_stops_the_journal(journal: SqlJournal, path: Path) -> None:
    put(path, e.LinkLost(at=later(99)))
    for _ in range(2):
        with pytest.raises(JournalError, match="did not write"):
            await journal.append([SECOND])


async def test_an_event_of_a_newer_release_is_told(journal: SqlJournal, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO event VALUES (2, 'laboratory', 2, 'link_lost', 9, '', '{}')")
    with pytest.raises(JournalError, match="newer release"):
        await kinds(journal)


async def test_a_damaged_event_is_told(journal: SqlJournal, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO event VALUES (2, 'laboratory', 2, 'link_lost', 1, '', '{\"kind\": \"li')")
    with pytest.raises(JournalError, match=r"Event 2 \(link_lost\) cannot be read"):
        await kinds(journal)


async def test_a_schema_of_a_newer_release_is_told(path: Path) -> None:
    async with SqlJournal(f"sqlite:///{path}"):
        pass
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(JournalError, match="9999 is not known"):
        async with SqlJournal(f"sqlite:///{path}"):
            pass


def test_a_migration_that_is_cut_off_leaves_nothing(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        schema.migrate(connection)
        assert inspect(connection).has_table("event")
        connection.rollback()
        assert inspect(connection).get_table_names() == []
    engine.dispose()


async def test_a_commit_reaches_the_disk_before_it_is_reported(journal: SqlJournal) -> None:
    settings = {name: await pragma(journal, name) for name in ("journal_mode", "synchronous")}
    assert settings == {"journal_mode": "wal", "synchronous": 2}  # 2: FULL
