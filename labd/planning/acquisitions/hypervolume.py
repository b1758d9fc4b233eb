"""How much more of the space of outcomes a point would dominate: expected hypervolume improvement, exact by draw.

The space that the front of a draw leaves open, above the reference, is cut into boxes; what a normal value adds to a
box is a product of expected improvements, and the boxes add up.
Sources: M. Emmerich and others, Single- and multiobjective evolutionary optimization assisted by Gaussian random field
metamodels, 2006; S. Daulton and others, Parallel Bayesian optimization of multiple noisy objectives with expected
hypervolume improvement, 2021 (the average over draws).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from labd.planning.acquisitions.limits import Within, log_chance
from labd.planning.acquisitions.noisy import log_improvement

THIN = 1e-9
"""A box that is thinner than this, in standard units, is none."""
NOTHING = -1e300
"""The logarithm of what an empty box adds."""


@dataclass(frozen=True, slots=True)
class HypervolumeImprovement:
    """The expected hypervolume improvement, times the chance that the outcomes after the objectives keep limits."""

    low: Tensor
    high: Tensor
    """Corners of the boxes that are open in each draw, `draws x boxes x objectives`; a corner may be infinite."""
    limits: tuple[Within, ...]

    def __call__(self, means: Sequence[Tensor], deviations: Sequence[Tensor]) -> Tensor:
        """`labd.planning.acquisitions.noisy.Promise`."""
        objectives = self.low.shape[2]
        added = torch.zeros((1,), dtype=self.low.dtype, device=self.low.device)
        for k in range(objectives):
            added = added + self._along(k, means[k][:, :, None], deviations[k][:, :, None])
        empty = ((self.high - self.low) < THIN).any(2)
        added = torch.logsumexp(added.masked_fill(empty, NOTHING), 2)
        return added + log_chance(self.limits, means[objectives:], deviations[objectives:])

    def _along(self, k: int, mean: Tensor, deviation: Tensor) -> Tensor:
        """The logarithm of the expected part of each box's edge below the value; `k x draws x boxes`."""
        low, high = self.low[:, :, k], self.high[:, :, k]
        more = log_improvement(mean, deviation, low)
        bounded = torch.isfinite(high)
        if not bool(bounded.any()):
            return more
        less = log_improvement(mean, deviation, torch.where(bounded, high, low + 1.0))
        within = more + torch.log1p(-torch.exp((less - more).clamp_max(-1e-12)))
        return torch.where(bounded, within, more)


def open_boxes(values: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
    """Low and high corners (`draws x boxes x objectives`) of what the points of each draw leave undominated above the
    reference; `values` is `draws x points x objectives`, larger is better, those that do not count at the reference."""
    above = (values > reference).all(2, keepdim=True)
    values = torch.where(above, values, reference)
    return _staircase(values, reference) if values.shape[2] == 2 else _partition(values, reference)


def _staircase(values: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
    """Of two objectives: columns between the points, sorted by the first, each open above the best second so far."""
    draws = len(values)
    order = torch.argsort(values[:, :, 0], stable=True, dim=1, descending=True)
    first, second = (torch.gather(values[:, :, k], 1, order) for k in range(2))
    floor = torch.cat([reference[1].expand(draws, 1), torch.cummax(second, 1).values], 1)
    left = torch.cat([first, reference[0].expand(draws, 1)], 1)
    right = torch.cat([torch.full_like(first[:, :1], math.inf), first], 1)
    return torch.stack([left, floor], 2), torch.stack([right, torch.full_like(floor, math.inf)], 2)


def _partition(values: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
    from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning

    each = [FastNondominatedPartitioning(reference, draw).hypercell_bounds for draw in values]
    most = max(bounds.shape[1] for bounds in each)
    filled = torch.stack([torch.cat([b, reference.expand(2, most - b.shape[1], -1)], 1) for b in each])
    return filled[:, 0], torch.where(filled[:, 1] > 1e8, math.inf, filled[:, 1])


def undominated(values: Sequence[Tensor], counts: Tensor) -> Tensor:
    """Which of the points that count are dominated by none that counts, in each draw; `points x draws` each."""
    stacked = torch.stack([torch.where(counts, each, -math.inf) for each in values])
    found = [counts[k] & ~_dominates(stacked, stacked[:, k : k + 1]).any(0) for k in range(len(counts))]
    return torch.stack(found)


def _dominates(all_of: Tensor, one: Tensor) -> Tensor:
    return (all_of >= one).all(0) & (all_of > one).any(0)
