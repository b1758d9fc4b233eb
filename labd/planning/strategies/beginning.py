"""The first trials of a campaign that has predecessors: where these expect the best."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from labd.domain.problem import Problem, Suggestion
from labd.planning.acquisitions.search import Search, nearest_rows
from labd.planning.explanations.explain import listed
from labd.planning.spaces.axes import Array
from labd.planning.spaces.sobol import sobol
from labd.planning.spaces.space import Space
from labd.planning.strategies.earlier import promising
from labd.planning.strategies.question import Question
from labd.planning.strategies.strategy import Strategy
from labd.planning.surrogates.outcomes import direction
from labd.planning.surrogates.transfer import trust

SOONER = 2
"""Trials before the model speaks, where earlier campaigns do already: what they expect the best of, and another."""
MISLED = "What was learnt earlier does not hold here: far from everything tried before, as without it."
BEST = 2
"""So many of each earlier campaign's best trials are looked at closer."""


def begin(
    question: Question, space: Space, waiting: Array, taken: AbstractSet[bytes], seed: int
) -> tuple[Array, Suggestion] | None:
    """The free row of which earlier campaigns expect the most, away from those that are being measured; None where
    none is free, or where they say nothing."""
    acquisition = promising(question, question.space.features(waiting))
    if acquisition is None:
        return None
    search = Search(space, acquisition, taken, seed)
    if space.table is not None:
        place = search.best_of(space.table)
        if place is None:
            return None
        row = space.table[place]
        point = dict(space.pool[place]) if space.pool is not None else space.parameters(row)
    else:
        found = search.best_anywhere(nearest_rows(space, _best(question.problem, space, seed)))
        if found is None:
            return None
        row, point = found, space.parameters(found)
    names = listed(list(dict.fromkeys(source.name for _, source in acquisition.terms)))
    reason = f"The best that is expected by what was learnt earlier ({names}); nothing of it is known here yet."
    return row, Suggestion(parameters=point, method="transfer-mean", reason=reason)


def _best(problem: Problem, space: Space, seed: int) -> Array:
    """Rows of the earlier campaigns' best trials; what these did not vary is anywhere."""
    anywhere = space.parameters(space.whole.spread(sobol(len(space.axes), 1, seed).numpy())[0])
    points = []
    for objective in problem.objectives:
        sign = direction(objective)
        for earlier in problem.earlier:
            told = [
                (each.outcomes[objective.outcome].mean, each)
                for each in earlier.observations
                if not each.failed and objective.outcome in each.outcomes
            ]
            told.sort(key=lambda pair: -sign * pair[0])
            points += [anywhere | dict(each.parameters) for _, each in told[:BEST]]
    return space.rows(points)


def misleads(strategy: Strategy | None) -> bool:
    """Whether the measurements speak against what was learnt earlier: then the usual beginning is made up for."""
    return strategy is not None and sum(trust(strategy.belief).values()) < 0.5
