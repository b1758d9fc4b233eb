"""The journal on SQLite or PostgreSQL: append-only, one commit a group, projections in the same transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from labd.adapters.journal import lock, schema
from labd.adapters.journal.projections import Insert, Operation, Update, Upsert, project
from labd.adapters.journal.rows import PROJECTIONS, CommandRow, EventRow, SnapshotRow, table
from labd.adapters.journal.upgrades import SCHEMA_VERSIONS, UPGRADES, Upgrades, upgraded
from labd.domain.errors import JournalError
from labd.domain.events import CommandIssued, Event
from labd.ports.journal import Recorded

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_PAGE = 1000
_SNAPSHOTS_KEPT = 2
_EVENTS, _SNAPSHOTS, _COMMANDS = table(EventRow), table(SnapshotRow), table(CommandRow)


class SqlJournal:
    """`labd.ports.Journal` by URL: `sqlite+aiosqlite:///path` or `postgresql+asyncpg://...`. Use as a context manager.

    Raises `JournalError` for whatever the database says no to, and for a second daemon on the same file."""

    def __init__(self, url: str, *, upgrades: Upgrades = UPGRADES) -> None:
        self._url = make_url(url)
        self._upgrades = upgrades
        self._stack = AsyncExitStack()
        self._engine: AsyncEngine
        self._writer: AsyncConnection
        self._last = 0
        self._versions: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            sqlite = self._url.get_backend_name() == "sqlite"
            try:
                if sqlite and self._url.database:
                    stack.callback(lock.take(Path(f"{self._url.database}.lock")).close)
                self._engine = create_async_engine(self._url)
                stack.push_async_callback(self._engine.dispose)
                self._writer = await stack.enter_async_context(self._engine.connect())
                await self._writer.run_sync(_open, sqlite=sqlite)
                await self._writer.run_sync(schema.migrate)
                await self._writer.commit()
                await self._writer.run_sync(self._resume)
                await self._writer.rollback()
            except (DBAPIError, OSError) as error:
                raise _refusal(error, self._url.render_as_string()) from error
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def _resume(self, connection: Connection) -> None:
        self._last = connection.execute(select(func.max(_EVENTS.c.sequence))).scalar() or 0
        versions = select(_EVENTS.c.stream, func.max(_EVENTS.c.version)).group_by(_EVENTS.c.stream)
        self._versions = Counter({row.stream: row[1] for row in connection.execute(versions)})

    async def append(self, events: Sequence[Event]) -> Sequence[Recorded]:
        """Commit all of these, with the projections that follow from them, or none."""
        recorded = [Recorded(self._last + i, event) for i, event in enumerate(events, 1)]
        versions = self._versions.copy()
        rows = []
        for sequence, event in recorded:
            stream = _stream(event)
            versions[stream] += 1
            rows.append(
                {
                    "sequence": sequence,
                    "stream": stream,
                    "version": versions[stream],
                    "kind": event.kind,
                    "schema_version": SCHEMA_VERSIONS.get(event.kind, 1),
                    "at": event.at.isoformat(),
                    "payload": event.model_dump_json(),
                }
            )
        try:
            await self._writer.run_sync(_write, rows, [op for each in recorded for op in project(each)])
            await self._writer.commit()
        except DBAPIError as error:
            await self._writer.rollback()
            raise _refusal(error, self._url.render_as_string()) from error
        self._last, self._versions = self._last + len(recorded), versions
        return recorded

    async def read(self, after: int = 0) -> AsyncIterator[Recorded]:
        """The events behind a place, in order, read page by page."""
        it = _EVENTS.c
        columns = select(it.sequence, it.kind, it.schema_version, it.payload).order_by(it.sequence).limit(_PAGE)
        while True:
            async with self._engine.connect() as connection:
                rows = (await connection.execute(columns.where(it.sequence > after))).all()
            for sequence, kind, version, payload in rows:
                yield Recorded(sequence, self._event(kind, version, payload))
                after = sequence
            if len(rows) < _PAGE:
                return

    def _event(self, kind: str, version: int, payload: str) -> Event:
        if (kind, version) in self._upgrades:
            return _EVENT.validate_python(upgraded(kind, version, json.loads(payload), self._upgrades))
        return _EVENT.validate_json(payload)

    async def latest_snapshot(self) -> tuple[int, str] | None:
        """The place and the JSON of the newest snapshot."""
        newest = select(_SNAPSHOTS).order_by(_SNAPSHOTS.c.sequence.desc()).limit(1)
        async with self._engine.connect() as connection:
            row = (await connection.execute(newest)).first()
        return None if row is None else (row.sequence, row.state)

    async def save_snapshot(self, sequence: int, state: str) -> None:
        """Keep the folded state at a place, and the one before."""

        def save(connection: Connection) -> None:
            it = _SNAPSHOTS.c.sequence
            connection.execute(insert(_SNAPSHOTS), [{"sequence": sequence, "state": state}])
            kept = select(it).order_by(it.desc()).limit(_SNAPSHOTS_KEPT)
            connection.execute(delete(_SNAPSHOTS).where(it.not_in(kept)))

        try:
            await self._writer.run_sync(save)
            await self._writer.commit()
        except DBAPIError as error:
            await self._writer.rollback()
            raise _refusal(error, self._url.render_as_string()) from error

    async def outcome_hash(self, command: str) -> str | None:
        """The content hash of the outcome that was recorded for a command, if there is one."""
        found = select(_COMMANDS.c.content_hash).where(_COMMANDS.c.id == command)
        async with self._engine.connect() as connection:
            digest: str | None = (await connection.execute(found)).scalar()
        return digest

    async def rebuild_projections(self) -> None:
        """Empty the projections and make them again from the events, in one transaction."""
        operations = [op async for each in self.read() for op in project(each)]

        def rebuild(connection: Connection) -> None:
            for row in PROJECTIONS:
                connection.execute(delete(table(row)))
            _apply(connection, operations)

        await self._writer.run_sync(rebuild)
        await self._writer.commit()


def _open(connection: Connection, *, sqlite: bool) -> None:
    if sqlite:
        # FULL: what `append` returned from survives the power going.
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000", "foreign_keys = ON"):
            connection.exec_driver_sql(f"PRAGMA {pragma}")


def _write(connection: Connection, rows: list[dict[str, Any]], operations: list[Operation]) -> None:
    connection.execute(insert(_EVENTS), rows)
    _apply(connection, operations)


def _apply(connection: Connection, operations: list[Operation]) -> None:
    """Carry out the operations in order; neighbours of the same shape travel as one statement with many rows."""
    for (kind, row, _), group in groupby(operations, key=lambda op: (type(op), op.table, tuple(op.values))):
        into = table(row)
        key = into.primary_key.columns[0]
        change = update(into).where(key == bindparam("row_key"))
        if kind is Insert:
            connection.execute(insert(into), [op.values for op in group])
        elif kind is Update:
            connection.execute(change, [{"row_key": op.key, **op.values} for op in group if isinstance(op, Update)])
        else:
            for op in group:
                if isinstance(op, Upsert) and not connection.execute(change, {"row_key": op.key, **op.values}).rowcount:
                    connection.execute(insert(into), [{**_BLANK, key.name: op.key, **op.values}])


_BLANK = {"status": "offline", "session": "", "descriptor": None}
"""What an instrument is before it said so: the one table that is upserted."""


def _stream(event: Event) -> str:
    """Events of a campaign, down to its commands, are one stream: ids of children begin with their campaign's."""
    if isinstance(event, CommandIssued):
        return event.order.run.partition(".")[0]
    for part in ("campaign", "trial", "run", "command"):
        if (key := getattr(event, part, None)) is not None:
            return str(key).partition(".")[0]
    name = getattr(event, "instrument", None)
    return "laboratory" if name is None else f"instrument:{name}"


def _refusal(error: Exception, where: str) -> JournalError:
    said = str(getattr(error, "orig", None) or error)
    hint = "See the message; nothing was written."
    if "full" in said:
        hint = "The disk is full: make room, and labd goes on by itself."
    elif "locked" in said:
        hint = "Something else has the database open; labd tries again."
    elif "readonly" in said or "unable to open" in said:
        hint = "Check the directory and its permissions."
    elif "malformed" in said or "not a database" in said:
        hint = "The file is damaged: restore it from a backup."
    return JournalError(f"The journal at {where} cannot be used: {said}.", hint)
