"""One daemon a laboratory: a lock that the operating system, or the database server, releases whatever happens."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from labd.domain.errors import JournalError

_KEY = 0x6C616264
"""PostgreSQL's advisory locks are numbered: "labd"."""
_PATIENCE_MS = 1000
"""So long a server may take to see that the last daemon was killed."""
_HOLDER = text(
    "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid) "
    "WHERE locktype = 'advisory' AND objid = :key AND granted"
)


def take(path: Path) -> IO[str]:
    """The open file that holds the lock; closing it releases it. Raises `JournalError` when another process has it."""
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        owner = file.read().strip() or "unknown"
        file.close()
        raise _taken(owner) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def take_on_server(connection: Connection) -> None:
    """Hold PostgreSQL's lock for as long as the connection lasts. Raises `JournalError` when another process has it."""
    try:
        connection.execute(text(f"SET lock_timeout = {_PATIENCE_MS}"))
        connection.execute(text(f"SELECT pg_advisory_lock({_KEY})"))
        connection.commit()
    except DBAPIError as error:
        if "lock timeout" not in str(error.orig):
            raise
        connection.rollback()
        owner = str(connection.execute(_HOLDER, {"key": _KEY}).scalar() or "unknown").removeprefix("labd ")
        raise _taken(owner) from None


def server_settings() -> dict[str, str]:
    """What a connection to PostgreSQL says of itself, for whoever finds the lock taken."""
    return {"application_name": f"labd {os.getpid()}"}


def _taken(owner: str) -> JournalError:
    return JournalError(
        f"Another labd (process {owner}) has this laboratory open.", "End it first, or use another --lab."
    )
