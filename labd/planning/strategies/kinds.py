"""All kinds of strategies: what each is for, which problems it fits, and what it must know before it can speak."""

from __future__ import annotations

from collections.abc import Callable

from labd.domain.problem import Goal, Problem
from labd.planning.explanations.explain import listed
from labd.planning.strategies.data import having
from labd.planning.strategies.fidelity import FidelityAware
from labd.planning.strategies.learning import Learning
from labd.planning.strategies.limited import Limited, limits_learnable
from labd.planning.strategies.nearest import Nearest
from labd.planning.strategies.pareto import EFFORT, Pareto
from labd.planning.strategies.question import Question
from labd.planning.strategies.scalarised import Chebyshev
from labd.planning.strategies.single import Improvement
from labd.planning.strategies.strategy import Kind

Fit = Callable[[Problem], str | None]
"""Why a strategy does not fit a problem; None where it does."""

BETTER = {Goal.MAXIMISE, Goal.MINIMISE}


def _for_goals(goals: set[Goal], what: str) -> Fit:
    def fit(problem: Problem) -> str | None:
        other = [each.outcome for each in problem.objectives if each.goal not in goals]
        return f"{listed(other)} is not {what}" if other else None

    return fit


def _one(problem: Problem) -> str | None:
    return "there are several objectives" if len(problem.objectives) > 1 else None


def _graded(problem: Problem) -> str | None:
    return "no parameter is its fidelity" if problem.fidelity is None else None


def _several(problem: Problem) -> str | None:
    return "there is but one objective" if len(problem.objectives) == 1 else None


def _few(problem: Problem) -> str | None:
    most = max(EFFORT)
    return f"there are more than {most} objectives" if len(problem.objectives) > most else None


def _limited(problem: Problem) -> str | None:
    return None if problem.limits else "there are no limits"


def _unlimited(problem: Problem) -> str | None:
    return "there are limits" if problem.limits else None


def _all(*fits: Fit) -> Fit:
    return lambda problem: next((said for said in (fit(problem) for fit in fits) if said is not None), None)


def _ready(question: Question) -> bool:
    """Some trial has all objectives, and each limited outcome was measured."""
    return bool(having(question, [each.outcome for each in question.problem.objectives])) and limits_learnable(question)


def _each_known(question: Question) -> bool:
    """Each objective, and each limited outcome, was measured in some trial."""
    return all(having(question, [each.outcome]) for each in question.problem.objectives) and limits_learnable(question)


def _gives_way(question: Question) -> bool:
    return _better(question.problem) is None and _ready(question)


_better = _for_goals(BETTER, "maximised or minimised")

IMPROVEMENT = Kind(
    name="improvement",
    about="One outcome to maximise or minimise: the highest expected improvement.",
    unfit=_all(_better, _one, _unlimited),
    ready=_ready,
    make=Improvement,
)
LIMITS = Kind(
    name="limits",
    about="One outcome to maximise or minimise while others keep limits: the highest expected improvement over the "
    "best that keeps them, times the chance to keep them.",
    unfit=_all(_better, _one, _limited),
    ready=_ready,
    make=Limited,
    may_give_way=_gives_way,
)
MATCH = Kind(
    name="match",
    about="One outcome as near to a target as can be, within limits of others: the largest expected approach.",
    unfit=_all(_for_goals({Goal.MATCH}, "to match a target"), _one),
    ready=_ready,
    make=Nearest,
)
FIDELITY = Kind(
    name="fidelity",
    about="Trials of several fidelities: the one that promises most about improvement at the target fidelity, for its "
    "cost.",
    unfit=_all(_better, _graded),
    ready=_ready,
    make=FidelityAware,
)
LEVEL = Kind(
    name="level",
    about="To know where one outcome is at a target: the point about whose side the model may err most.",
    unfit=_all(_for_goals({Goal.LEVEL}, "to be known at a level"), _one),
    ready=_ready,
    make=Learning,
)
MAP = Kind(
    name="map",
    about="To know outcomes everywhere: the point that lowers the variance of the model most, over the whole space.",
    unfit=_all(_for_goals({Goal.MAP}, "to be mapped")),
    ready=_each_known,
    make=Learning,
)
PARETO = Kind(
    name="pareto",
    about="Several outcomes, none preferred: whatever adds most to the hypervolume that the front of the best "
    "compromises dominates.",
    unfit=_all(_better, _several, _few),
    ready=_each_known,
    make=Pareto,
    may_give_way=_gives_way,
)
CHEBYSHEV = Kind(
    name="chebyshev",
    about="Several outcomes by the worst of them, each brought to 0..1 over what was observed: by their weights, or by "
    "weights drawn for each trial, which leads along the front. Outcomes to match a target may be among them.",
    unfit=_all(_for_goals({*BETTER, Goal.MATCH}, "to be made best"), _several),
    ready=_each_known,
    make=Chebyshev,
    may_give_way=_gives_way,
)
WEIGHTED_SUM = Kind(
    name="weighted_sum",
    about="Several outcomes as one: the weighted sum of each, brought to 0..1 over what was observed.",
    unfit=_all(_better, _several),
    ready=_ready,
    make=lambda question: Limited(question) if question.problem.limits else Improvement(question),
    may_give_way=_gives_way,
)
