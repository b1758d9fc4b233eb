"""An outcome as near to a target as can be."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from labd.planning.acquisitions.limits import all_kept
from labd.planning.acquisitions.nearness import NearerImprovement
from labd.planning.acquisitions.noisy import Noisy
from labd.planning.acquisitions.protocol import Acquisition
from labd.planning.acquisitions.sampled import sampled
from labd.planning.explanations.explain import importance, number
from labd.planning.spaces.axes import Array
from labd.planning.strategies.data import Data
from labd.planning.strategies.limited import Limits
from labd.planning.strategies.question import Question
from labd.planning.strategies.standing import standing
from labd.planning.surrogates.belief import Belief

FAR = 2.0
"""Where no point keeps all limits, nearness is counted from so many deviations beyond the farthest."""


class Nearest:
    """Log noisy expected decrease of the distance to the target."""

    def __init__(self, question: Question) -> None:
        self.data, self.objective = Data(question), question.problem.objectives[0]
        self.wanted = self.data.outcome(self.objective.outcome, 1.0)
        self.target = self.wanted.standard.target(self.objective.target or 0.0)
        self.limits = Limits(self.data)
        self.outcomes = self.limits.beside(self.wanted)

    @property
    def method(self) -> str:
        """`match`, who learnt, and `lognei`."""
        return f"match-{self.data.learners}-lognei" + self.limits.named

    @property
    def belief(self) -> Belief:
        """Of the outcome."""
        return self.wanted.belief

    @cached_property
    def importance(self) -> dict[str, float]:
        """By parameter, its share in the outcome."""
        return importance(self.data.space, self.belief, 0)

    def acquisition(self, waiting: Tensor, seed: int) -> Noisy:
        """How much nearer than the nearest of each draw."""
        beliefs, within = [self.belief, *self.limits.beliefs], self.limits.within
        far = float((self.wanted.believed() - self.target).abs().max()) + FAR

        def distance(draws: list[Tensor]) -> Tensor:
            return torch.where(all_kept(draws[0], draws[1:], within), (draws[0] - self.target).abs(), far)

        def is_best(draws: list[Tensor]) -> Tensor:
            apart = distance(draws)
            return (apart == apart.amin(0)) & (apart < far)

        outcomes = sampled(beliefs, standing(self.data, beliefs, waiting, seed, is_best), seed)
        least = distance([each.drawn for each in outcomes]).amin(0)
        return Noisy(tuple(outcomes), NearerImprovement(self.target, least, within), self.data.success)

    def good(self, count: int) -> Array:
        """The rows that the model sees nearest to the target."""
        apart = (self.wanted.believed() - self.target).abs()
        return np.asarray(self.wanted.rows[torch.argsort(apart, stable=True)[:count].cpu().numpy()])

    def appeal(self) -> str:
        """How near it is so far."""
        aim, believed = self.objective.target or 0.0, self.wanted.believed()
        wanted = f"{self.objective.outcome} to {number(aim)}"
        kept = self.limits.kept(self.data.features(self.wanted.rows))
        if not bool(kept.any()):
            return f"Highest expected approach of {wanted}; no trial is expected to keep {self.limits.bounds} yet"
        nearest = believed[kept][(believed[kept] - self.target).abs().argmin()]
        apart = abs(self.wanted.standard.value(float(nearest)) - aim)
        return f"Highest expected approach of {wanted}; the model's nearest estimate so far is {number(apart)} away"

    def notes(self, at: Tensor) -> list[str]:
        """The chance that the limits are kept."""
        return self.limits.notes(at)

    def improvement(self, acquisition: Acquisition, at: Tensor) -> float | None:
        """By how much the distance is expected to become less."""
        return math.exp(float(acquisition(at)[0])) * self.wanted.standard.unit
