"""Events of commands: ordered, accepted, finished, and what a person says of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from labd.domain.capability import Json
from labd.domain.command import Order, Outcome, Resolution
from labd.domain.happened import ByPerson, Happened
from labd.domain.identifiers import CommandId, InstrumentName


class CommandIssued(Happened):
    """An order was decided. It leaves the daemon after this is on disk."""

    kind: Literal["command_issued"] = "command_issued"
    order: Order
    holds: tuple[InstrumentName, ...] = ()
    """Further instruments that are kept while it runs."""
    consumes: dict[str, dict[str, float]] = {}
    """By stock and lot: what it will take, reserved from now on."""
    labware: str = ""
    """Of a move: what is moved."""
    place: str = ""
    """Of a move: the location where room is kept for it."""


class CommandAccepted(Happened):
    """The driver has the order on its own disk and works on it."""

    kind: Literal["command_accepted"] = "command_accepted"
    command: CommandId
    session: str = ""
    device_time: datetime | None = None
    """By the driver's clock; `at` is by the daemon's."""


class CommandMissed(Happened):
    """The driver, when asked, had never seen the order: it can be sent as it is."""

    kind: Literal["command_missed"] = "command_missed"
    command: CommandId


class CommandFinished(Happened):
    """The driver reported what became of the order."""

    kind: Literal["command_finished"] = "command_finished"
    command: CommandId
    instrument: InstrumentName
    outcome: Outcome
    content_hash: str
    session: str = ""
    device_time: datetime | None = None
    """By the driver's clock, when the action ended; `at` is by the daemon's, when the report arrived."""
    taken: dict[str, Json] = {}
    """What the step takes in another form than it was reported: in the declared unit, or censored at a limit."""
    doubt: str = ""
    """Why the result cannot be true: it is held for a person. Empty where it is taken."""


class CommandResolved(ByPerson):
    """A person said what became of an order that was `UNKNOWN`, whose instrument never answered, or whose result was
    held because it could not be true."""

    kind: Literal["command_resolved"] = "command_resolved"
    command: CommandId
    resolution: Resolution
    result: dict[str, Json] = {}
    """With `done`: what it gave, complete; of a held result, as the person took or corrected it."""
