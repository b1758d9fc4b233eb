"""The life of a command.

    issued ──accepted──> accepted ──overdue──> overdue
       │                    │                     │
       └────────────────────┴─────────────────────┴──> succeeded | failed | refused | unknown
    unknown ── a person says: done / not done / discard ──> succeeded | failed
       └────── the driver knows it after all ──> succeeded | failed | refused
    a result that cannot be true ──> implausible ── a person says: done / not done / discard ──> succeeded | failed

A person may also say what became of an order that is out, where its driver never comes back.

An order whose fate is not known is asked about, by its id; it is sent a second time only if the driver says that it has
never seen it. `unknown` is the driver's own word: it cannot know either, or has lost its memory of an order that it had
accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from labd.domain.capability import Json
from labd.domain.command import Order
from labd.domain.identifiers import InstrumentName
from labd.lifecycles.caps import Spent
from labd.lifecycles.replacing import replace
from labd.lifecycles.table import Table


class CommandStatus(StrEnum):
    """Where a command stands, as the daemon knows it."""

    ISSUED = "issued"
    """Decided and on disk; it may or may not have reached the driver."""
    ACCEPTED = "accepted"
    """The driver has it on its own disk."""
    OVERDUE = "overdue"
    """It takes longer than it should; a late result is still taken."""
    SUCCEEDED = "succeeded"
    """Done; the result is here."""
    FAILED = "failed"
    """Begun, and not brought to its end."""
    REFUSED = "refused"
    """The driver did not begin: nothing moved."""
    UNKNOWN = "unknown"
    """Nobody knows whether it happened: a person is asked."""
    IMPLAUSIBLE = "implausible"
    """It was done, but the result cannot be true: it is held, and a person is asked."""


_ENDS = {
    "succeeded": CommandStatus.SUCCEEDED,
    "implausible": CommandStatus.IMPLAUSIBLE,
    "failed": CommandStatus.FAILED,
    "refused": CommandStatus.REFUSED,
    "unknown": CommandStatus.UNKNOWN,
}

_BY_PERSON = {
    "done": CommandStatus.SUCCEEDED,
    "not_done": CommandStatus.FAILED,
    "discard": CommandStatus.FAILED,
}

TABLE = Table(
    "command",
    {
        CommandStatus.ISSUED: {
            "accepted": CommandStatus.ACCEPTED,
            "missed": CommandStatus.ISSUED,
            "overdue": CommandStatus.ISSUED,
            **_ENDS,
            **_BY_PERSON,
        },
        CommandStatus.ACCEPTED: {
            "accepted": CommandStatus.ACCEPTED,
            "missed": CommandStatus.ISSUED,
            "overdue": CommandStatus.OVERDUE,
            **_ENDS,
            **_BY_PERSON,
        },
        CommandStatus.OVERDUE: {
            "accepted": CommandStatus.OVERDUE,
            "missed": CommandStatus.ISSUED,
            "overdue": CommandStatus.OVERDUE,
            **_ENDS,
            **_BY_PERSON,
        },
        CommandStatus.UNKNOWN: {
            "succeeded": CommandStatus.SUCCEEDED,
            "failed": CommandStatus.FAILED,
            "refused": CommandStatus.REFUSED,
            "implausible": CommandStatus.IMPLAUSIBLE,
            **_BY_PERSON,
        },
        CommandStatus.IMPLAUSIBLE: {**_BY_PERSON},
        CommandStatus.SUCCEEDED: {},
        CommandStatus.FAILED: {},
        CommandStatus.REFUSED: {},
    },
)

OUT = frozenset({CommandStatus.ISSUED, CommandStatus.ACCEPTED, CommandStatus.OVERDUE})
"""The driver owes an answer."""

DOUBTFUL = frozenset({CommandStatus.UNKNOWN, CommandStatus.IMPLAUSIBLE})
"""A person owes an answer."""


@dataclass(frozen=True)  # without slots: it is copied at nearly every event
class Command:
    """One order and what is known of it."""

    order: Order
    issued: datetime
    status: CommandStatus = CommandStatus.ISSUED
    holds: tuple[InstrumentName, ...] = ()
    """Further instruments that are kept while it is out."""
    content_hash: str = ""
    message: str = ""
    ledger: str = ""
    """The memory that the instrument had when the order left: in another one it cannot be found."""
    session: str = ""
    """Of the driver process that accepted it."""
    accepted: datetime | None = None
    """When the driver accepted it, by the driver's own clock."""
    heard: datetime | None = None
    """When the daemon heard that it was accepted."""
    spent: Spent = field(default_factory=Spent)
    """What it uses."""
    held: dict[str, Json] = field(default_factory=dict)
    """The result that cannot be true, while a person is asked."""


def move(command: Command, trigger: str, *, content_hash: str = "", message: str = "") -> Command:
    """The command in its next state."""
    return replace(
        command,
        status=TABLE.next(command.status, trigger),
        content_hash=content_hash or command.content_hash,
        message=message,
    )
