"""The points that may be the best of what was or is being measured: what a new point has to improve on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from labd.planning.acquisitions.sampled import drawn
from labd.planning.strategies.data import Data
from labd.planning.surrogates.belief import Belief

CONSIDERED = 300
"""Of more points than this only the best by the mean of what is wanted are considered."""
DRAWS = 64


def standing(
    data: Data,
    beliefs: Sequence[Belief],
    waiting: Tensor,
    seed: int,
    is_best: Callable[[list[Tensor]], Tensor],
    most: int = 24,
) -> Tensor:
    """The points tried that are among the best in some joint draw of all outcomes, and those that are waited for;
    `points x columns`, at least one, and at most `most` beside those. `is_best` says which points are, from the draws
    of each outcome (`points x draws` each). Source: the pruning of BoTorch's noisy acquisition functions."""
    asked = data.question
    ran = [place for place, each in enumerate(asked.observations) if not each.failed and each.outcomes]
    points = torch.unique(data.features(data.here(asked.tried[ran])), dim=0)
    if len(points) > CONSIDERED:
        means = beliefs[0].predict(points)[0]
        points = points[torch.argsort(means, descending=True, stable=True)[:CONSIDERED]]
    often = is_best(drawn(beliefs, points, seed, DRAWS)).sum(1)
    order = torch.argsort(often, descending=True, stable=True)
    kept = order[: max(1, min(most, int((often > 0).sum())))]
    return torch.cat([points[kept], waiting])
