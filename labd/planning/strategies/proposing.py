"""The proposal that follows from a strategy: the best free point, and what is told of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from torch import Tensor

from labd.domain.problem import Suggestion
from labd.planning.acquisitions.altered import Plus, Until
from labd.planning.acquisitions.search import Search, nearest_rows
from labd.planning.explanations.explanation import Evidence, Outlook
from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space
from labd.planning.strategies.guarding import guarding
from labd.planning.strategies.pricing import Pricing, cooled
from labd.planning.strategies.strategy import Strategy
from labd.planning.strategies.telling import reason

GOOD = 4
"""The best points, near which the search looks closer."""


def propose(
    strategy: Strategy, space: Space, waiting: Array, taken: AbstractSet[bytes], seed: int, end: float = math.inf
) -> tuple[Array, Suggestion] | None:
    """The best free row of the space, or of the part of it that is still open, while `waiting` rows are being
    measured; None when none is free. Raises `Late` where it is still sought after `end`, of `time.monotonic`."""
    promised = strategy.acquisition(strategy.data.features(waiting), seed)
    price = _price(strategy)
    acquisition = promised if price is None else Plus(promised, price)
    search = Search(space, Until(acquisition, end), taken, seed, guarding(strategy.data, waiting))
    if space.table is not None:
        place = search.best_of(space.table)
        if place is None:
            return None
        row = space.table[place]
        point = dict(space.pool[place]) if space.pool is not None else space.parameters(row)
    else:
        found = search.best_anywhere(nearest_rows(space, strategy.good(GOOD)))
        if found is None:
            return None
        row, point = found, space.parameters(found)
    at: Tensor = strategy.data.features(row[None])
    predicted = {each.name: each.predict(at)[0] for each in strategy.outcomes}
    exploration = acquisition.exploration(at[0])
    return row, Suggestion(
        parameters=point,
        method=strategy.method + ("" if price is None else "+cost") + ("+feasibility" if strategy.data.success else ""),
        reason=reason(strategy, at, predicted, exploration, len(waiting)),
        predicted=predicted,
        acquisition=float(acquisition(at)[0]),
        exploration=exploration,
        importance=strategy.importance,
        improvement=strategy.improvement(promised, at),
        explanation=_evidence(strategy).explain(row, point, acquisition, predicted),
    )


def _price(strategy: Strategy) -> Callable[[Tensor], Tensor] | None:
    """What is added for the cost of a trial; None where all cost the same, or where the strategy weighs it itself."""
    problem = strategy.data.question.problem
    if problem.cost is None or problem.fidelity is not None:
        return None
    pricing = Pricing(problem.cost, strategy.data)
    share = cooled(pricing, strategy.data)
    return (lambda at: -share * pricing(at).log()) if pricing.varies else None


def _evidence(strategy: Strategy) -> Evidence:
    asked = strategy.data.question
    outlooks = [Outlook(each.name, each.belief, each.standard) for each in strategy.outcomes]
    known = (asked.problem, asked.space, asked.observations, asked.tried)
    return Evidence(*known, strategy.belief, outlooks, strategy.good(1)[0])
