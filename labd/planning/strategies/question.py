"""What a strategy is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labd.domain.problem import Observation, Problem
from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space


@dataclass(frozen=True, slots=True)
class Question:
    """A problem, and what has been observed of it."""

    problem: Problem
    space: Space
    """The whole space."""
    observations: Sequence[Observation]
    tried: Array
    """The row of each observation."""
