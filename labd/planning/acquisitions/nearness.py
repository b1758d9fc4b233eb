"""How much nearer to a target a point is expected to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from labd.planning.acquisitions.limits import Within, log_chance
from labd.planning.acquisitions.noisy import log_improvement


@dataclass(frozen=True, slots=True)
class NearerImprovement:
    """The expected decrease of the distance to a target, below the least distance of each draw, times the chance that
    the outcomes after the first keep limits.

    What a value y gains is a tent over the target: (y - low)₊ - 2 (y - target)₊ + (y - high)₊, where low and high lie
    at the least distance; so the expectation is made of three expected improvements.
    """

    target: float
    """In standard units."""
    least: Tensor
    """The least distance of each draw."""
    limits: tuple[Within, ...]

    def __call__(self, means: Sequence[Tensor], deviations: Sequence[Tensor]) -> Tensor:
        """`labd.planning.acquisitions.noisy.Promise`."""
        below, deviation = -(means[0] - self.target).abs(), deviations[0]  # the tent is symmetric
        least = self.least.clamp_min(1e-6).expand_as(below)
        foot, top, end = (log_improvement(below, deviation, over) for over in (-least, torch.zeros_like(below), least))
        up = foot + _log_one_minus(top - foot)
        down = top + _log_one_minus(end - top)
        gain = up + _log_one_minus(down - up)
        return gain + log_chance(self.limits, means[1:], deviations[1:])


def _log_one_minus(log_share: Tensor) -> Tensor:
    """log(1 - share), of the logarithm of a share below 1."""
    return torch.log1p(-torch.exp(log_share.clamp_max(-1e-12)))
