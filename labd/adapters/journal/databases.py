"""A database behind a journal: one connection that writes, others that read. Each call is one transaction.

    SQLite       a thread of its own writes, another one reads: a commit costs one way there and back
    PostgreSQL   asyncpg, on the event loop

Raises `JournalError` for whatever the database, its file or the way to it fails with: then nothing was written, or,
where the connection broke in the commit, nobody knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from labd.adapters.journal import lock
from labd.adapters.journal.refusals import refusal
from labd.domain.errors import JournalError

T = TypeVar("T")

_FAILURES = (SQLAlchemyError, OSError)
"""What a database, its file or the way to it fails with."""
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # what a commit returned from survives the power going
    "busy_timeout = 5000",
    "foreign_keys = ON",
)


class Database(Protocol):
    """What a journal asks of a database."""

    url: URL
    """Where it is; as text, it shows no password."""

    async def open(self, stack: AsyncExitStack) -> None:
        """Connect, and hold the laboratory's lock until the stack is closed."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """The answer of the work; what it wrote is on disk. One at a time, and to be awaited to its end."""

    async def read(self, work: Callable[[Connection], T]) -> T:
        """The answer of the work, which writes nothing."""


def database(url: str) -> Database:
    """The database of a URL: `sqlite:///path` or `postgresql://...`; the driver that it names does not matter."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        return _SqliteFile(parts.set(drivername="sqlite"))
    return _Server(parts.set(drivername="postgresql+asyncpg"))


class _SqliteFile:
    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine: Engine
        self._connection: Connection
        self._claimed = False
        # Not asyncio's own threads: whoever fills those with work would delay a commit.
        self._writing, self._reading = ThreadPoolExecutor(1, "journal-writer"), ThreadPoolExecutor(1, "journal-reader")

    async def open(self, stack: AsyncExitStack) -> None:
        with _told(self.url):
            stack.callback(lock.take(Path(f"{self.url.database}.lock")).close)
        self._engine = create_engine(self.url)
        stack.callback(self._engine.dispose)
        stack.callback(self._writing.shutdown)
        stack.callback(self._reading.shutdown)
        self._connection = await self._in(self._writing, self._engine.connect)
        stack.callback(self._connection.close)

    async def write(self, work: Callable[[Connection], T]) -> T:
        try:
            claim = None if self._claimed else _set_pragmas
            answer = await self._in(self._writing, lambda: _transact(self._connection, claim, work))
        except BaseException:
            self._claimed = False
            raise
        self._claimed = True
        return answer

    async def read(self, work: Callable[[Connection], T]) -> T:
        def on_another() -> T:
            with self._engine.connect() as connection:
                return work(connection)

        return await self._in(self._reading, on_another)

    async def _in(self, thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        with _told(self.url):
            return await asyncio.get_running_loop().run_in_executor(thread, work)


class _Server:
    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine: AsyncEngine
        self._connection: AsyncConnection
        self._claimed = False

    async def open(self, stack: AsyncExitStack) -> None:
        try:
            self._engine = create_async_engine(self.url, connect_args={"server_settings": lock.server_settings()})
        except ModuleNotFoundError as error:
            raise JournalError(
                f"{self.url} needs {error.name}.", "Install it: pip install 'labd[postgres]'."
            ) from error
        stack.push_async_callback(self._engine.dispose)
        with _told(self.url):
            self._connection = await stack.enter_async_context(self._engine.connect())

    async def write(self, work: Callable[[Connection], T]) -> T:
        try:
            claim = None if self._claimed else lock.take_on_server
            with _told(self.url):
                answer = await self._connection.run_sync(_transact, claim, work)
        except BaseException:
            self._claimed = False
            raise
        self._claimed = True
        return answer

    async def read(self, work: Callable[[Connection], T]) -> T:
        with _told(self.url):
            async with self._engine.connect() as connection:
                return await connection.run_sync(work)


@contextmanager
def _told(url: URL) -> Iterator[None]:
    """What fails in the block, in words that a person can act on."""
    try:
        yield
    except _FAILURES as error:
        raise refusal(error, str(url)) from error


def _transact(connection: Connection, claim: Callable[[Connection], None] | None, work: Callable[[Connection], T]) -> T:
    """The answer of the work, committed; or all of it undone. The connection is claimed first where it is a new one, or
    may be: after an error nobody knows."""
    try:
        if claim is not None:
            claim(connection)
        answer = work(connection)
        connection.commit()
    except BaseException:
        try:
            connection.rollback()
        except _FAILURES:
            connection.invalidate()
            connection.rollback()
        raise
    return answer


def _set_pragmas(connection: Connection) -> None:
    for pragma in _PRAGMAS:
        connection.exec_driver_sql(f"PRAGMA {pragma}")
