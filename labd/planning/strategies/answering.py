"""The answers to a question: by its strategy, or, when that takes too long, by the first tier, which says so."""

from __future__ import annotations

import math
import time
from collections.abc import Set as AbstractSet

from labd.domain.problem import Suggestion
from labd.planning.acquisitions.altered import Late, in_time
from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space
from labd.planning.strategies.first_tier import FirstTier
from labd.planning.strategies.proposing import propose
from labd.planning.strategies.question import Question
from labd.planning.strategies.strategy import Kind, Strategy

DEADLINE_S = 30.0
"""Where the problem's settings say nothing."""


class Answering:
    """A question with its strategy, which is learnt when it is first asked. The deadline is of all its answers."""

    def __init__(self, kind: Kind, question: Question) -> None:
        self.kind, self.question = kind, question
        self.deadline_s = question.problem.settings.deadline_s or DEADLINE_S
        self.end = time.monotonic() + self.deadline_s
        self.strategy: Strategy | None = None
        self.instead: Strategy | None = None
        """Who answers in its place, once it was late."""

    def propose(
        self, space: Space, waiting: Array, taken: AbstractSet[bytes], seed: int
    ) -> tuple[Array, Suggestion] | None:
        """As `labd.planning.strategies.proposing.propose`."""
        if self.instead is None:
            try:
                return self._in_time(space, waiting, taken, seed)
            except Late:
                self.instead = FirstTier(self.question)
        found = propose(self.instead, space, waiting, taken, seed)
        if found is None:
            return None
        row, made = found
        told = f"{made.reason[:-1]}; the strategy {self.kind.name} was given up after {self.deadline_s:g} s."
        return row, made.model_copy(update={"method": f"{made.method}+late", "reason": told})

    def _in_time(
        self, space: Space, waiting: Array, taken: AbstractSet[bytes], seed: int
    ) -> tuple[Array, Suggestion] | None:
        end = self.end if self.kind.may_give_way(self.question) else math.inf
        self.strategy = self.strategy or self.kind.make(self.question)
        in_time(end)
        return propose(self.strategy, space, waiting, taken, seed, end)
