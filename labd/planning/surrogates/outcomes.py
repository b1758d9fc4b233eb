"""From measurements to what the model is fitted to, and back into the outcome's own unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from labd.domain.problem import Goal, Objective, Observation, Prediction
from labd.planning.spaces.axes import Array

LARGEST = 1e300
"""Predictions are told no further out than this."""
FURTHEST = 600.0
"""A bent value, in deviations, is taken to be no further out than this, so that nothing overflows."""
REACH = 1e6
"""A target, limit or reference is seen no further out than this, in deviations: beyond, what one point is nearer to it
than another would be lost in the digits."""
NOISIEST = 1e3
"""A standard error counts as no more than so many standard deviations of the outcome."""
UNSURE = 5.0
"""A model of n measurements took its scale, noise and lengthscales from the same few, and is surer than it may be: what
it tells is 1 + 5/n times as wide. Without, 95 % intervals held the truth at 5, 10, 20, 35 and 50 measurements in 75,
81, 88, 90 and 94 % on the nine functions of `tests.bench.calibration`, on which it was chosen. Only what is told is
widened: which experiment promises most is decided without it."""


@dataclass(frozen=True, slots=True)
class Bend:
    """A bend of standardised values, and their mean and spread after it, by which they are standardised again.

        ((z + 1)^power - 1) / power  above 0,   -((1 - z)^(2 - power) - 1) / (2 - power)  below

    Source: I.-K. Yeo and R. A. Johnson, A new family of power transformations to improve normality or symmetry, 2000.
    """

    power: float
    """In 0..2; 1 leaves everything as it is."""
    mean: float
    spread: float

    @classmethod
    def of(cls, z: Array, power: float) -> Bend:
        """With this power, the mean and spread of these values."""
        raw = cls(power, 0.0, 1.0).forward(z)
        return cls(power, float(raw.mean()), float(raw.std(ddof=1)) or 1.0)

    def forward(self, z: Array) -> Array:
        """The bent values."""
        above, below = _raised(np.maximum(z, 0.0), self.power), _raised(np.maximum(-z, 0.0), 2.0 - self.power)
        return (above - below - self.mean) / self.spread

    def back(self, bent: float) -> float:
        """The value before the bend."""
        raw = self.mean + self.spread * bent
        power = self.power if raw > 0 else 2.0 - self.power
        size = min(abs(raw), FURTHEST)
        grown = math.expm1(size) if power == 0 else math.expm1(math.log1p(power * size) / power)
        return math.copysign(grown, raw)

    def log_slope(self, z: Array) -> Array:
        """The logarithm of the derivative of the bent value, by value."""
        return np.asarray(np.sign(z) * (self.power - 1) * np.log1p(np.abs(z)) - math.log(self.spread))


def _raised(size: Array, power: float) -> Array:
    return np.asarray(np.log1p(size) if power == 0 else np.expm1(power * np.log1p(size)) / power)


@dataclass(frozen=True, slots=True)
class Standard:
    """An outcome in units of its own mean and spread, larger is better."""

    targets: Array
    noise: Array
    """Known variance of each, 0 where it is not known."""
    sign: float
    size: float
    """The largest magnitude: divided by first, so that no square overflows."""
    mean: float
    spread: float
    bend: Bend | None = None
    """How the standardised outcome was bent; the noise and the targets are those after it."""

    @property
    def unit(self) -> float:
        """One standard unit, in the outcome's own."""
        return min(self.spread * self.size, LARGEST)

    def with_more(self, values: Array, errors: Array) -> Standard:
        """With more measurements, in the same units and with the same bend."""
        targets = (self.sign * (values / self.size) - self.mean) / self.spread
        noise = np.minimum(errors / self.size / self.spread, NOISIEST) ** 2
        if self.bend is not None:
            noise = noise * np.exp(2 * self.bend.log_slope(targets))
            targets = self.bend.forward(targets)
        both = np.concatenate([self.targets, targets]), np.concatenate([self.noise, noise])
        return replace(self, targets=both[0], noise=both[1])

    def target(self, value: float) -> float:
        """The standardised value of the outcome in its own unit, no further out than the eye reaches."""
        straight = (self.sign * (value / self.size) - self.mean) / self.spread
        straight = min(max(straight, -REACH), REACH)
        return straight if self.bend is None else float(self.bend.forward(np.array(straight)))

    def value(self, target: float) -> float:
        """The outcome, in its own unit, of a standardised value."""
        straight = target if self.bend is None else self.bend.back(target)
        scaled = self.sign * (self.mean + self.spread * straight)
        return min(max(scaled * self.size, -LARGEST), LARGEST)

    def prediction(self, mean: float, deviation: float) -> Prediction:
        """What is expected, in the outcome's own unit, with a deviation that is as wide as it ought to be; where the
        outcome is bent, the middle of what may be, and half the way between one deviation less and one more."""
        wider = deviation * (1 + UNSURE / len(self.targets))
        if self.bend is None:
            return Prediction(mean=self.value(mean), deviation=min(wider * self.spread * self.size, LARGEST))
        return Prediction(mean=self.value(mean), deviation=self.apart(mean - wider, mean + wider) / 2)

    def apart(self, low: float, high: float) -> float:
        """How far two standardised values are apart, in the outcome's own unit."""
        return min(abs(self.value(high) / 2 - self.value(low) / 2) * 2, LARGEST)


def standardise(values: Array, errors: Array, sign: float) -> Standard:
    """Mean 0 and deviation 1; where all values are the same, their magnitude stands for the unknown deviation."""
    size = float(np.abs(values).max()) or 1.0
    scaled = sign * (values / size)
    mean = float(scaled.mean())
    spread = float(scaled.std(ddof=1)) if len(values) > 1 else 0.0
    known = spread > 1e-12
    spread = spread if known else 1.0
    noise = np.minimum(errors / size / spread, NOISIEST) ** 2
    return Standard((scaled - mean) / spread if known else np.zeros(len(values)), noise, sign, size, mean, spread)


def direction(objective: Objective) -> float:
    """What an outcome is multiplied by, so that larger is better where there is a better: -1 where it is minimised."""
    return -1.0 if objective.goal is Goal.MINIMISE else 1.0


def outcome_standard(observations: Sequence[Observation], outcome: str, sign: float) -> Standard:
    """An outcome over observations that have it, times `sign`."""
    return standardise(*measurements(observations, outcome), sign)


def measurements(observations: Sequence[Observation], outcome: str) -> tuple[Array, Array]:
    """The values of an outcome over observations that have it, and their standard errors, 0 where none is known."""
    found = [each.outcomes[outcome] for each in observations]
    return np.array([m.mean for m in found]), np.array([m.standard_error or 0.0 for m in found])


def weighted_sum(parts: Sequence[Standard], objectives: Sequence[Objective]) -> Standard:
    """Several objectives as one: each brought to 0..1 over what was observed, summed by weight."""
    total = math.fsum(objective.weight for objective in objectives)
    values, variance = np.zeros(len(parts[0].targets)), np.zeros(len(parts[0].targets))
    for part, objective in zip(parts, objectives, strict=True):
        reach = float(np.ptp(part.targets)) or 1.0
        share = objective.weight / total
        values += share * (part.targets - part.targets.min()) / reach
        variance += (share / reach) ** 2 * part.noise
    return standardise(values, np.sqrt(variance), 1.0)
