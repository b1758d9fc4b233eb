"""The payloads, as JSON. Unknown keys are refused, sizes are bounded, a NaN is no number.

The content hash of a final report covers what was reported and not when, so that the same report sent twice is
recognised, and another content under the same command is found out.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from labd.domain.blob import BLOB
from labd.domain.capability import Descriptor, Json
from labd.domain.command import Order, Outcome
from labd.domain.value import Value
from labd.wire.chunks import MAXIMUM_CHUNK_BYTES

MAXIMUM_BYTES = 4_000_000
"""A larger payload is quarantined unread."""

BY_LENGTH, REASON_LENGTH, LOCK_LENGTH = 100, 500, 500
"""So many characters who, why, and both together have at most."""

MAXIMUM_EPOCH = 2**53
"""No laboratory is started so often; what is beyond is rubbish."""


class Birth(Value):
    """`descriptor`, retained: what the instrument is."""

    descriptor: Descriptor
    """Its instrument is the one of the topic."""
    protocol: str = Field(default="1.0", pattern=r"^[0-9]{1,4}\.[0-9]{1,4}$")
    """What the driver speaks: the version of the topics, a dot, and how far within it."""
    epoch: int = Field(default=0, ge=0, le=MAXIMUM_EPOCH)
    """The newest epoch that the driver has obeyed: a daemon that goes on from an old backup starts above it."""
    ledger: str = Field(default="", max_length=64)
    """A ULID, drawn when the driver's ledger was made: a driver with another one has forgotten what it did."""


class State(Value):
    """`state`, retained, and the last will: how the instrument is."""

    session: str = Field(max_length=64)
    """Of the driver process that speaks, as its descriptor has it."""
    sequence: int = Field(ge=0)
    """Counts the states and reports of a session as they are published, from 1, without gaps; 0 in the last will."""
    status: Literal["idle", "busy", "error", "stopped", "offline"]
    """Takes an order when idle, and in no other state."""
    commands: tuple[str, ...] = ()
    """The ids of the commands in hand."""
    message: str = Field(default="", max_length=2000)
    """What a person should know about it."""
    stop: str = Field(default="", max_length=64)
    """The id of the stop that it obeys: its acknowledgement."""
    lock: str = Field(default="", max_length=LOCK_LENGTH)
    """Who keeps the instrument for themselves, and why; empty: nobody does."""


class Command(Value):
    """`command`: the order, and the daemon's epoch; an older epoch than the newest seen is refused."""

    epoch: int = Field(ge=1, le=MAXIMUM_EPOCH)
    """Which start of the daemon sends it, counted from 1."""
    order: Order
    """What to do; its instrument is the one of the topic."""


class Report(Value):
    """`report`: accepted, progress, or the outcome."""

    command: str = Field(max_length=256)
    """The id of the order that it is about."""
    session: str = Field(max_length=64)
    """Of the driver process that speaks."""
    sequence: int = Field(ge=0)
    """Counts the states and reports of a session as they are published."""
    device_time: AwareDatetime
    """By the driver's clock, with its zone; of an outcome, when the action ended."""
    accepted: bool = False
    """The order is on the driver's disk and in hand."""
    progress: float | None = Field(default=None, ge=0, le=1)
    """The part that is done, 0 to 1."""
    note: str = Field(default="", max_length=2000)
    """A remark for people."""
    outcome: Outcome | None = None
    """Present in a final report, and only there: the driver sends it until it is acknowledged."""
    content_hash: str = Field(default="", max_length=64)
    """Of the command's id and the outcome; required beside an outcome."""
    order_hash: str = Field(default="", max_length=64)
    """Of the order whose outcome this is: ids repeat when a daemon goes on from an old backup of its journal."""


class Ack(Value):
    """`ack`: the outcome is committed at the daemon."""

    command: str
    """The id of the order whose outcome it is."""
    content_hash: str
    """Of the report that is acknowledged; another one is ignored."""


class Ask(Value):
    """`ask`: what became of this command?"""

    command: str
    """The id of an order."""


class Answer(Value):
    """`answer`: what the driver's ledger says. A recorded outcome is reported again instead."""

    command: str = Field(max_length=256)
    """The id of the order that was asked about."""
    session: str = Field(max_length=64)
    """Of the driver process that speaks."""
    standing: Literal["never_seen", "in_hand"]
    """Whether the order ever reached the driver's disk."""
    ledger: str = Field(default="", max_length=64)
    """Which ledger that is, as in the birth."""


class Control(Value):
    """`control`: what concerns the instrument as a whole, or one command in hand."""

    action: Literal["pause", "resume", "cancel", "stop", "reset", "lock", "unlock", "rebirth"]
    """A reset releases a stop, a resume a pause, an unlock a lock; stop and lock survive a restart of the driver. Upon
    a rebirth it says its descriptor, its state and its unacknowledged outcomes again."""
    epoch: int = Field(ge=1, le=MAXIMUM_EPOCH)
    """As of a command; a stop is obeyed whatever its epoch."""
    command: str | None = None
    """What to cancel."""
    by: str = Field(default="", max_length=BY_LENGTH)
    """Who wants it, for people to read."""
    reason: str = Field(default="", max_length=REASON_LENGTH)
    """Why, likewise."""


class Fetch(Value):
    """`fetch`: a part of a large result is wanted; the answer comes on `chunk/<sha256>/<offset>`."""

    blob: str = Field(pattern=BLOB)
    """The reference that the outcome holds: `sha256:` and the hash of the whole."""
    offset: int = Field(ge=0)
    """Where in the whole the part begins, in bytes."""
    length: int = Field(ge=1, le=MAXIMUM_CHUNK_BYTES)
    """How many bytes; at the end of the whole there are fewer."""


class Heartbeat(Value):
    """`heartbeat`, to all, at a steady pace: the daemon is there."""

    epoch: int = Field(ge=1, le=MAXIMUM_EPOCH)
    """Which start of the daemon says so."""
    number: int = Field(ge=1)
    """Counts the heartbeats of an epoch, from 1."""
    every_s: float = Field(gt=0, le=3600)
    """The next one comes after so long."""
    at: AwareDatetime
    """By the daemon's clock, when it was sent."""
    protocol: str = Field(default="1.0", pattern=r"^[0-9]{1,4}\.[0-9]{1,4}$")
    """What the daemon speaks, as in the birth."""


class Echo(Value):
    """`echo`: a driver's answer to a heartbeat, at once. It tells that both are there, how long the way takes, and how
    the two clocks differ."""

    session: str = Field(max_length=64)
    """Of the driver process that speaks."""
    number: int = Field(ge=1)
    """Of the heartbeat."""
    at: AwareDatetime
    """Of the heartbeat, as it came."""
    device_time: AwareDatetime
    """By the driver's clock, when the echo was sent."""
    sequence: int = Field(ge=0)
    """The last that was published of this session: what came after the last that was heard is missing."""


class Stop(Value):
    """`stop`, retained, to all: the software emergency stop. It never takes the place of the hard-wired one."""

    id: str = Field(min_length=1, max_length=64)
    """A ULID: a later stop, or its release, sorts after an earlier one."""
    stopped: bool
    """True: everything ends, and each instrument makes itself safe, until false comes with this id or a later one. An
    emptied topic releases nothing."""
    by: str = Field(default="", max_length=BY_LENGTH)
    """Who wants it."""
    reason: str = Field(default="", max_length=REASON_LENGTH)
    """Why."""
    at: AwareDatetime
    """When it was pressed or released."""


class Reading(Value):
    """`telemetry/<channel>`: one reading."""

    session: str
    """Of the driver process that speaks."""
    device_time: datetime
    """By the driver's clock."""
    value: Json
    """What was read, in the unit."""
    unit: str = ""
    """pint's spelling, as the descriptor's channel has it."""


def held_by(by: str, reason: str) -> str:
    """Who keeps something and why, as one text.

    >>> held_by("ada", "cleaning it"), held_by("ada", "")
    ('ada: cleaning it', 'ada')
    """
    return (f"{by}: {reason}" if reason else by)[:LOCK_LENGTH]


def content_hash(command: str, outcome: Outcome) -> str:
    """SHA-256, hexadecimal, over the canonical JSON of what was reported."""
    return _hash({"command": command, "outcome": outcome.model_dump(mode="json")})


def order_hash(order: Order) -> str:
    """SHA-256, hexadecimal, over the canonical JSON of what was ordered."""
    return _hash(order.model_dump(mode="json"))


def _hash(content: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
