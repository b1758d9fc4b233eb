"""What a suggestion has to keep beyond the space: hard limits of outcomes, and distance from open trials."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from labd.domain.problem import Limit
from labd.planning.acquisitions.search import Guard
from labd.planning.spaces.axes import Array, OptionAxis
from labd.planning.spaces.bounded import Mask
from labd.planning.strategies.data import Data, Learnt
from labd.planning.surrogates.gp import GaussianProcess

CAREFUL = 2.0
"""A hard limit is kept by so many times the deviations that its probability asks for: the model may be wrong."""
SURE = 3.0
"""And by so many deviations at the least."""
ROUGHER = 0.5
"""It is kept under a rougher process as well: lengthscales as learnt times this, ..."""
LONGEST = 0.3
"""... and no longer than this share of a parameter's range, ..."""
REACH = 0.5
"""... of which the deviation is at least this share of the way from what is known to the limit: a limit is there
because it can be reached."""


@dataclass(frozen=True, slots=True)
class Safety:
    """A hard limit: what passes keeps it under every process, however the model may be wrong."""

    processes: tuple[GaussianProcess, ...]
    low: float
    """In standard units, as `high`."""
    high: float
    deviations: float

    def __call__(self, features: Tensor) -> Tensor:
        """By point (`k x columns`): whether it passes."""
        passes = torch.ones(len(features), dtype=torch.bool, device=features.device)
        for gp in self.processes:
            mean, deviation = gp.predict(features)
            away = self.deviations * torch.sqrt(deviation.square() + gp.hyper.noise)
            passes &= (mean[:, 0] - away >= self.low) & (mean[:, 0] + away <= self.high)
        return passes


def safety(learnt: Learnt, limit: Limit) -> Safety:
    """What keeps the limit of an outcome (which was learnt as it is, not reversed)."""
    low = -math.inf if limit.low is None else learnt.standard.target(limit.low)
    high = math.inf if limit.high is None else learnt.standard.target(limit.high)
    targets = learnt.standard.targets
    way = float(np.minimum(targets - low, high - targets).max())
    learned = tuple(gp for _, gp in learnt.belief.parts)
    chance = torch.tensor(limit.safe or 0.5, dtype=torch.float64)
    deviations = max(CAREFUL * float(torch.special.ndtri(chance)), SURE)
    return Safety((*learned, _rough(learned[0], way)), low, high, deviations)


def _rough(gp: GaussianProcess, way: float) -> GaussianProcess:
    hyper = replace(
        gp.hyper,
        lengthscales=(ROUGHER * gp.hyper.lengthscales).clamp_max(LONGEST),
        scale=max(gp.hyper.scale, (REACH * way) ** 2),
    )
    return gp.of(gp.x, gp.targets, gp.noise, hyper)


@dataclass(frozen=True, slots=True)
class Guarding:
    """Hard limits, and distance from open trials."""

    data: Data
    limits: tuple[Safety, ...]
    waiting: Array
    apart: float
    """The least distance from each of them, as a share of the parameters' ranges; another option is far enough."""

    def __call__(self, rows: Array) -> Mask:
        """By row, whether it may be tried."""
        passes = np.ones(len(rows), dtype=bool)
        if self.apart and len(self.waiting):
            options = np.array([isinstance(each, OptionAxis) for each in self.data.space.axes])
            away = np.abs(rows[:, None] - self.waiting[None])
            away = np.where(options, away > 0, away)
            passes &= (away.max(2) >= self.apart).all(1)
        if self.limits and len(rows):
            features = self.data.features(rows)
            for each in self.limits:
                passes &= each(features).cpu().numpy()
        return passes


def guarding(data: Data, waiting: Array) -> Guard | None:
    """What a question asks to be kept, while these rows are being measured; None where it asks for nothing."""
    problem = data.question.problem
    hard = [each for each in problem.limits if each.safe is not None]
    apart = problem.settings.apart if len(waiting) else 0.0
    if not hard and not apart:
        return None
    return Guarding(data, tuple(safety(data.outcome(each.outcome, 1.0), each) for each in hard), waiting, apart)
