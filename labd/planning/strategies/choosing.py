"""Which strategy answers: the one that is named, or the one that the problem asks for."""

from __future__ import annotations

from labd.domain.errors import InvalidInput
from labd.domain.problem import Goal, Problem
from labd.planning.explanations.explain import listed
from labd.planning.strategies.kinds import (
    CHEBYSHEV,
    FIDELITY,
    IMPROVEMENT,
    LEVEL,
    LIMITS,
    MAP,
    MATCH,
    PARETO,
    WEIGHTED_SUM,
)
from labd.planning.strategies.strategy import Kind

KINDS = {
    each.name: each for each in (IMPROVEMENT, LIMITS, PARETO, WEIGHTED_SUM, CHEBYSHEV, MATCH, LEVEL, MAP, FIDELITY)
}
"""All strategies by name: what `PlannerSettings.strategy` may say."""


def choose(problem: Problem) -> Kind:
    """The strategy for a problem. Raises `InvalidInput` for a name that there is not, or that does not fit."""
    name = problem.settings.strategy
    if name is None:
        return _asked_for(problem)
    if name not in KINDS:
        raise InvalidInput(f"There is no strategy {name}.", f"There are {listed(sorted(KINDS))}.")
    unfit = KINDS[name].unfit(problem)
    if unfit is not None:
        raise InvalidInput(f"The strategy {name} does not fit this problem: {unfit}.", "Leave it out, or name another.")
    return KINDS[name]


def _asked_for(problem: Problem) -> Kind:
    if Goal.MAP in {each.goal for each in problem.objectives}:
        return MAP
    if problem.fidelity is not None and not FIDELITY.unfit(problem):
        return FIDELITY
    if len(problem.objectives) > 1:
        preferred = len({each.weight for each in problem.objectives}) > 1
        several = WEIGHTED_SUM if preferred else PARETO
        return CHEBYSHEV if several.unfit(problem) else several
    goals = {Goal.MATCH: MATCH, Goal.LEVEL: LEVEL}
    return goals.get(problem.objectives[0].goal, LIMITS if problem.limits else IMPROVEMENT)
