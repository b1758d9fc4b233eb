"""What all strategies for several objectives have in common."""

from __future__ import annotations

import math
from functools import cached_property

from torch import Tensor

from labd.planning.acquisitions.protocol import Acquisition
from labd.planning.explanations.explain import importance
from labd.planning.strategies.data import Data
from labd.planning.strategies.limited import Limits
from labd.planning.strategies.question import Question
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.outcomes import direction


class Several:
    """What is learnt of each objective, and of the outcomes that have limits."""

    def __init__(self, question: Question) -> None:
        self.data, self.objectives = Data(question), question.problem.objectives
        self.wanted = tuple(self.data.outcome(each.outcome, direction(each)) for each in self.objectives)
        self.limits = Limits(self.data)
        self.outcomes = self.limits.beside(*self.wanted)

    @property
    def belief(self) -> Belief:
        """Of the first objective."""
        return self.wanted[0].belief

    @cached_property
    def importance(self) -> dict[str, float]:
        """By parameter, the mean of its shares in the objectives."""
        each = [importance(self.data.space, learnt.belief, 0) for learnt in self.wanted]
        return {name: math.fsum(shares[name] for shares in each) / len(each) for name in each[0]}

    def notes(self, at: Tensor) -> list[str]:
        """The chance that the limits are kept."""
        return self.limits.notes(at)

    def improvement(self, acquisition: Acquisition, at: Tensor) -> float | None:
        """There is no one unit of several objectives."""
        del acquisition, at
        return None
