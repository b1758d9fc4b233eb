"""The way to the planner."""

from collections.abc import Sequence
from typing import Protocol

from labd.domain.problem import Observation, Parameters, Problem, Suggestion


class Planner(Protocol):
    """Answers with `count` suggestions. Raises `LabError` when it cannot; survives the death of its worker."""

    async def suggest(
        self,
        problem: Problem,
        observations: Sequence[Observation],
        pending: Sequence[Parameters],
        count: int,
        seed: int,
    ) -> Sequence[Suggestion]:
        """The same question gets the same answer."""
