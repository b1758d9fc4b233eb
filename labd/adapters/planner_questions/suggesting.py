"""Suggestions, asked of whatever answers questions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from labd.adapters.planner_questions.kinds import SUGGEST, A, Kind, R, Suggest
from labd.domain.problem import Effort, Observation, Parameters, Problem
from labd.ports.planner import Planned


class Suggesting(ABC):
    """`labd.ports.Planner` by what answers questions of any kind."""

    @abstractmethod
    async def ask(self, kind: Kind[A, R], asked: A, campaign: str = "") -> tuple[R, Effort]:
        """The answer, and what it took. Raises `LabError`."""

    async def suggest(
        self,
        problem: Problem,
        observations: Sequence[Observation],
        pending: Sequence[Parameters],
        count: int,
        seed: int,
        campaign: str = "",
    ) -> Planned:
        """`labd.planning.suggest`, in another process. Raises as `ask` does."""
        asked = Suggest(
            problem=problem,
            observations=tuple(observations),
            pending=tuple(dict(each) for each in pending),
            count=count,
            seed=seed,
        )
        answer, took = await self.ask(SUGGEST, asked, campaign)
        return Planned(answer.suggestions, took)
