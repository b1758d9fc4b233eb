"""labd, asked as its user would: `labd.planning.suggest` on the whole history, nothing chosen by hand."""

from __future__ import annotations

from collections.abc import Sequence

from labd.domain.problem import (
    Categorical,
    Continuous,
    Cost,
    Discrete,
    Earlier,
    Fidelity,
    Limit,
    Linear,
    Measurement,
    Objective,
    Observation,
    Parameter,
    PlannerSettings,
    Problem,
)
from labd.planning import suggest

from ..cases import LIMITED, WANTED, Box, Case, Choice, Levels, Point, Tried

DEADLINE_S = 600.0
"""On a busy machine no answer is given up."""


class Labd:
    """Keeps nothing between two questions but the problem."""

    @staticmethod
    def supports(case: Case) -> bool:
        return True

    def __init__(self, case: Case, seed: int) -> None:
        self._problem, self._seed = problem(case), seed

    def ask(self, history: Sequence[Tried]) -> Point:
        (suggestion,) = suggest(
            self._problem, [observation(i, each) for i, each in enumerate(history)], seed=self._seed
        )
        return dict(suggestion.parameters)


def observation(number: int, tried: Tried) -> Observation:
    """What labd is told of a trial."""
    outcomes = {name: Measurement(mean=value) for name, value in tried.measured.items()}
    return Observation(trial=f"t{number}", parameters=tried.point, outcomes=outcomes, failed=tried.failed)


def problem(case: Case) -> Problem:
    """The case in labd's words."""
    worst = case.reference or (None,) * len(case.objectives)
    before = [observation(i, Tried(point, {WANTED: value})) for i, (point, value) in enumerate(case.earlier)]
    return Problem(
        parameters=tuple(_parameter(each) for each in case.parameters),
        objectives=tuple(
            Objective(outcome=name, reference=reference) for name, reference in zip(case.objectives, worst, strict=True)
        ),
        pool=tuple(dict(row) for row in case.pool) if case.pool is not None else None,
        constraints=(Linear(weights={each.name: 1.0 for each in case.parameters}, low=1.0, high=1.0),)
        if case.mixture
        else (),
        limits=(Limit(outcome=LIMITED, high=0.0),) if case.limited else (),
        fidelity=Fidelity(parameter=case.fidelity, target=case.full) if case.fidelity else None,
        cost=_cost(case),
        earlier=(Earlier(name="before", observations=tuple(before)),) if before else (),
        settings=PlannerSettings(initial=case.initial, deadline_s=DEADLINE_S),
    )


def _cost(case: Case) -> Cost | None:
    """A price is a straight line over the fidelity."""
    levels = next((each for each in case.parameters if isinstance(each, Levels)), None)
    if levels is None or case.price is None:
        return None
    low, high = case.price({levels.name: levels.low}), case.price({levels.name: levels.high})
    return Cost(fixed=low, weights={levels.name: (high - low) / (levels.high - levels.low)})


def _parameter(each: Box | Choice | Levels) -> Parameter:
    if isinstance(each, Choice):
        return Categorical(name=each.name, options=each.options)
    if isinstance(each, Levels):
        return Discrete(name=each.name, values=each.values)
    return Continuous(name=each.name, low=each.low, high=each.high)
