"""The way to the look ahead: a plan of all that is to come, worked out beside everything else."""

from collections.abc import Mapping
from typing import Protocol

from labd.scheduling.look_ahead import Problem


class Foresight(Protocol):
    """Answers with a plan, in its own time: until then, and without one, the greedy scheduler stands."""

    async def look_ahead(self, problem: Problem, deadline_s: float) -> Mapping[str, float] | None:
        """By task, in how many seconds it should begin; None where none was found by then."""
