"""Which strategy answers: the one that is named, or the one that the problem asks for."""

from __future__ import annotations

from labd.domain.errors import InvalidInput
from labd.domain.problem import Problem
from labd.planning.explanations.explain import listed
from labd.planning.strategies.kinds import IMPROVEMENT, LIMITS, PARETO, WEIGHTED_SUM
from labd.planning.strategies.strategy import Kind

KINDS = {each.name: each for each in (IMPROVEMENT, LIMITS, PARETO, WEIGHTED_SUM)}
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
    if len(problem.objectives) > 1:
        preferred = len({each.weight for each in problem.objectives}) > 1
        return WEIGHTED_SUM if preferred else PARETO
    return LIMITS if problem.limits else IMPROVEMENT
