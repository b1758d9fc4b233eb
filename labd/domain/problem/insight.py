"""What the model believes of a campaign, and how far it has been right."""

from __future__ import annotations

from pydantic import Field

from labd.domain.problem.parameters import Name, Scalar
from labd.domain.problem.suggestion import Prediction, Recommendation
from labd.domain.value import Value


class Interaction(Value):
    """Two parameters that do something together that neither does alone."""

    first: Name
    second: Name
    share: float = Field(ge=0)
    """Of what the model expects to vary."""


class Slice(Value):
    """What is expected along one parameter, the others as at the best point."""

    parameter: Name
    values: tuple[Scalar, ...]
    expected: tuple[Prediction, ...]
    """At each of the values."""


class Score(Value):
    """What was expected of a trial before its result came, and what came."""

    trial: str
    expected: Prediction
    """With the deviation of what would be measured: that of the truth, and the noise."""
    measured: float
    z: float
    """How many deviations too high."""


class Calibration(Value):
    """Whether predictions that were made before the result came were as sure as they ought to be."""

    covered: float = Field(ge=0, le=1)
    """The share of results within the 95 % intervals."""
    bias: float
    """The mean of z: results were higher than expected where it is positive."""
    spread: float = Field(ge=0)
    """The root mean square of z: 1 where the deviations are right, more where the model was too sure of itself."""
    scores: tuple[Score, ...]
    """In the order of the observations."""


class Leverage(Value):
    """The optimum without one trial."""

    trial: str
    parameters: dict[str, Scalar]
    """Where the model would expect the optimum."""
    expected: float
    """What it would expect there."""
    moved: float = Field(ge=0)
    """How far that is from the optimum with all trials, in lengthscales."""
    change: float
    """By how much the expected optimum would be higher."""


class Optimum(Value):
    """The best point that the model expects anywhere, tried or not."""

    parameters: dict[str, Scalar]
    expected: Prediction


class Member(Value):
    """One of the models whose average is believed."""

    weight: float = Field(ge=0, le=1)
    kernel: str
    """In words."""
    reach: dict[str, str]
    """By parameter: its lengthscale, in words and in the parameter's own unit."""
    lengthscales: dict[str, float]
    """By parameter: the same as a share of its range; of an option, as a share of the distance of two options."""
    deviation: float = Field(ge=0)
    """How far the outcome varies over the space, in its own unit."""
    noise: float = Field(ge=0)
    """The deviation of a measurement that the model learnt, beside what is known of it, in the outcome's own unit."""


class OutcomeInsight(Value):
    """What the model believes of one outcome."""

    outcome: Name
    measured: int
    sensitivity: dict[str, float]
    """By parameter: its share (sums to 1) in what the outcome is expected to vary by; total effects."""
    interactions: tuple[Interaction, ...] = ()
    """The largest first; empty with very many parameters."""
    slices: tuple[Slice, ...] = ()
    optimum: Optimum | None = None
    """None where nothing better is sought: of a level, of a map."""
    leverage: tuple[Leverage, ...] = ()
    """The trials without which the optimum would move furthest, the furthest first."""
    calibration: Calibration | None = None
    """None as long as no prediction has met its result."""
    members: tuple[Member, ...] = ()
    """The likeliest first."""


class ModelCard(Value):
    """Which model spoke, what it learnt from, and what it is not to be trusted with."""

    method: str
    """As in suggestions."""
    strategy: str
    about: str
    """What the strategy is for."""
    observations: int
    failed: int
    censored: int
    incomplete: int
    """Without every outcome that is wanted: neither failed nor learnt from as a whole."""
    doubted: tuple[str, ...] = ()
    """Trials whose measurement is not believed: it contradicts all others."""
    earlier: dict[str, float] = {}
    """By earlier campaign: how much of what is expected builds on it."""
    device: str
    caveats: tuple[str, ...] = ()


class Insight(Value):
    """What the model believes of a campaign."""

    card: ModelCard
    best: Recommendation | None = None
    """The best point that was tried."""
    outcomes: tuple[OutcomeInsight, ...] = ()
