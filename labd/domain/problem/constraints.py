"""What every point must keep."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from labd.domain.problem.formula import evaluate, names
from labd.domain.problem.parameters import Name, Parameters, Scalar, is_same
from labd.domain.value import Value

SUM_SLACK = 1e-5
"""A sum is at its bound within this share of its largest terms: suggestions are rounded."""


class Linear(Value):
    """A weighted sum of numeric parameters between two bounds; with both bounds the same it is a composition's total.
    The parameters' own units count, so that all must have one and the same."""

    kind: Literal["linear"] = "linear"
    weights: dict[Name, float] = Field(min_length=1)
    low: float | None = None
    high: float | None = None

    def total(self, point: Parameters) -> float:
        """The sum at a point."""
        return math.fsum(weight * float(point[name]) for name, weight in self.weights.items())

    def broken(self, point: Parameters, slack: float = SUM_SLACK) -> Literal["", "least", "most"]:
        """Which bound the point breaks, by more than this share of the bound and of the sum's terms; empty: neither."""
        total = self.total(point)
        size = math.fsum(abs(weight * float(point[name])) for name, weight in self.weights.items())
        if self.low is not None and self.low - total > slack * max(size, abs(self.low)):
            return "least"
        return "most" if self.high is not None and total - self.high > slack * max(size, abs(self.high)) else ""


class Excluded(Value):
    """Values that are not tried together: a point is excluded where every parameter has one of its values here."""

    kind: Literal["excluded"] = "excluded"
    values: dict[Name, tuple[Scalar, ...]] = Field(min_length=1)

    def excludes(self, point: Parameters) -> bool:
        """Whether every parameter has one of its values here."""
        return all(any(is_same(point[name], each) for each in taken) for name, taken in self.values.items())


class Nonlinear(Value):
    """A formula over numeric parameters, between two bounds. The parameters' own units count; what may stand in it says
    `labd.domain.problem.formula`."""

    kind: Literal["nonlinear"] = "nonlinear"
    expression: str = Field(min_length=1, max_length=1000)
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _parses(self) -> Nonlinear:
        if not names(self.expression):
            raise ValueError(f"{self.expression!r} is over no parameter")
        if self.low is None and self.high is None:
            raise ValueError(f"{self.expression!r} needs a low or a high")
        return self

    def total(self, point: Parameters) -> float:
        """The formula's value at a point; not a number where it has none."""
        values = {name: float(point[name]) for name in names(self.expression)}
        try:
            return float(evaluate(self.expression, values))
        except (ArithmeticError, ValueError, TypeError):  # a root of a negative number is complex, or an error
            return math.nan

    def broken(self, point: Parameters, slack: float = SUM_SLACK) -> Literal["", "least", "most"]:
        """Which bound the point breaks, by more than this share of the bound; where there is no value, either."""
        total = self.total(point)
        if self.low is not None and not self.low - total <= slack * abs(self.low):
            return "least"
        return "most" if self.high is not None and not total - self.high <= slack * abs(self.high) else ""


Constraint = Annotated[Linear | Excluded | Nonlinear, Field(discriminator="kind")]
