"""What a planner is asked and what it answers: plain values, the same in a notebook and in the daemon."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from labd.domain.value import Value

Scalar = float | int | str
"""A parameter's value: a number in the parameter's own unit, or one of its options."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]

Per = Literal["sample", "batch"]
"""What a parameter or a step belongs to: each sample of a batch, or the batch (the plate) as a whole."""


class Condition(Value):
    """A parameter means something only where another has one of these values; elsewhere it is at its lowest value, or
    its first option, and says nothing."""

    parameter: str
    values: tuple[Scalar, ...] = Field(min_length=1)


class Continuous(Value):
    """Any number between two bounds."""

    kind: Literal["continuous"] = "continuous"
    name: Name
    low: float
    high: float
    unit: str = ""
    log: bool = False
    """Search on a logarithmic scale (`low` > 0)."""
    per: Per = "sample"
    when: Condition | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Continuous:
        if not self.low < self.high:
            raise ValueError(f"the lower bound {self.low:g} is not below the upper bound {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"a logarithmic scale needs a lower bound above zero, not {self.low:g}")
        return self


class Integer(Value):
    """A whole number between two bounds, both included."""

    kind: Literal["integer"] = "integer"
    name: Name
    low: int
    high: int
    unit: str = ""
    per: Per = "sample"
    when: Condition | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Integer:
        if not self.low < self.high:
            raise ValueError(f"the lower bound {self.low} is not below the upper bound {self.high}")
        return self


class Discrete(Value):
    """One of a few ordered numbers."""

    kind: Literal["discrete"] = "discrete"
    name: Name
    values: tuple[float, ...] = Field(min_length=1)
    unit: str = ""
    per: Per = "sample"
    when: Condition | None = None

    @model_validator(mode="after")
    def _increasing(self) -> Discrete:
        if any(b <= a for a, b in zip(self.values, self.values[1:], strict=False)):
            raise ValueError("the values must increase and may not repeat")
        return self


class Categorical(Value):
    """One of a few options without an order."""

    kind: Literal["categorical"] = "categorical"
    name: Name
    options: tuple[str, ...] = Field(min_length=1)
    per: Per = "sample"
    when: Condition | None = None

    @property
    def unit(self) -> str:
        """An option has no unit."""
        return ""

    @model_validator(mode="after")
    def _distinct(self) -> Categorical:
        if len(set(self.options)) != len(self.options):
            raise ValueError("an option is named twice")
        return self


Parameter = Annotated[Continuous | Integer | Discrete | Categorical, Field(discriminator="kind")]


def is_same(one: Scalar, other: Scalar) -> bool:
    """Whether two values are one: numbers to within rounding."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return math.isclose(one, other, rel_tol=1e-9)


SUM_SLACK = 1e-5
"""A sum is at its bound within this share of its largest terms: suggestions are rounded."""


class Linear(Value):
    """A weighted sum of numeric parameters between two bounds; with both bounds the same it is a composition's total.
    The parameters' own units count, so that all must have one and the same."""

    kind: Literal["linear"] = "linear"
    weights: dict[Name, float] = Field(min_length=1)
    low: float | None = None
    high: float | None = None

    def total(self, point: Mapping[str, Scalar]) -> float:
        """The sum at a point."""
        return math.fsum(weight * float(point[name]) for name, weight in self.weights.items())

    def broken(self, point: Mapping[str, Scalar], slack: float = SUM_SLACK) -> Literal["", "least", "most"]:
        """Which bound the point breaks, by more than this share of the bound and of the sum's terms; empty: neither."""
        total = self.total(point)
        size = max(math.fsum(abs(weight * float(point[name])) for name, weight in self.weights.items()), 1e-12)
        if self.low is not None and self.low - total > slack * max(size, abs(self.low)):
            return "least"
        return "most" if self.high is not None and total - self.high > slack * max(size, abs(self.high)) else ""


class Excluded(Value):
    """Values that are not tried together: a point is excluded where every parameter has one of its values here."""

    kind: Literal["excluded"] = "excluded"
    values: dict[Name, tuple[Scalar, ...]] = Field(min_length=1)

    def excludes(self, point: Mapping[str, Scalar]) -> bool:
        """Whether every parameter has one of its values here."""
        return all(any(is_same(point[name], each) for each in taken) for name, taken in self.values.items())


Constraint = Annotated[Linear | Excluded, Field(discriminator="kind")]


class Goal(StrEnum):
    """What is wanted of an outcome."""

    MAXIMISE = "maximise"
    MINIMISE = "minimise"


Censored = Literal["below", "above"]
"""The truth is at or below the number that is given, or at or above it; nobody could measure where."""


class Measurement(Value):
    """One outcome of a trial: its mean, in the outcome's unit, and its standard error where it is known."""

    mean: float
    """Of a censored outcome: the limit."""
    standard_error: float | None = Field(default=None, ge=0)
    censored: Censored | None = None
    """Where the truth lies when it is only known to be beyond the mean: below a detection limit, above saturation."""


class Objective(Value):
    """An outcome and what is wanted of it; with several objectives, `weight` is its share."""

    outcome: Name
    goal: Goal = Goal.MAXIMISE
    weight: float = Field(default=1.0, gt=0)
    target: float | None = None
    """Good enough: the campaign may finish when this value is reached."""

    def is_assured(self, measured: Measurement) -> bool:
        """Whether the truth is at least as good as the mean says: not so where the mean is a limit that it misses."""
        return measured.censored != ("below" if self.goal is Goal.MAXIMISE else "above")


class PlannerSettings(Value):
    """How a campaign is planned."""

    initial: int | None = Field(default=None, ge=1)
    """Space-filling suggestions before the model speaks; by default the number of parameters and two more."""
    parallel: int = Field(default=1, ge=1, le=1000)
    """How many trials may be open at once."""


class Problem(Value):
    """What is searched, and for what."""

    parameters: tuple[Parameter, ...] = Field(min_length=1)
    objectives: tuple[Objective, ...] = Field(min_length=1)
    pool: tuple[dict[str, Scalar], ...] | None = None
    """The only points that can be tried (each a full set of parameters), or None: the whole space."""
    constraints: tuple[Constraint, ...] = ()
    """What every suggestion must keep."""
    batch: int = Field(default=1, ge=1)
    """So many suggestions go into one run, and share the parameters that are `per` batch."""
    settings: PlannerSettings = PlannerSettings()


class Observation(Value):
    """What the planner learns from a trial. A failed trial has no outcomes, and that too is learnt."""

    trial: str
    parameters: dict[str, Scalar]
    outcomes: dict[str, Measurement] = {}
    failed: bool = False


class Prediction(Value):
    """What the model expects of an outcome before it is measured."""

    mean: float
    deviation: float = Field(ge=0)


class Suggestion(Value):
    """Values proposed for one trial, by whom, and why."""

    parameters: dict[str, Scalar]
    method: str
    """Which method made it: `sobol`, `gp-logei`, `person`, ..."""
    reason: str = ""
    """One sentence for the page: why this point, why this method."""
    predicted: dict[str, Prediction] = {}
    """By outcome; empty where no model spoke."""
    acquisition: float | None = None
    exploration: float | None = Field(default=None, ge=0, le=1)
    """How much of the acquisition comes from not knowing: 0 is pure exploitation, 1 pure exploration."""
    importance: dict[str, float] = {}
    """By parameter: its share (sums to 1) in what the model says drives the outcome."""


Parameters = Mapping[str, Scalar]
