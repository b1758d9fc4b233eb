"""Events of what the drivers say of their instruments, and of what they do not say."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from labd.domain.capability import Descriptor
from labd.domain.happened import Happened
from labd.domain.identifiers import CommandId, InstrumentName


class InstrumentDescribed(Happened):
    """Birth: an instrument said what it is and what it can do."""

    kind: Literal["instrument_described"] = "instrument_described"
    instrument: InstrumentName
    descriptor: Descriptor
    ledger: str = ""
    """Which memory its driver has, so that a lost one is noticed."""


class InstrumentStateReported(Happened):
    """The instrument said how it is, or its last will did."""

    kind: Literal["instrument_state_reported"] = "instrument_state_reported"
    instrument: InstrumentName
    session: str
    status: Literal["idle", "busy", "error", "stopped", "offline"]
    commands: tuple[CommandId, ...] = ()
    message: str = ""
    stop: str = ""
    """The id of the stop that it obeys."""
    lock: str = ""
    """Who keeps the instrument for themselves, and why, as its driver has it."""


class InstrumentFellSilent(Happened):
    """The driver missed heartbeats, one after the other, though the broker has it. It is given no order until it says
    how it is."""

    kind: Literal["instrument_fell_silent"] = "instrument_fell_silent"
    instrument: InstrumentName
    since: AwareDatetime
    """When it was heard last."""


class InstrumentContested(Happened):
    """More than one driver speaks under the name, each with a memory of its own: an order would be done by each."""

    kind: Literal["instrument_contested"] = "instrument_contested"
    instrument: InstrumentName
    sessions: tuple[str, ...]
