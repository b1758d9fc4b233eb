"""The workcell file as it is written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from labd.protocols.written.envelope import (
    HazardPolicyWritten,
    IncompatibleWritten,
    InterlockWritten,
    LimitWritten,
    RateWritten,
)
from labd.protocols.written.part import Written
from labd.protocols.written.room import LabwareTypeWritten, LocationWritten, StockWritten
from labd.protocols.written.scalars import Duration, Name, Quantity, Unit


class SlotWritten(Written):
    """An argument of a capability."""

    type: Literal["number", "integer", "string", "boolean", "array", "object"] = "number"
    """What kind of value it is."""
    unit: Unit = ""
    """What its numbers are in; an order is converted to it."""
    low: Quantity | None = None
    """The lowest value that may be ordered: a part of the workcell's envelope."""
    high: Quantity | None = None
    """The highest value that may be ordered."""
    options: list[str] = []
    """For a string: the only values."""
    optional: bool = False
    """Whether a step may leave it out."""
    description: str = ""


class ResultWritten(Written):
    """A result of a capability."""

    type: Literal["number", "integer", "string", "boolean", "array", "object", "blob"] = "number"
    """What kind of value it is; an object may hold the wells of a plate, each under its name; a `blob` is data that
    are too large for a message: an image, a spectrum, a file."""
    unit: Unit = ""
    """What its numbers are in; a reading in another unit is converted to it."""
    low: Quantity | None = None
    """Physically impossible below this: such a result is held for a person."""
    high: Quantity | None = None
    """Physically impossible above this: such a result is held for a person."""
    detection: Quantity | None = None
    """At or below this the instrument cannot tell: the reading is censored, with this as its limit."""
    saturation: Quantity | None = None
    """At or above this the instrument cannot tell: the reading is censored, with this as its limit."""
    reads_back: Name | None = None
    """The argument of which this is the value that was truly reached: what is learnt is learnt there."""
    tolerance: Quantity | None = None
    """With `reads_back`: further than this from what was ordered is said to a person."""
    options: list[str] = []
    """For a string: the only values."""
    optional: bool = False
    """Whether a result may lack it."""
    description: str = ""


class CapabilityWritten(Written):
    """Something that may be asked of whoever fills the role."""

    description: str = ""
    arguments: dict[Name, SlotWritten] = {}
    """What it must be told."""
    results: dict[Name, ResultWritten] = {}
    """What it gives."""
    cost: Annotated[float, Field(ge=0)] = 0.0
    """What one order of it costs."""
    typical: Duration = 1.0
    """How long it usually takes."""
    maximum: Duration = 3600.0
    """Longer than this means that something is wrong."""
    recovery: Literal["repeat", "query", "discard", "ask"] = "ask"
    """When nobody knows whether it happened: repeat it (harmless), query the instrument, discard the sample, ask."""
    cancellable: bool = False
    """Whether it can be broken off."""


class RoleWritten(Written):
    """What a step may ask of whoever fills the role."""

    description: str = ""
    capabilities: Annotated[dict[Name, CapabilityWritten], Field(min_length=1)]
    """What may be asked."""


class DriverWritten(Written):
    """How labd starts the driver as a process of its own."""

    type: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$")]
    """`package.module:Class`, a class written with the driver kit."""
    options: dict[str, str | int | float | bool] = {}
    """Given to the class as keyword arguments."""


class InstrumentWritten(Written):
    """A machine in the room."""

    roles: Annotated[list[str], Field(min_length=1)]
    """What it can be asked to do."""
    driver: DriverWritten | None = None
    """Absent when somebody else starts the driver."""
    location: Name | None = None
    """Where labware stands that it works on."""
    description: str = ""


class WorkcellWritten(Written):
    """The room: roles, and the instruments that fill them."""

    workcell: Name
    """The workcell's name; a part of every MQTT topic."""
    title: str = ""
    """What the page calls it."""
    description: str = ""
    """For whoever reads it."""
    roles: Annotated[dict[Name, RoleWritten], Field(min_length=1)]
    """What the steps of a protocol may ask for."""
    instruments: Annotated[dict[Name, InstrumentWritten], Field(min_length=1)]
    """The machines, and which roles they fill."""
    locations: dict[Name, LocationWritten] = {}
    """Where labware can stand."""
    labware: dict[Name, LabwareTypeWritten] = {}
    """The types of labware."""
    stock: dict[Name, StockWritten] = {}
    """What orders use up."""
    limits: list[LimitWritten] = []
    """What is allowed of the arguments of one order together."""
    rates: list[RateWritten] = []
    """How fast arguments may change from order to order."""
    incompatible: list[IncompatibleWritten] = []
    """What may not come together in one run."""
    interlocks: dict[Name, InterlockWritten] = {}
    """Live signals that keep instruments from beginning anything."""
    hazard: HazardPolicyWritten | None = None
    """What the workcell may do at all."""
