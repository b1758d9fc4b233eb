"""What a protocol measures, what it wants, and when it is enough, as it is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from labd.protocols.written.part import Written
from labd.protocols.written.scalars import Name, Quantity, Unit


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
    hours: Annotated[float, Field(gt=0)] | None = None
    """After so many hours since it was started."""
    cost: Annotated[float, Field(gt=0)] | None = None
    """When its orders and its stock have cost so much, by the workcell's `cost` of each capability and stock."""
    materials: dict[Name, Quantity] = {}
    """By stock of the workcell: no more than so much in all."""
    consecutive_failures: Annotated[int, Field(ge=1)] = 5
    """The campaign pauses and asks for a person after so many failed trials in a row."""


class PlannerWritten(Written):
    """How a campaign is planned."""

    initial: Annotated[int, Field(ge=1)] | None = None
    """Space-filling suggestions before the model speaks; by default the number of parameters and two more."""
    parallel: Annotated[int, Field(ge=1, le=1000)] = 1
    """How many trials may be open at once."""


class HazardWritten(Written):
    """How dangerous the protocol is, by its own account: held against what the workcell may do, and approved."""

    level: Literal["low", "medium", "high"] = "low"
    """`medium`: a person approves its first run; `high`: two do, of whom one is a safety officer."""
    biosafety_level: Annotated[int, Field(ge=1, le=4)] = 1
    """What it needs."""
    materials: list[str] = []
    """The hazardous materials that it handles, by the names of the workcell's list."""
