"""What is wanted of the outcomes, and what they must keep."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from pydantic import Field, model_validator

from labd.domain.problem.measurement import Measurement
from labd.domain.problem.parameters import Name
from labd.domain.value import Value


class Goal(StrEnum):
    """What is wanted of an outcome."""

    MAXIMISE = "maximise"
    MINIMISE = "minimise"
    MATCH = "match"
    """As near to the target as can be."""
    LEVEL = "level"
    """To know where the outcome is at the target: on which side of it each point lies."""
    MAP = "map"
    """To know the outcome everywhere."""


class Objective(Value):
    """An outcome and what is wanted of it; with several objectives, `weight` is its share."""

    outcome: Name
    goal: Goal = Goal.MAXIMISE
    weight: float = Field(default=1.0, gt=0)
    target: float | None = None
    """Good enough: the campaign may finish when this value is reached. Of `match` and `level`: the value itself."""
    tolerance: float | None = Field(default=None, gt=0)
    """Of `match`: good enough is as near as this to the target."""
    reference: float | None = None
    """With several objectives: worse than this is worth nothing; by default it is taken from what was observed."""

    @model_validator(mode="after")
    def _aimed(self) -> Objective:
        if self.goal in {Goal.MATCH, Goal.LEVEL} and self.target is None:
            raise ValueError(f"to {self.goal} an outcome takes a target: the value itself")
        return self

    def is_assured(self, measured: Measurement) -> bool:
        """Whether the truth is at least as good as the mean says: not so where the mean is a limit that it misses."""
        if self.goal in {Goal.MAXIMISE, Goal.MINIMISE}:
            return measured.censored != ("below" if self.goal is Goal.MAXIMISE else "above")
        return measured.censored is None

    @property
    def has_best(self) -> bool:
        """Whether one value is better than another: not where an outcome is only to be known."""
        return self.goal not in {Goal.LEVEL, Goal.MAP}

    def merit(self, mean: float) -> float:
        """How good a value is, larger is better, in the outcome's unit."""
        match self.goal:
            case Goal.MAXIMISE:
                return mean
            case Goal.MINIMISE:
                return -mean
            case Goal.MATCH:
                return -abs(mean - (self.target or 0.0))
            case Goal.LEVEL | Goal.MAP:
                return 0.0
            case _:
                assert_never(self.goal)

    @property
    def is_attainable(self) -> bool:
        """Whether there is a value that is good enough."""
        return self.tolerance is not None if self.goal is Goal.MATCH else self.has_best and self.target is not None

    def is_met(self, measured: Measurement) -> bool:
        """Whether it is good enough, for sure."""
        if not self.is_attainable or not self.is_assured(measured):
            return False
        least = -(self.tolerance or 0.0) if self.goal is Goal.MATCH else self.merit(self.target or 0.0)
        return self.merit(measured.mean) >= least


class Limit(Value):
    """What an outcome must keep, learnt from what is measured: at least `low`, at most `high`."""

    outcome: Name
    low: float | None = None
    high: float | None = None
    safe: float | None = Field(default=None, gt=0.5, lt=1)
    """A hard limit: nothing is tried that keeps it with less than this probability. Else breaking it costs a trial."""

    @model_validator(mode="after")
    def _bounds(self) -> Limit:
        if self.low is None and self.high is None:
            raise ValueError(f"a limit of {self.outcome} needs a low or a high")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"the lower bound {self.low:g} is not below the upper bound {self.high:g}")
        return self

    def is_kept(self, mean: float) -> bool:
        """Whether the value lies within."""
        return (self.low is None or mean >= self.low) and (self.high is None or mean <= self.high)
