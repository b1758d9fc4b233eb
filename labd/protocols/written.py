"""The two files as operators write them: the keys, what each may hold, and what it means.

From these classes come the check of the file's shape, the JSON Schema for editors, and the reference in `docs/`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, PrivateAttr, WithJsonSchema
from pydantic_core import PydanticCustomError

from labd.domain.errors import InvalidInput
from labd.protocols.document import Node
from labd.protocols.findings import Place
from labd.protocols.quantities import Amount, amount, convert, unit


def _wrong(error: InvalidInput) -> PydanticCustomError:
    return PydanticCustomError("labd", "{message}", {"message": error.message, "remedy": error.hint})


def _amount(value: Any) -> Amount:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _wrong(InvalidInput(f"{str(value)[:40]} is no quantity.", "Write a number and its unit, as in 3 mL/min."))
    if not isinstance(value, str):
        return Amount(float(value), "")
    try:
        said = amount(value)
        if said is None:
            raise InvalidInput(f"{value[:40]!r} is no quantity.", "Write a number and its unit, as in 3 mL/min.")
    except InvalidInput as error:
        raise _wrong(error) from error
    return said


def _seconds(value: Any) -> float:
    said = _amount(value)
    if not said.unit:
        raise _wrong(InvalidInput(f"{said} has no unit.", f"Write {said} s, or min, or hour."))
    try:
        seconds = convert(said.value, said.unit, "s")
    except InvalidInput as error:
        raise _wrong(InvalidInput(f"{said} is no duration.", "Write one as in 30 s, 5 min or 2 hour.")) from error
    if seconds <= 0:
        raise _wrong(InvalidInput(f"{said} is no time at all.", "Write a duration above zero."))
    return seconds


def _unit(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(InvalidInput(f"{str(value)[:40]} is no unit.", "Write one as in mL/min, degC or percent."))
    try:
        unit(value)
    except InvalidInput as error:
        raise _wrong(error) from error
    return value


_QUANTITY_TEXT = r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*[^$]*$"
_AS_TEXT = {"type": "string", "pattern": _QUANTITY_TEXT}
Quantity = Annotated[Amount, PlainValidator(_amount), WithJsonSchema({"anyOf": [{"type": "number"}, _AS_TEXT]})]
"""A number, with its unit where it has one: `3 mL/min`."""
Duration = Annotated[float, PlainValidator(_seconds), WithJsonSchema(_AS_TEXT)]
"""A quantity of time, `30 min`; kept in seconds."""
Unit = Annotated[str, PlainValidator(_unit), WithJsonSchema({"type": "string"})]
"""A unit as pint spells it: `mL/min`, `degC`, `percent`."""
NAME = r"^[a-z][a-z0-9_]*$"
Name = Annotated[str, Field(pattern=NAME, max_length=64)]
"""What things of the laboratory are called."""


class Written(BaseModel):
    """A part of a file, and where it stands."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True)
    _node: Node = PrivateAttr()

    def at(self, *keys: str | int) -> Place:
        """Where the value of an entry of this part stands; the part itself if the entry is absent."""
        return self._nearest(keys).place

    def key(self, *keys: str | int) -> Place:
        """Where the key of an entry stands."""
        return self._nearest(keys).key

    def entry(self, *keys: str | int) -> Node | None:
        """The entry of this part, if it is there."""
        node: Node | None = self._node
        for key in keys:
            node = node.child(key) if node else None
        return node

    def names(self, key: str) -> list[str]:
        """The keys of an entry, of those that are wrong too."""
        entry = self.entry(key)
        return [name for name, _ in entry.entries()] if entry else []

    def is_quoted(self, *keys: str | int) -> bool:
        """Whether an entry stands in quotes."""
        entry = self.entry(*keys)
        return entry is not None and entry.quoted

    def _nearest(self, keys: tuple[str | int, ...]) -> Node:
        node = self._node
        for key in keys:
            node = node.child(key) or node
        return node


# --- the protocol


class ContinuousWritten(Written):
    """Any number between two bounds."""

    type: Literal["continuous"]
    low: Quantity
    """The lowest value that may be tried."""
    high: Quantity
    """The highest value that may be tried."""
    unit: Unit = ""
    """The parameter's own unit; by default that of the first bound."""
    scale: Literal["linear", "log"] = "linear"
    """`log` searches orders of magnitude; both bounds must be above zero."""
    description: str = ""


class IntegerWritten(Written):
    """A whole number between two bounds, both included."""

    type: Literal["integer"]
    low: Quantity
    """The lowest value that may be tried."""
    high: Quantity
    """The highest value that may be tried."""
    unit: Unit = ""
    """The parameter's own unit; by default that of the first bound."""
    description: str = ""


class DiscreteWritten(Written):
    """One of a few ordered numbers."""

    type: Literal["discrete"]
    values: Annotated[list[Quantity], Field(min_length=1)]
    """The only values, in increasing order."""
    unit: Unit = ""
    """The parameter's own unit; by default that of the first value."""
    description: str = ""


class CategoricalWritten(Written):
    """One of a few options without an order."""

    type: Literal["categorical"]
    options: Annotated[list[str], Field(min_length=1)]
    """The only values."""
    description: str = ""


ParameterWritten = Annotated[
    ContinuousWritten | IntegerWritten | DiscreteWritten | CategoricalWritten, Field(discriminator="type")
]


class StepWritten(Written):
    """One thing that an instrument does in a run."""

    role: Name
    """Which role of the workcell does it; any free instrument that fills the role is taken."""
    capability: Name
    """What is asked of the role."""
    instrument: Name | None = None
    """One instrument by name, instead of any that fills the role."""
    arguments: dict[str, Any] = {}
    """By the capability's argument: a quantity, a text, or an expression `${...}`."""
    after: list[str] = []
    """The steps that must have succeeded before; without it the step is free to begin at once."""
    retries: Annotated[int, Field(ge=0, le=20)] = 0
    """How often the step is ordered again after the instrument said that it failed."""
    timeout: Duration | None = None
    """Overdue after this; by default the capability's `maximum`."""
    description: str = ""


class OutcomeWritten(Written):
    """A quantity that a trial measures."""

    unit: Unit = ""
    """What its numbers are in."""
    low: Quantity | None = None
    """Physically impossible below this."""
    high: Quantity | None = None
    """Physically impossible above this."""
    description: str = ""


class AnalysisWritten(Written):
    """A function that turns raw results into outcomes."""

    function: Name
    """Which function."""
    inputs: dict[str, str] = {}
    """By the function's input: `step.result`, or `parameters.name` for what the trial was to be."""
    outcomes: dict[str, str] = {}
    """By outcome of the protocol: the function's own name for it; without it the same names."""
    settings: dict[str, Any] = {}
    """What the function leaves open."""


class ObjectiveWritten(Written):
    """An outcome and what is wanted of it: either `maximise` or `minimise`."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["maximise"]}, {"required": ["minimise"]}]})

    maximise: Name | None = None
    """The outcome that should be large."""
    minimise: Name | None = None
    """The outcome that should be small."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """With several objectives: its share."""
    target: Quantity | None = None
    """Good enough: the campaign may finish when it is reached."""


class StoppingWritten(Written):
    """When a campaign has done enough."""

    trials: Annotated[int, Field(ge=1)] | None = None
    """After so many trials."""
    consecutive_failures: Annotated[int, Field(ge=1)] = 5
    """The campaign pauses and asks for a person after so many failed trials in a row."""


class PlannerWritten(Written):
    """How a campaign is planned."""

    initial: Annotated[int, Field(ge=1)] | None = None
    """Space-filling suggestions before the model speaks; by default the number of parameters and two more."""
    parallel: Annotated[int, Field(ge=1, le=1000)] = 1
    """How many trials may be open at once."""


class ProtocolWritten(Written):
    """What one trial is, step by step, and what is learnt from it."""

    protocol: Name
    """The protocol's name."""
    title: str = ""
    """What the page calls it."""
    description: str = ""
    """For whoever reads it."""
    version: str = "1"
    """Which version of the protocol this is; in quotes."""
    workcell: Name | None = None
    """The workcell that it is written for."""
    parameters: Annotated[dict[Name, ParameterWritten], Field(min_length=1)]
    """What is varied from trial to trial."""
    constants: dict[Name, str | int | float] = {}
    """Quantities and texts that expressions use by name; what is in quotes is a text."""
    pool: list[dict[str, Any]] | None = None
    """The only points that may be tried: each has a value for every parameter."""
    steps: Annotated[dict[Name, StepWritten], Field(min_length=1)]
    """What is done in a run: a graph by `after`."""
    outcomes: Annotated[dict[Name, OutcomeWritten], Field(min_length=1)]
    """What a trial measures."""
    analysis: list[AnalysisWritten] = []
    """How results become outcomes."""
    objectives: Annotated[list[ObjectiveWritten], Field(min_length=1)]
    """What is wanted."""
    stopping: StoppingWritten | None = None
    """When it is enough."""
    planner: PlannerWritten | None = None
    """How many trials at once, and how it begins."""
    runs_per_trial: Annotated[int, Field(ge=1, le=10)] = 1
    """How many runs a trial may take until one of them succeeds."""


# --- the workcell


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
