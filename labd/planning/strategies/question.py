"""What a strategy is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labd.domain.problem import Observation, Problem
from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space

TRUE = 3.0
"""A fidelity's reach counts for so much less than another parameter's: who names one expects each value to tell of the
others. With the usual lengthscale its ends then go together by nine tenths; the measurements may say otherwise."""


@dataclass(frozen=True, slots=True)
class Question:
    """A problem, and what has been observed of it."""

    problem: Problem
    space: Space
    """The whole space."""
    observations: Sequence[Observation]
    tried: Array
    """The row of each observation."""


def question_of(problem: Problem, observations: Sequence[Observation]) -> Question:
    """The question, in a space that reaches as far as what was observed. Raises `InvalidInput` for a point that lacks a
    parameter or has text for a number."""
    space = Space(problem)
    tried = space.rows([each.parameters for each in observations])
    units = space.reach(tried)
    if problem.fidelity is not None:
        units[space.names.index(problem.fidelity.parameter)] *= TRUE
    return Question(problem, space.stretched(units), observations, tried)
