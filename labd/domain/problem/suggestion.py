"""What the planner answers."""

from __future__ import annotations

from pydantic import Field

from labd.domain.problem.parameters import Scalar
from labd.domain.value import Value


class Prediction(Value):
    """What the model expects of an outcome before it is measured."""

    mean: float
    deviation: float = Field(ge=0)


class Neighbour(Value):
    """A past trial near a suggestion."""

    trial: str
    distance: float = Field(ge=0)
    """As the model sees it: 1 is about as far as one measurement tells of another."""


class Explanation(Value):
    """Why this point: what the model can say of it. Of what was not asked or cannot be said, nothing stands here."""

    attributions: dict[str, float] = {}
    """By parameter: its part in the difference of the acquisition to that of `compared_with`, to which they sum.
    Source: L. S. Shapley, A value for n-person games, 1953."""
    difference: float | None = None
    """That difference, by which the acquisition is higher here than there."""
    effects: dict[str, dict[str, float]] = {}
    """By outcome and parameter: its part in the difference of what is expected, in the outcome's own unit, to which
    they sum."""
    compared_with: dict[str, Scalar] = {}
    """The point that it is compared with: the best that is known."""
    nearest: tuple[Neighbour, ...] = ()
    """The nearest past trials, the nearest first."""
    active: tuple[str, ...] = ()
    """The constraints, limits and bounds at which it lies, in words."""
    extrapolates: bool = False
    """It lies outside what was tried, further than the model's lengthscales reach."""
    caveats: tuple[str, ...] = ()
    """Why not to believe too much of this."""


class Suggestion(Value):
    """Values proposed for one trial, by whom, and why."""

    parameters: dict[str, Scalar]
    method: str
    """Which method made it: `sobol`, `gp-logei`, `person`, ..."""
    proposer: str = "planner"
    """Who made it, by the name of its share."""
    reason: str = ""
    """One sentence for the page: why this point, why this method."""
    predicted: dict[str, Prediction] = {}
    """By outcome; empty where no model spoke."""
    acquisition: float | None = None
    exploration: float | None = Field(default=None, ge=0, le=1)
    """How much of the acquisition comes from not knowing: 0 is pure exploitation, 1 pure exploration."""
    importance: dict[str, float] = {}
    """By parameter: its share (sums to 1) in what the model says drives the outcome."""
    improvement: float | None = None
    """Expected improvement over the best that is known, in the objective's own unit; None with several objectives."""
    explanation: Explanation | None = None


class Recommendation(Value):
    """The best point that was tried, as the model sees it: one lucky measurement does not make a best."""

    trial: str
    parameters: dict[str, Scalar]
    predicted: dict[str, Prediction] = {}
    reason: str = ""
