"""What stands and lies in the room, as it is written."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from labd.protocols.written.part import Written
from labd.protocols.written.scalars import Name, Quantity, Unit, wrong


def _day(value: Any) -> datetime.datetime:
    """The moment that a text says, UTC where it says no zone; a day is over at its end."""
    try:
        moment = datetime.datetime.fromisoformat(str(value))
    except ValueError as error:
        raise wrong(f"{str(value)[:40]} is no day.", "Write one as in 2027-01-31.") from error
    if len(str(value)) == 10:
        moment = moment.replace(hour=23, minute=59, second=59)
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


Day = Annotated[datetime.datetime, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
"""`2027-01-31`."""


class LocationWritten(Written):
    """A place where labware can stand."""

    capacity: Annotated[int, Field(ge=1)] = 1
    """How many pieces of labware."""
    group: Name | None = None
    """Locations of one group are alike: a step that names the group takes whichever has room."""
    accepts: list[Name] = []
    """The types of labware that fit; by default all."""
    description: str = ""


class LabwareTypeWritten(Written):
    """A kind of plate, rack or vial."""

    rows: Annotated[int, Field(ge=1, le=32)] = 1
    """From A on."""
    columns: Annotated[int, Field(ge=1, le=48)] = 1
    """From 1 on."""
    description: str = ""


class LotWritten(Written):
    """One bottle, box or delivery."""

    lot: Annotated[str, Field(min_length=1, max_length=64)]
    """Its number or name; in quotes where it is a number."""
    amount: Quantity
    """How much there is of it."""
    expires: Day | None = None
    """Not used after this day."""


class StockWritten(Written):
    """Something that orders use up."""

    unit: Unit = ""
    """What it is counted in; without it, in pieces."""
    lots: list[LotWritten] = []
    """What is there when the workcell is loaded for the first time; from then on labd keeps the book."""
    low: Quantity | None = None
    """Below this a refill is asked for."""
    capacity: Quantity | None = None
    """No refill beyond this."""
    cost: Annotated[float, Field(ge=0)] = 0.0
    """A unit of it."""
    hazardous: bool = False
    """Whether the campaign's limit on hazardous material counts it."""
    description: str = ""
