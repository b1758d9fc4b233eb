"""What stands and lies in the room: locations, types of labware, stock."""

from __future__ import annotations

import string

from pydantic import AwareDatetime, Field

from labd.domain.problem import Name
from labd.domain.value import Value


class Location(Value):
    """A place where labware can stand."""

    capacity: int = Field(default=1, ge=1)
    group: str = ""
    """Locations of one group are alike: whoever asks for the group gets whichever has room."""
    accepts: tuple[Name, ...] = ()
    """The types of labware that fit; empty: all."""


class LabwareType(Value):
    """A kind of plate, rack or vial."""

    rows: int = Field(default=1, ge=1, le=32)
    columns: int = Field(default=1, ge=1, le=48)

    @property
    def wells(self) -> tuple[str, ...]:
        """By row: A1, A2, ... B1, ... AF48; a vial has one, A1."""
        letters = string.ascii_uppercase
        rows = [*letters, *(f"A{each}" for each in letters)][: self.rows]
        return tuple(f"{row}{column}" for row in rows for column in range(1, self.columns + 1))


class Lot(Value):
    """One bottle, box or delivery."""

    lot: str = Field(min_length=1, max_length=64)
    amount: float = Field(ge=0)
    """In the stock's unit."""
    expires: AwareDatetime | None = None


class Stock(Value):
    """Something that orders use up."""

    unit: str = ""
    lots: tuple[Lot, ...] = ()
    """What is there when the workcell is loaded for the first time; from then on the journal knows."""
    low: float = Field(default=0.0, ge=0)
    """Below this a refill is asked for, in the unit."""
    capacity: float | None = Field(default=None, gt=0)
    """No refill beyond this."""
    cost: float = Field(default=0.0, ge=0)
    """A unit of it."""
    hazardous: bool = False
