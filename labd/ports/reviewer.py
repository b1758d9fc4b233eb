"""The way to what the model believes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from labd.domain.problem import Insight, Observation, Prediction, Problem


class Reviewer(Protocol):
    """Tells what the model believes of a campaign. No suggestion waits for it. Raises `LabError` when it cannot."""

    async def insight(
        self,
        problem: Problem,
        observations: Sequence[Observation],
        predictions: Mapping[str, Mapping[str, Prediction]],
        campaign: str = "",
    ) -> Insight:
        """The same question gets the same answer; `predictions` are what each trial's suggestion expected, by trial and
        outcome."""
