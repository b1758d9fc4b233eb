"""An outcome that is to be known and not made best: everywhere, or where it is at a target."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from labd.domain.problem import Goal
from labd.planning.acquisitions.by_autograd import ByAutograd
from labd.planning.acquisitions.knowledge import believing, misjudgement, variance_reduction
from labd.planning.acquisitions.protocol import Acquisition
from labd.planning.explanations.explain import importance, listed, number
from labd.planning.spaces.axes import Array
from labd.planning.strategies.data import Data
from labd.planning.strategies.limited import Limits
from labd.planning.strategies.question import Question
from labd.planning.surrogates.belief import Belief

REFERENCE = 256
"""Space-filling points over which the variance is averaged."""


class Learning:
    """How far the model may err about the side of a target (`level`), or the variance everywhere (`map`)."""

    def __init__(self, question: Question) -> None:
        self.data, self.objective = Data(question), question.problem.objectives[0]
        self.sought = tuple(self.data.outcome(each.outcome, 1.0) for each in question.problem.objectives)
        self.wanted, self.limits = self.sought[0], Limits(self.data)
        self.outcomes = self.limits.beside(*self.sought)
        self.target = None if self.objective.goal is Goal.MAP else self.objective.target

    @property
    def method(self) -> str:
        """The goal, who learnt, and the acquisition."""
        made = f"map-{self.data.learners}-variance" if self.target is None else f"level-{self.data.learners}-error"
        return made + self.limits.named

    @property
    def belief(self) -> Belief:
        """Of the outcome."""
        return self.wanted.belief

    @cached_property
    def importance(self) -> dict[str, float]:
        """By parameter, its share in the outcome."""
        return importance(self.data.space, self.belief, 0)

    def acquisition(self, waiting: Tensor, seed: int) -> ByAutograd:
        """What is learnt beside what the points `waiting` will teach, times the chance to keep limits."""
        beliefs = [believing(each.belief, waiting) for each in self.sought]
        if self.target is not None:
            taught = misjudgement(beliefs[0], self.wanted.standard.target(self.target))
        else:
            taught = variance_reduction(beliefs, self.data.features(self._reference(seed)))
        limited = self.limits if self.limits.wanted else None
        value = taught if limited is None else (lambda at: taught(at) + limited.log_chance(at))
        return ByAutograd(value, self.data.device, self.data.success)

    def _reference(self, seed: int) -> Array:
        space = self.data.space
        if space.table is None:
            return space.sobol(REFERENCE, seed)
        valid = space.table[~np.isnan(space.table[:, 0])]
        return np.asarray(valid[np.random.default_rng(seed).permutation(len(valid))[:REFERENCE]])

    def good(self, count: int) -> Array:
        """Some rows that were tried: those nearest to the target, or any."""
        if self.target is None:
            return np.asarray(self.wanted.rows[:count])
        apart = (self.wanted.believed() - self.wanted.standard.target(self.target)).abs()
        return np.asarray(self.wanted.rows[torch.argsort(apart, stable=True)[:count].cpu().numpy()])

    def appeal(self) -> str:
        """What is learnt here."""
        names = listed([each.name for each in self.sought])
        if self.target is None:
            return f"Teaches most about {names} over the whole space"
        return f"The side of {number(self.target)} on which {names} lies is least known here"

    def notes(self, at: Tensor) -> list[str]:
        """The chance that the limits are kept."""
        return self.limits.notes(at)

    def improvement(self, acquisition: Acquisition, at: Tensor) -> float | None:
        """Nothing is improved."""
        del acquisition, at
        return None
