"""What was measured of a trial, and what the planner learns from it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from labd.domain.problem.parameters import Scalar
from labd.domain.value import Value

Censored = Literal["below", "above"]
"""The truth is at or below the number that is given, or at or above it; nobody could measure where."""


class Measurement(Value):
    """One outcome of a trial: its mean, in the outcome's unit, and its standard error where it is known."""

    mean: float
    """Of a censored outcome: the limit."""
    standard_error: float | None = Field(default=None, ge=0)
    censored: Censored | None = None
    """Where the truth lies when it is only known to be beyond the mean: below a detection limit, above saturation."""


class Observation(Value):
    """What the planner learns from a trial. A failed trial has no outcomes, and that too is learnt."""

    trial: str
    parameters: dict[str, Scalar]
    outcomes: dict[str, Measurement] = {}
    failed: bool = False
    cost: float | None = Field(default=None, ge=0)
    """What the trial cost, in the unit of the problem's cost, where whoever asks knows better than that; labd's own
    campaigns leave it to the problem, whose unit need not be that of what the workcell took."""


class Earlier(Value):
    """An earlier campaign that may have something to teach: its observations, over parameters of the same names. What
    it lacks of this problem's parameters is taken as unknown; a harmful one is to be switched off by the planner."""

    name: str
    observations: tuple[Observation, ...]
