"""The way to a proposer that somebody else runs."""

from collections.abc import Sequence
from typing import Protocol

from labd.domain.problem import Observation, Parameters, Problem, Suggestion


class ProposingService(Protocol):
    """Answers with up to `count` suggestions, unchecked. Raises `LabError` when it cannot, or takes too long."""

    async def propose(
        self,
        url: str,
        problem: Problem,
        observations: Sequence[Observation],
        pending: Sequence[Parameters],
        count: int,
        seed: int,
        *,
        within_s: float,
    ) -> Sequence[Suggestion]:
        """What the service at this address proposes."""
