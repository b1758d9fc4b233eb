"""Events of the room: stock that is filled up and counted, labware that a person moves, service, interlocks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from labd.domain.happened import ByPerson, Happened
from labd.domain.identifiers import InstrumentName
from labd.domain.matter import Lot
from labd.domain.problem import Name


class StockRefilled(ByPerson):
    """A person put a lot in place."""

    kind: Literal["stock_refilled"] = "stock_refilled"
    stock: Name
    lot: Lot


class StockCounted(ByPerson):
    """A person counted a lot: what is there counts, and nothing of it is uncertain any more."""

    kind: Literal["stock_counted"] = "stock_counted"
    stock: Name
    lot: str
    amount: float = Field(ge=0)


class LabwareMoved(ByPerson):
    """A person moved labware, or took it out of the room."""

    kind: Literal["labware_moved"] = "labware_moved"
    labware: str
    to: str
    """A location; empty: out of the room."""


class InstrumentWithdrawn(ByPerson):
    """A person took an instrument out of service, or put it into quarantine: nothing begins on it."""

    kind: Literal["instrument_withdrawn"] = "instrument_withdrawn"
    instrument: InstrumentName
    service: Literal["out_of_service", "quarantined"] = "out_of_service"


class InstrumentRestored(ByPerson):
    """A person put an instrument into service again."""

    kind: Literal["instrument_restored"] = "instrument_restored"
    instrument: InstrumentName


class InterlockTripped(Happened):
    """A signal went beyond its threshold, or was not heard for too long."""

    kind: Literal["interlock_tripped"] = "interlock_tripped"
    interlock: Name
    value: float | None = None
    """None: it is stale."""
    why: str


class InterlockCleared(Happened):
    """The signal is within its reset threshold again."""

    kind: Literal["interlock_cleared"] = "interlock_cleared"
    interlock: Name
    value: float


InterlockEvent = InterlockTripped | InterlockCleared

RoomEvent = (
    StockRefilled
    | StockCounted
    | LabwareMoved
    | InstrumentWithdrawn
    | InstrumentRestored
    | InterlockTripped
    | InterlockCleared
)
