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
    """An outcome and what is wanted of it: one of `maximise`, `minimise`, `match`, `level` and `map`."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [goal]} for goal in ("maximise", "minimise", "match", "level", "map")]
        }
    )

    maximise: Name | None = None
    """The outcome that should be large."""
    minimise: Name | None = None
    """The outcome that should be small."""
    match: Name | None = None
    """The outcome that should be as near to its `target` as can be."""
    level: Name | None = None
    """The outcome of which is to be learnt where it lies above its `target`, and where below."""
    map: Name | None = None
    """The outcome that is to be known everywhere."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """With several objectives: its share."""
    target: Quantity | None = None
    """Good enough: the campaign may finish when it is reached. Of `match` and `level`: the value itself."""
    tolerance: Quantity | None = None
    """Of `match`: good enough is as near as this to the target; without it nothing is."""
    reference: Quantity | None = None
    """With several objectives: what is worse than this is worth nothing; by default it is taken from what was
    measured."""


class OutcomeLimitWritten(Written):
    """What an outcome must keep; where it does is learnt from what is measured."""

    outcome: Name
    """Which outcome."""
    at_least: Quantity | None = None
    """No trial is a good one that gives less."""
    at_most: Quantity | None = None
    """No trial is a good one that gives more."""
    safe: Annotated[float, Field(gt=0.5, lt=1)] | None = None
    """A hard limit: only what keeps it with at least this probability is tried, such as 0.99. Without it, to break the
    limit costs a trial and no more."""


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
    improvement_below: Quantity | None = None
    """When the planner expects less improvement than this from the best trial that it can think of, in the unit of the
    objective's outcome; with one objective that is to be made large, made small or matched."""
    improvement_for: Annotated[int, Field(ge=1, le=1000)] = 3
    """So many times in a row must it expect less, of `improvement_below`."""
    consecutive_failures: Annotated[int, Field(ge=1)] = 5
    """The campaign pauses and asks for a person after so many failed trials in a row."""


class HazardWritten(Written):
    """How dangerous the protocol is, by its own account: held against what the workcell may do, and approved."""

    level: Literal["low", "medium", "high"] = "low"
    """`medium`: a person approves its first run; `high`: two do, of whom one is a safety officer."""
    biosafety_level: Annotated[int, Field(ge=1, le=4)] = 1
    """What it needs."""
    materials: list[str] = []
    """The hazardous materials that it handles, by the names of the workcell's list."""
