"""One objective, or several as one by their weights: the highest expected improvement."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from torch import Tensor

from labd.domain.problem import Objective
from labd.planning.acquisitions.acquisition import ExpectedImprovement, improvement_over
from labd.planning.acquisitions.protocol import Acquisition
from labd.planning.explanations.explain import importance, listed, number
from labd.planning.spaces.axes import Array
from labd.planning.strategies.data import Data, Learnt
from labd.planning.strategies.question import Question
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.outcomes import direction, weighted_sum


class Improvement:
    """Log expected improvement of the objective, or of the weighted sum of several, under what is believed of it."""

    def __init__(self, question: Question) -> None:
        self.data, self.objectives = Data(question), question.problem.objectives
        places = self.data.measured([each.outcome for each in self.objectives])
        rows = question.tried[places]
        bends = len(self.objectives) == 1 and not question.problem.limits
        found = [
            self.data.outcome(each.outcome, direction(each), places=places, bends=bends) for each in self.objectives
        ]
        self.outcomes = tuple(found)
        self.wanted = found[0]
        if len(found) > 1:
            wanted = weighted_sum([each.standard for each in found], self.objectives)
            self.wanted = Learnt("", rows, wanted, self.data.learn(rows, wanted))

    @property
    def method(self) -> str:
        """Who learnt, and `logei`."""
        return f"{self.data.learners}-logei" + ("" if self.wanted.name else "+weighted-sum")

    @property
    def belief(self) -> Belief:
        """Of the objective, or of the sum."""
        return self.wanted.belief

    @cached_property
    def importance(self) -> dict[str, float]:
        """By parameter, its share in what is wanted."""
        return importance(self.data.space, self.wanted.belief, 0)

    def acquisition(self, waiting: Tensor, seed: int) -> ExpectedImprovement:
        """Log expected improvement, times the chance of success."""
        standing = self.data.features(self.data.here(self.wanted.rows)) if self.data.question.problem.context else None
        return improvement_over(self.wanted.belief, waiting, seed, self.data.success, standing)

    def good(self, count: int) -> Array:
        """The best rows by what the model thinks of them."""
        means = self.wanted.believed().cpu().numpy()
        return self.wanted.rows[np.argsort(-means, kind="stable")[:count]]

    def appeal(self, among: Tensor | None = None) -> str:
        """Improvement, and on what; `among` says which of the rows count, by default all."""
        if self.wanted.name:
            believed = self.wanted.believed()
            best = self.wanted.standard.value(float((believed if among is None else believed[among]).max()))
            return f"Highest expected improvement on {number(best)}, the model's best estimate so far"
        total = math.fsum(each.weight for each in self.objectives)
        return "Highest expected improvement of the weighted sum of " + listed(
            [_share_of(each, total) for each in self.objectives]
        )

    def notes(self, at: Tensor) -> list[str]:
        """Nothing else."""
        del at
        return []

    def improvement(self, acquisition: Acquisition, at: Tensor) -> float | None:
        """What is expected above the model's best estimate."""
        if not self.wanted.name or not isinstance(acquisition, ExpectedImprovement):
            return None
        best = float(self.wanted.believed().max())
        return self.wanted.standard.apart(best, best + math.exp(float(acquisition.log_improvement(at)[0])))


def _share_of(objective: Objective, total: float) -> str:
    return f"{objective.outcome} ({100 * objective.weight / total:.0f} %)"
