"""The journal on SQLite or PostgreSQL: append-only, one commit a group, projections in the same transaction."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, bindparam, delete, func, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from labd.adapters.journal import lock, records, schema
from labd.adapters.journal.projections import project
from labd.adapters.journal.refusals import refusal
from labd.adapters.journal.rows import PROJECTIONS, CommandRow, EventRow, SnapshotRow, table
from labd.adapters.journal.upgrades import UPGRADES, Upgrades
from labd.adapters.journal.writing import apply, storable
from labd.domain.errors import JournalError
from labd.domain.events import Event
from labd.ports.journal import Recorded

T = TypeVar("T")

_PAGE = 1000
_SNAPSHOTS_KEPT = 2
_EVENTS, _SNAPSHOTS, _COMMANDS = table(EventRow), table(SnapshotRow), table(CommandRow)
_NEW_EVENTS = insert(_EVENTS)
_NEXT_EVENTS = (
    select(_EVENTS.c.sequence, _EVENTS.c.kind, _EVENTS.c.schema_version, _EVENTS.c.payload)
    .where(_EVENTS.c.sequence > bindparam("after"))
    .order_by(_EVENTS.c.sequence)
)
_NEXT_PAGE = _NEXT_EVENTS.limit(_PAGE)
_OUTCOME_HASH = select(_COMMANDS.c.content_hash).where(_COMMANDS.c.id == bindparam("command"))
_NEWEST_SNAPSHOT = select(_SNAPSHOTS).order_by(_SNAPSHOTS.c.sequence.desc()).limit(1)
_FAILURES = (SQLAlchemyError, OSError)
"""What a database, its file or the way to it fails with."""

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
"""What a URL without a driver means."""


class SqlJournal:
    """`labd.ports.Journal` by URL: `sqlite+aiosqlite:///path` or `postgresql+asyncpg://...`. Use as a context manager.

    Raises `JournalError` for whatever the database says no to, and for a second daemon on the same laboratory. After
    that nothing is half-written, and the same call may be made again: what was committed after all is recognised.
    """

    def __init__(self, url: str, *, upgrades: Upgrades = UPGRADES) -> None:
        self._url = make_url(url)
        self._url = self._url.set(drivername=_DRIVERS.get(self._url.drivername, self._url.drivername))
        self._where = self._url.render_as_string()
        self._sqlite = self._url.get_backend_name() == "sqlite"
        self._upgrades = upgrades
        self._stack = AsyncExitStack()
        self._turn = asyncio.Lock()
        self._engine: AsyncEngine
        self._writer: AsyncConnection
        self._last = 0
        self._versions: dict[str, int] = defaultdict(int)
        self._in_doubt = False
        """Whether a transaction ended in an error: it, and the connection, may be there or not."""

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            try:
                await self._open(stack)
            except _FAILURES as error:
                raise refusal(error, self._where) from error
            except ModuleNotFoundError as error:
                raise JournalError(
                    f"{self._where} needs {error.name}.", "Install it: pip install 'labd[postgres]'."
                ) from error
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _open(self, stack: AsyncExitStack) -> None:
        if self._sqlite:
            stack.callback(lock.take(Path(f"{self._url.database}.lock")).close)
            self._engine = create_async_engine(self._url)
        else:
            self._engine = create_async_engine(self._url, connect_args={"server_settings": lock.server_settings()})
        stack.push_async_callback(self._engine.dispose)
        self._writer = await stack.enter_async_context(self._engine.connect())
        await self._writer.run_sync(self._claim)
        await self._writer.run_sync(schema.migrate)
        await self._writer.commit()
        await self._writer.run_sync(self._resume)
        await self._writer.rollback()

    def _claim(self, connection: Connection) -> None:
        if not self._sqlite:
            lock.take_on_server(connection)
            return
        # FULL: what `append` returned from survives the power going.
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000", "foreign_keys = ON"):
            connection.exec_driver_sql(f"PRAGMA {pragma}")

    def _resume(self, connection: Connection) -> None:
        self._last = connection.execute(select(func.max(_EVENTS.c.sequence))).scalar() or 0
        versions = select(_EVENTS.c.stream, func.max(_EVENTS.c.version)).group_by(_EVENTS.c.stream)
        self._versions.update((row.stream, row[1]) for row in connection.execute(versions))

    # --- writing

    async def append(self, events: Sequence[Event]) -> Sequence[Recorded]:
        """Commit all of these, with the projections that follow from them, or none."""
        return await _to_its_end(self._append(events)) if events else []

    async def _append(self, events: Sequence[Event]) -> Sequence[Recorded]:
        async with self._turn:
            recorded = [Recorded(self._last + i, event) for i, event in enumerate(events, 1)]
            versions: dict[str, int] = {}
            rows = []
            for each in recorded:
                stream = records.stream(each.event)
                versions[stream] = versions.get(stream, self._versions[stream]) + 1
                rows.append(records.row(each, stream, versions[stream], self._upgrades))
            if not (self._in_doubt and await self._is_there(rows)):
                async with self._transaction():
                    await self._writer.run_sync(_write, rows, recorded)
            self._in_doubt = False
            self._last = recorded[-1].sequence
            self._versions.update(versions)
            return recorded

    async def _is_there(self, rows: list[dict[str, Any]]) -> bool:
        """Whether these rows were committed by an append that ended in doubt: a connection may break in the commit."""
        async with self._transaction():
            await self._writer.run_sync(self._claim)
            found = (await self._writer.execute(_NEXT_EVENTS, {"after": self._last})).all()
        if found and [(each.sequence, each.payload) for each in found] != [(r["sequence"], r["payload"]) for r in rows]:
            raise JournalError(
                f"The journal at {self._where} holds events behind {self._last} that this process did not write.",
                "Start labd again, and see that nothing else writes there.",
            )
        return bool(found)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        """The writer's transaction: committed, or undone and told as `JournalError`."""
        try:
            yield
            await self._writer.commit()
        except BaseException as error:
            self._in_doubt = True
            try:
                await self._writer.rollback()
            except _FAILURES:
                await self._writer.invalidate()
                await self._writer.rollback()
            if isinstance(error, _FAILURES):
                raise refusal(error, self._where) from error
            raise

    async def save_snapshot(self, sequence: int, state: str) -> None:
        """Keep the folded state at a place, and the one before."""

        def save(connection: Connection) -> None:
            it = _SNAPSHOTS.c.sequence
            connection.execute(delete(_SNAPSHOTS).where(it == sequence))
            connection.execute(insert(_SNAPSHOTS), [{"sequence": sequence, "state": state}])
            kept = select(it).order_by(it.desc()).limit(_SNAPSHOTS_KEPT)
            connection.execute(delete(_SNAPSHOTS).where(it.not_in(kept)))

        await _to_its_end(self._write_alone(save))

    async def rebuild_projections(self) -> None:
        """Empty the projections and make them again from the events, in one transaction."""

        def rebuild(connection: Connection) -> None:
            for row in PROJECTIONS:
                connection.execute(delete(table(row)))
            for page in self._pages(connection):
                apply(connection, [op for each in page for op in project(each)])

        await _to_its_end(self._write_alone(rebuild))

    async def _write_alone(self, work: Callable[[Connection], None]) -> None:
        async with self._turn, self._transaction():
            await self._writer.run_sync(work)

    # --- reading

    async def read(self, after: int = 0) -> AsyncIterator[Recorded]:
        """The events behind a place, in order, read page by page."""
        while page := await self._reading(partial(self._page, after=after)):
            for each in page:
                yield each
            after = page[-1].sequence

    async def latest_snapshot(self) -> tuple[int, str] | None:
        """The place and the JSON of the newest snapshot."""
        row = await self._reading(lambda connection: connection.execute(_NEWEST_SNAPSHOT).first())
        return None if row is None else (row.sequence, row.state)

    async def outcome_hash(self, command: str) -> str | None:
        """The content hash of the outcome that was recorded for a command, if there is one."""
        sought = {"command": storable(command)}
        return await self._reading(lambda connection: connection.execute(_OUTCOME_HASH, sought).scalar())

    async def _reading(self, work: Callable[[Connection], T]) -> T:
        try:
            async with self._engine.connect() as connection:
                return await connection.run_sync(work)
        except _FAILURES as error:
            raise refusal(error, self._where) from error

    def _pages(self, connection: Connection) -> Iterator[list[Recorded]]:
        after = 0
        while page := self._page(connection, after):
            yield page
            after = page[-1].sequence

    def _page(self, connection: Connection, after: int) -> list[Recorded]:
        rows = connection.execute(_NEXT_PAGE, {"after": after})
        return [records.restored(*row, upgrades=self._upgrades) for row in rows]


def _write(connection: Connection, rows: list[dict[str, Any]], recorded: Sequence[Recorded]) -> None:
    connection.execute(_NEW_EVENTS, rows)
    apply(connection, [op for each in recorded for op in project(each)])


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Await work that whoever cancels must wait for: half a transaction is of no use to anybody."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError:  # asked again: the answer is the same
                continue
        raise
