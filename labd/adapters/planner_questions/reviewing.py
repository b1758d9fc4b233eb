"""What the model believes of a campaign, asked of whatever answers questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from labd.adapters.planner_questions.kinds import INSIGHT, A, AskInsight, Kind, R
from labd.domain.problem import Effort, Insight, Observation, Prediction, Problem


class Asks(Protocol):
    """Answers questions of any kind."""

    async def ask(self, kind: Kind[A, R], asked: A, campaign: str = "") -> tuple[R, Effort]:
        """The answer, and what it took. Raises `LabError`."""


class Questioner:
    """The reviewer behind `labd.ports.Reviewer`: it asks a planner, of which no suggestion waits for it."""

    def __init__(self, planner: Asks) -> None:
        self._planner = planner

    async def insight(
        self,
        problem: Problem,
        observations: Sequence[Observation],
        predictions: Mapping[str, Mapping[str, Prediction]],
        campaign: str = "",
    ) -> Insight:
        """`labd.planning.insight`, in a process of its own."""
        told = {trial: dict(each) for trial, each in predictions.items()}
        asked = AskInsight(problem=problem, observations=tuple(observations), predictions=told)
        answer, _ = await self._planner.ask(INSIGHT, asked, campaign)
        return answer
