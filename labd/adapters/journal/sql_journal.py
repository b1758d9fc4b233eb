"""The journal on SQLite or PostgreSQL: append-only, one commit a group, projections in the same transaction."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from labd.adapters.journal import records, schema
from labd.adapters.journal.databases import database
from labd.adapters.journal.projections import project
from labd.adapters.journal.rows import PROJECTIONS, CommandRow, EventRow, SnapshotRow, table
from labd.adapters.journal.upgrades import UPGRADES, Upgrades
from labd.adapters.journal.writing import apply, put, storable
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


class SqlJournal:
    """`labd.ports.Journal` by URL: `sqlite:///path` or `postgresql://...`. Use as a context manager.

    Raises `JournalError` for whatever the database says no to, and for a second daemon on the same laboratory. After
    that nothing is half-written, and the same call may be made again: what was committed after all is recognised.
    """

    def __init__(self, url: str, *, upgrades: Upgrades = UPGRADES) -> None:
        self._database = database(url)
        self._upgrades = upgrades
        self._stack = AsyncExitStack()
        self._turn = asyncio.Lock()
        self._last = 0
        self._versions: dict[str, int] = defaultdict(int)
        self._in_doubt = False
        """Whether an append ended in an error: its events may be there or not."""

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await self._database.open(stack)
            await self._database.write(schema.migrate)
            await self._database.read(self._resume)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

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
            doubtful, self._in_doubt = self._in_doubt, True
            await self._database.write(lambda on: self._write(on, rows, recorded, doubtful=doubtful))
            self._in_doubt = False
            self._last = recorded[-1].sequence
            self._versions.update(versions)
            return recorded

    def _write(
        self, connection: Connection, rows: list[dict[str, Any]], recorded: Sequence[Recorded], *, doubtful: bool
    ) -> None:
        if not (doubtful and self._is_there(connection, rows)):
            put(connection, _NEW_EVENTS, rows)
            apply(connection, [op for each in recorded for op in project(each)])

    def _is_there(self, connection: Connection, rows: list[dict[str, Any]]) -> bool:
        """Whether these rows were committed by an append that ended in doubt: a connection may break in the commit."""
        found = connection.execute(_NEXT_EVENTS, {"after": self._last}).all()
        if found and [(each.sequence, each.payload) for each in found] != [(r["sequence"], r["payload"]) for r in rows]:
            raise JournalError(
                f"The journal at {self._database.url} holds events behind {self._last} that this process did not "
                "write.",
                "Start labd again, and see that nothing else writes there.",
            )
        return bool(found)

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
        async with self._turn:
            await self._database.write(work)

    # --- reading

    async def read(self, after: int = 0) -> AsyncIterator[Recorded]:
        """The events behind a place, in order, read page by page."""
        while page := await self._database.read(partial(self._page, after=after)):
            for each in page:
                yield each
            after = page[-1].sequence

    async def latest_snapshot(self) -> tuple[int, str] | None:
        """The place and the JSON of the newest snapshot."""
        row = await self._database.read(lambda connection: connection.execute(_NEWEST_SNAPSHOT).first())
        return None if row is None else (row.sequence, row.state)

    async def outcome_hash(self, command: str) -> str | None:
        """The content hash of the outcome that was recorded for a command, if there is one."""
        sought = {"command": storable(command)}
        return await self._database.read(lambda connection: connection.execute(_OUTCOME_HASH, sought).scalar())

    def _pages(self, connection: Connection) -> Iterator[list[Recorded]]:
        after = 0
        while page := self._page(connection, after):
            yield page
            after = page[-1].sequence

    def _page(self, connection: Connection, after: int) -> list[Recorded]:
        rows = connection.execute(_NEXT_PAGE, {"after": after})
        return [records.restored(*row, upgrades=self._upgrades) for row in rows]


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
