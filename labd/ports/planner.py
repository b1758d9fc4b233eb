"""The way to the planner."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from labd.domain.problem import Effort, Observation, Parameters, Problem, Suggestion


@dataclass(frozen=True, slots=True)
class Planned:
    """Suggestions, and what they took."""

    suggestions: Sequence[Suggestion]
    took: Effort = field(default_factory=Effort)


class Planner(Protocol):
    """Answers with `count` suggestions. Raises `LabError` when it cannot; survives the death of its worker."""

    async def suggest(
        self,
        problem: Problem,
        observations: Sequence[Observation],
        pending: Sequence[Parameters],
        count: int,
        seed: int,
        campaign: str = "",
    ) -> Planned:
        """The same question gets the same suggestions. Campaigns take turns: none waits until another has no more
        questions. Who cancels it no longer wants the answer."""
