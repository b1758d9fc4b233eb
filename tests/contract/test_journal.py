"""One suite for every journal: in memory, on SQLite, on PostgreSQL."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from labd.adapters.journal import SqlJournal
from labd.domain import events as e
from labd.domain.command import Order, Succeeded
from labd.domain.errors import JournalError
from labd.domain.problem import Measurement, Suggestion
from labd.ports.journal import Journal
from labd.simulation.journal import SimulatedJournal
from tests.scenery import MORNING, WORKCELL, descriptor, later, protocol

ORDER = Order(command="C1.1.1.mix.1", run="C1.1.1", step="mix", attempt=1, instrument="mixer_1", capability="mix")
STORY: list[e.Event] = [
    e.DaemonStarted(at=MORNING, epoch=1, version="test"),
    e.WorkcellLoaded(at=MORNING, workcell=WORKCELL),
    e.InstrumentDescribed(at=later(1), instrument="mixer_1", descriptor=descriptor("mixer_1")),
    e.InstrumentStateReported(at=later(2), instrument="mixer_1", session="S1", status="idle"),
    e.CampaignDrafted(at=later(3), campaign="C1", name="mixing", protocol=protocol()),
    e.CampaignStarted(at=later(4), campaign="C1"),
    e.SuggestionsMade(
        at=later(5),
        campaign="C1",
        first=1,
        suggestions=(Suggestion(parameters={"share": 0.25}, method="sobol"),) * 2,
    ),
    e.CommandIssued(at=later(6), order=ORDER),
    e.CommandFinished(
        at=later(7), command=ORDER.command, instrument="mixer_1", outcome=Succeeded(), content_hash="abc"
    ),
    e.TrialObserved(at=later(8), trial="C1.1", outcomes={"signal": Measurement(mean=0.5, standard_error=0.1)}),
    e.TrialFailed(at=later(9), trial="C1.2", reason="spilt"),
    e.MessageQuarantined(at=later(10), topic="labd/1/bench/x/report", reason="junk", excerpt="{", size_bytes=1),
]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of our own, on a socket in a directory of its own. It refuses root, so root becomes `postgres`."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb"), Path(shutil.which("initdb") or "initdb")]
    binaries = found[0].parent
    directory = Path(tempfile.mkdtemp(prefix="labd-postgres-"))  # pytest's own are closed to all but this account
    as_postgres: list[str | Path] = []
    if os.getuid() == 0:
        shutil.chown(directory, "postgres")
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    subprocess.run(
        [*as_postgres, binaries / "initdb", "-D", directory / "data", "-A", "trust", "-U", "labd", "--no-sync"],
        check=True,
        capture_output=True,
        cwd="/",
    )
    server = [*as_postgres, binaries / "pg_ctl", "-D", directory / "data", "-w"]
    options = f"-c listen_addresses='' -c unix_socket_directories={directory}"
    log = directory / "log"
    subprocess.run([*server, "-l", log, "-o", options, "start"], check=True, capture_output=True, cwd="/")
    yield f"postgresql+asyncpg://labd@/postgres?host={directory}"
    stopped = subprocess.run([*server, "-m", "immediate", "stop"], check=False, capture_output=True, text=True, cwd="/")
    shutil.rmtree(directory)
    assert stopped.returncode == 0, stopped


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journal]:
    async with opened(request, tmp_path) as each:
        yield each


@asynccontextmanager
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journal]:
    if request.param == "memory":
        yield SimulatedJournal()
        return
    url = f"sqlite+aiosqlite:///{tmp_path}/lab.sqlite"  # as earlier releases spelt it
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        await start_over(url)
    async with SqlJournal(url) as each:
        yield each


async def start_over(url: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await connection.close()


async def all_of(journal: Journal, after: int = 0) -> list[tuple[int, e.Event]]:
    return [(each.sequence, each.event) async for each in journal.read(after)]


async def test_what_is_appended_is_read_back_in_order_and_without_gaps(journal: Journal) -> None:
    await journal.append(STORY[:5])
    await journal.append(STORY[5:])
    assert await all_of(journal) == list(enumerate(STORY, 1))
    assert await all_of(journal, after=10) == list(enumerate(STORY, 1))[10:]


async def test_it_knows_the_outcome_of_a_command(journal: Journal) -> None:
    await journal.append(STORY)
    assert await journal.outcome_hash(ORDER.command) == "abc"
    assert await journal.outcome_hash("C1.1.1.mix.2") is None


async def test_it_knows_nothing_of_a_command_that_was_never_issued(journal: Journal) -> None:
    await journal.append([each for each in STORY if not isinstance(each, e.CommandIssued)])
    assert await journal.outcome_hash(ORDER.command) is None
    assert await journal.outcome_hash("no\x00name") is None


async def test_it_takes_any_text_that_an_event_may_have(journal: Journal) -> None:
    odd = e.MessageQuarantined(at=MORNING, topic="\x00", reason="a\x00b \N{SNOWMAN} '; --", excerpt="\n\u2028%s :x {}")
    await journal.append([*STORY, odd, e.TrialAbandoned(at=later(11), trial="C1.1", reason="\x00")])
    assert (await all_of(journal))[len(STORY)][1] == odd


async def test_nothing_appended_is_nothing(journal: Journal) -> None:
    assert list(await journal.append([])) == []
    assert await all_of(journal) == []


async def test_writers_at_once_take_turns(journal: Journal) -> None:
    many: list[list[e.Event]] = [[e.LinkConnected(at=later(i)), e.LinkLost(at=later(i))] for i in range(20)]
    recorded = await asyncio.gather(*(journal.append(each) for each in many))
    found = await all_of(journal)
    assert [place for place, _ in found] == list(range(1, 41))
    assert sorted(tuple(each) for group in recorded for each in group) == sorted(found, key=lambda each: each[0])


async def test_an_append_that_is_cancelled_has_happened_or_not(journal: Journal) -> None:
    for turns in range(1, 8):
        appending = asyncio.create_task(_append(journal, STORY))
        for _ in range(turns):
            await asyncio.sleep(0)
        appending.cancel()
        await asyncio.wait([appending])
        await journal.append([e.LinkLost(at=MORNING)])
    kinds = [event.kind for _, event in await all_of(journal)]
    whole = [*(each.kind for each in STORY), "link_lost"]
    while kinds:
        size = len(whole) if kinds[0] == whole[0] else 1
        assert kinds[:size] in (whole, ["link_lost"])
        del kinds[:size]


async def _append(journal: Journal, events: list[e.Event]) -> None:
    await journal.append(events)


async def test_it_returns_the_newest_snapshot(journal: Journal) -> None:
    assert await journal.latest_snapshot() is None
    for sequence in (5, 10, 15):
        await journal.save_snapshot(sequence, f'{{"at": {sequence}}}')
    assert await journal.latest_snapshot() == (15, '{"at": 15}')
    await journal.save_snapshot(15, "again")
    assert await journal.latest_snapshot() == (15, "again")


async def test_it_reads_more_than_a_page(journal: Journal) -> None:
    many = [e.LinkConnected(at=later(i)) for i in range(2500)]
    for start in range(0, 2500, 500):
        await journal.append(many[start : start + 500])
    assert [each for _, each in await all_of(journal)] == many


async def rows(journal: SqlJournal, table: str) -> list[tuple[Any, ...]]:
    from sqlalchemy import text

    every = text(f"SELECT * FROM {table} ORDER BY 1, 2")
    return await journal._database.read(lambda connection: [tuple(row) for row in connection.execute(every)])


TABLES = ("campaign", "trial", "command", "observation", "instrument", "quarantine")


async def test_projections_can_be_made_again_from_the_events(journal: Journal) -> None:
    if not isinstance(journal, SqlJournal):
        return
    await journal.append(STORY)
    live = {table: await rows(journal, table) for table in TABLES}
    assert all(live.values())
    await journal.rebuild_projections()
    assert {table: await rows(journal, table) for table in TABLES} == live


async def test_projections_are_the_same_whatever_was_committed_together(journal: Journal) -> None:
    if not isinstance(journal, SqlJournal):
        return
    order = ORDER.model_copy(update={"command": "C1.2.1.mix.1", "run": "C1.2.1", "instrument": "mixer_2"})
    state = {"instrument": "mixer_1", "session": "S1"}
    story = [
        *STORY[:7],
        e.CommandIssued(at=later(6), order=ORDER),
        e.CommandAccepted(at=later(7), command=ORDER.command),
        e.CommandIssued(at=later(7), order=order),
        e.InstrumentStateReported(at=later(8), status="busy", **state),
        e.TimerFired(at=later(8), timer=ORDER.command),
        e.DaemonStarted(at=later(9), epoch=2, version="test"),
        e.CommandMissed(at=later(9), command=order.command),
        e.CommandFinished(
            at=later(9), command=ORDER.command, instrument="mixer_1", outcome=Succeeded(), content_hash="abc"
        ),
        e.CommandAccepted(at=later(10), command=order.command),
        e.InstrumentStateReported(at=later(10), status="idle", **state),
    ]
    for each in story:
        await journal.append([each])
    one_by_one = {table: await rows(journal, table) for table in TABLES}
    await journal.rebuild_projections()
    assert {table: await rows(journal, table) for table in TABLES} == one_by_one


async def test_two_snapshots_are_kept(journal: Journal) -> None:
    if not isinstance(journal, SqlJournal):
        return
    for sequence in (5, 10, 15):
        await journal.save_snapshot(sequence, "{}")
    assert [row[0] for row in await rows(journal, "snapshot")] == [10, 15]


async def test_a_second_daemon_is_refused_by_name(journal: Journal) -> None:
    if not isinstance(journal, SqlJournal):
        return
    with pytest.raises(JournalError, match=rf"Another labd \(process {os.getpid()}\)"):
        async with SqlJournal(journal._database.url.render_as_string(hide_password=False)):
            pass
    await journal.append(STORY)


@pytest.mark.needs("postgresql")
async def test_a_connection_that_breaks_costs_one_refusal_and_nothing_else(postgres_url: str) -> None:
    from sqlalchemy import text

    await start_over(postgres_url)
    async with SqlJournal(postgres_url) as journal:
        await journal.append(STORY[:5])
        asked = text("SELECT pg_backend_pid()")
        own = {"own": await journal._database.write(lambda connection: connection.execute(asked).scalar())}
        end = text("SELECT pg_terminate_backend(:own, 5000)")
        await journal._database.read(lambda connection: connection.execute(end, own).all())
        with pytest.raises(JournalError):
            await journal.append(STORY[5:])
        await journal.append(STORY[5:])
        assert await all_of(journal) == list(enumerate(STORY, 1))
        with pytest.raises(JournalError, match="Another labd"):  # the lock, too, was taken again
            async with SqlJournal(postgres_url):
                pass


async def test_the_journal_takes_no_change(journal: Journal) -> None:
    if not isinstance(journal, SqlJournal):
        return
    from sqlalchemy import Connection, text

    await journal.append(STORY)
    changes = ["UPDATE event SET kind = 'x'", "DELETE FROM event"]
    if journal._database.url.get_backend_name() == "sqlite":
        same = "stream, version, kind, schema_version, at, 'forged' FROM event WHERE sequence = 1"
        changes += [f"INSERT OR REPLACE INTO event SELECT {place}, {same}" for place in (1, len(STORY) + 1)]
    else:
        changes.append("TRUNCATE event")
    for change in changes:
        with pytest.raises(JournalError, match="append-only"):
            await journal._database.write(partial(Connection.execute, statement=text(change)))


async def test_the_migrated_schema_is_that_of_the_models(journal: Journal) -> None:
    if not isinstance(journal, SqlJournal):
        return
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection
    from sqlmodel import SQLModel

    from labd.adapters.journal import schema

    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), SQLModel.metadata))

    assert await journal._database.read(differences) == []
    migrations = Path(schema.__file__).parent / "migrations"
    assert ScriptDirectory(str(migrations)).get_current_head() == schema.HEAD
