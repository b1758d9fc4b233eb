"""The driver's durable memory: which commands it began, what became of them, and whether the daemon knows.

A row is committed (fsync) before its action begins, and its outcome before that is reported. So after any crash:

    no row                   the action never began
    row without an outcome   the action may have happened: the declared recovery decides
    outcome, not acked       it is sent until the daemon acknowledges it
    outcome, acked           kept for good: the same order again returns it and moves nothing
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter
from ulid import ULID

from labd.domain.command import Order, Outcome
from labd.wire.messages import content_hash

SCHEMA = """
CREATE TABLE IF NOT EXISTS command (
    command TEXT PRIMARY KEY,
    order_json TEXT NOT NULL,
    begun_at TEXT NOT NULL,
    outcome TEXT,
    content_hash TEXT,
    ended_at TEXT,
    acked INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS unacknowledged ON command (begun_at) WHERE acked = 0;
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS word (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS identity (id TEXT NOT NULL) STRICT;
"""
OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)


class Ended(NamedTuple):
    """An outcome, when it was recorded, its hash, and whether the daemon has it."""

    outcome: Outcome
    at: datetime
    content_hash: str
    acked: bool


class Entry(NamedTuple):
    """One command in the ledger; `ended` is None while it is in hand, or was when the driver died."""

    order: Order
    ended: Ended | None


class Ledger:
    """The SQLite file of one instrument. Whoever opens it holds the instrument's lock. Raises `sqlite3.Error`."""

    def __init__(self, path: Path) -> None:
        self.data = path.with_suffix(".data")
        """A directory beside it, for what its outcomes refer to."""
        self._rows = sqlite3.connect(path, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.execute("PRAGMA synchronous = FULL")
        self._rows.executescript(SCHEMA)
        self._rows.execute("INSERT INTO identity SELECT ? WHERE NOT EXISTS (SELECT 1 FROM identity)", (str(ULID()),))
        self.id: str = self._rows.execute("SELECT id FROM identity").fetchone()[0]
        """A ULID, drawn when the file was made: who has another one remembers nothing of what this one did."""

    def close(self) -> None:
        """Close the file."""
        self._rows.close()

    @property
    def epoch(self) -> int:
        """The highest epoch seen; 0 before the first."""
        return self._setting("epoch")

    def see_epoch(self, epoch: int) -> None:
        """Remember the epoch for good, if it is the highest so far."""
        if epoch > self.epoch:
            self._set("epoch", epoch)

    @property
    def stopped(self) -> bool:
        """Whether a stop is latched. It survives a restart: only a reset releases it."""
        return bool(self._setting("stopped"))

    def latch_stop(self, *, stopped: bool) -> None:
        """Latch or release the stop."""
        self._set("stopped", int(stopped))

    def word(self, name: str) -> str:
        """What was kept under that name; empty where nothing was."""
        row = self._rows.execute("SELECT value FROM word WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def keep_word(self, name: str, value: str) -> None:
        """Keep a text for good."""
        self._rows.execute("INSERT OR REPLACE INTO word (name, value) VALUES (?, ?)", (name, value))

    def find(self, command: str) -> Entry | None:
        """The entry of a command, if it was ever seen."""
        columns = "SELECT order_json, outcome, ended_at, content_hash, acked FROM command WHERE command = ?"
        row = self._rows.execute(columns, (command,)).fetchone()
        if row is None:
            return None
        order, outcome, ended_at, digest, acked = row
        ended = None
        if outcome is not None:
            ended = Ended(OUTCOME.validate_json(outcome), datetime.fromisoformat(ended_at), digest, bool(acked))
        return Entry(Order.model_validate_json(order), ended)

    def begin(self, order: Order, at: datetime) -> None:
        """The action is about to begin. On disk when this returns."""
        self._rows.execute(
            "INSERT INTO command (command, order_json, begun_at) VALUES (?, ?, ?)",
            (order.command, order.model_dump_json(), at.isoformat()),
        )

    def refuse(self, order: Order, outcome: Outcome, at: datetime) -> None:
        """The order was refused and nothing moved; the same order again is refused again."""
        self._rows.execute(
            "INSERT INTO command (command, order_json, begun_at, outcome, content_hash, ended_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (order.command, order.model_dump_json(), at.isoformat(), *_ended(order.command, outcome, at)),
        )

    def finish(self, command: str, outcome: Outcome, at: datetime) -> None:
        """The action came to its end. On disk when this returns; a recorded outcome is never changed."""
        self._rows.execute(
            "UPDATE command SET outcome = ?, content_hash = ?, ended_at = ? WHERE command = ? AND outcome IS NULL",
            (*_ended(command, outcome, at), command),
        )

    def acknowledge(self, command: str, digest: str) -> bool:
        """The daemon has this outcome on its disk. False when that is not what is recorded here.

        It waits for no disk: were the power to go, the outcome would be sent once more, and acknowledged again."""
        self._rows.execute("PRAGMA synchronous = NORMAL")
        try:
            changed = self._rows.execute(
                "UPDATE command SET acked = 1 WHERE command = ? AND content_hash = ?", (command, digest)
            )
        finally:
            self._rows.execute("PRAGMA synchronous = FULL")
        return changed.rowcount == 1

    def unfinished(self) -> list[Order]:
        """The orders that were begun and have no outcome, oldest first."""
        rows = self._rows.execute(
            "SELECT order_json FROM command WHERE acked = 0 AND outcome IS NULL ORDER BY begun_at"
        )
        return [Order.model_validate_json(order) for (order,) in rows]

    def unacknowledged(self) -> list[str]:
        """The commands whose outcome the daemon may not have, oldest first."""
        rows = self._rows.execute(
            "SELECT command FROM command WHERE acked = 0 AND outcome IS NOT NULL ORDER BY begun_at"
        )
        return [command for (command,) in rows]

    def _setting(self, name: str) -> int:
        row = self._rows.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def _set(self, name: str, value: int) -> None:
        self._rows.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))


def _ended(command: str, outcome: Outcome, at: datetime) -> tuple[str, str, str]:
    return outcome.model_dump_json(), content_hash(command, outcome), at.isoformat()
