"""The chance that limits are kept, and an improvement that counts only where they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from labd.planning.acquisitions.noisy import log_improvement


@dataclass(frozen=True, slots=True)
class Within:
    """Bounds of an outcome, in standard units; infinite where there is none."""

    low: float = -math.inf
    high: float = math.inf

    def kept(self, drawn: Tensor) -> Tensor:
        """Whether values lie within."""
        return torch.eq(torch.clamp(drawn, self.low, self.high), drawn)

    def log_chance(self, mean: Tensor, deviation: Tensor) -> Tensor:
        """The logarithm of the probability that a normal value lies within; all of one shape."""
        if math.isinf(self.high):
            return _log_ndtr((mean - self.low) / deviation)
        if math.isinf(self.low):
            return _log_ndtr((self.high - mean) / deviation)
        up, down = (self.high - mean) / deviation, (self.low - mean) / deviation
        flip = down > 0  # in the upper tail differences lose their digits: mirrored, it is the lower one
        up, down = torch.where(flip, -down, up), torch.where(flip, -up, down)
        more, less = _log_ndtr(up), _log_ndtr(down)
        return more + torch.log1p(-torch.exp((less - more).clamp_max(-1e-12)))


def _log_ndtr(z: Tensor) -> Tensor:
    value: Tensor = torch.special.log_ndtr(z.clamp_min(-1e8))
    return value


def log_chance(limits: Sequence[Within], means: Sequence[Tensor], deviations: Sequence[Tensor]) -> Tensor | float:
    """The logarithm of the probability that all limits are kept; 0 without any."""
    found = [each.log_chance(m, d) for each, m, d in zip(limits, means, deviations, strict=True)]
    return torch.stack(found).sum(0) if found else 0.0


@dataclass(frozen=True, slots=True)
class LimitedImprovement:
    """The first outcome's improvement over the best of each draw, times the chance that the others keep limits."""

    best: Tensor
    """Of each draw: the best value among the points that keep all limits in that draw."""
    limits: tuple[Within, ...]

    def __call__(self, means: Sequence[Tensor], deviations: Sequence[Tensor]) -> Tensor:
        """`labd.planning.acquisitions.noisy.Promise`."""
        gain = log_improvement(means[0], deviations[0], self.best.expand_as(means[0]))
        return gain + log_chance(self.limits, means[1:], deviations[1:])


def best_kept(wanted: Tensor, others: Sequence[Tensor], limits: Sequence[Within], floor: float) -> Tensor:
    """Of each draw: the best value at a point that keeps all limits; `floor` where none does. `points x draws` each."""
    return torch.where(all_kept(wanted, others, limits), wanted, floor).amax(0)


def all_kept(wanted: Tensor, others: Sequence[Tensor], limits: Sequence[Within]) -> Tensor:
    """Which points keep all limits in each draw; `points x draws`."""
    kept = torch.ones_like(wanted, dtype=torch.bool)
    for each, drawn in zip(limits, others, strict=True):
        kept &= each.kept(drawn)
    return kept
