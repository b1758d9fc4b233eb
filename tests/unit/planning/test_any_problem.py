"""Whatever is asked, the planner answers: it never raises on valid data, and never proposes what was tried, what is
open, what may not be tried, or what lies outside."""

import math
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings

from labd.domain.errors import InvalidInput
from labd.domain.problem import Continuous, Problem, Suggestion
from labd.planning import suggest
from labd.planning.spaces.space import Space, key
from labd.planning.surrogates import settling
from labd.protocols.admission import admits
from tests.unit.planning.any_problem import Asked, questions

pytestmark = [
    pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning"),  # gpytorch's own imports
    pytest.mark.filterwarnings("ignore:When all training points are infeasible"),  # BoTorch's advice: it does answer
]
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def check(asked: Asked) -> None:
    """That the answer is allowed, new and whole."""
    problem, space = asked.problem, Space(asked.problem)
    made = answered(asked)
    points = [each.parameters for each in asked.observations]
    taken = {key(row) for row in space.rows([*points, *asked.pending])}
    assert len(made) <= asked.n
    for each in made:
        admits(problem, each.parameters)
        check_values(problem, each)
        here = key(space.rows([each.parameters])[0])
        assert here not in taken, "proposed twice"
        taken.add(here)
    check_runs(problem, made)
    check_ramps(asked, made)
    if len(made) < asked.n:
        check_nothing_is_left(space, taken)


def answered(asked: Asked) -> list[Suggestion]:
    """What is suggested; nothing where nobody knows how to keep a hard limit, which is said."""
    try:
        return suggest(asked.problem, asked.observations, asked.pending, asked.n, asked.seed)
    except InvalidInput as error:
        if not any(each.safe for each in asked.problem.limits) or "known to keep the hard limit" not in error.message:
            raise
        return []


def check_ramps(asked: Asked, made: list[Suggestion]) -> None:
    """No change beyond what a ramp allows, from the latest point on; one outside today's bounds is at the nearest."""
    before = [*(each.parameters for each in asked.observations), *asked.pending]
    for each in asked.problem.parameters:
        if isinstance(each, Continuous) and each.ramp is not None and each.when is None and not each.context:
            way = [float(point[each.name]) for point in [*before[-1:], *(one.parameters for one in made)]]
            way = [min(max(value, each.low), each.high) for value in way]
            assert all(abs(b - a) <= each.ramp * (1 + 1e-9) for a, b in pairwise(way)), way


def check_values(problem: Problem, made: Suggestion) -> None:
    assert list(made.parameters) == [each.name for each in problem.parameters] or problem.pool is not None
    for name, value in problem.context.items():
        assert made.parameters[name] == pytest.approx(value) or made.parameters[name] == value
    numbers = [made.acquisition or 0.0, made.improvement or 0.0, *made.importance.values()]
    numbers += [number for each in made.predicted.values() for number in (each.mean, each.deviation)]
    assert all(math.isfinite(number) for number in numbers)
    assert made.reason.endswith(".")


def check_runs(problem: Problem, made: list[Suggestion]) -> None:
    """One value of what is per batch for a whole run, unless what is left within it did not fill it."""
    if problem.pool is not None or problem.constraints or problem.settings.apart or not made:
        return
    space = Space(problem)
    shared = [each.name for each in problem.parameters if each.per == "batch"]
    first = {tuple(each.parameters[name] for name in shared) for each in made[: problem.batch]}
    assert len(first) == 1 or space.within(space.rows([made[0].parameters])[0]).count is not None


def check_nothing_is_left(space: Space, taken: set[bytes]) -> None:
    """Fewer than asked for only where all have been tried, or next to nothing may be."""
    problem = space.problem
    ramps = any(isinstance(each, Continuous) and each.ramp is not None for each in problem.parameters)
    if ramps or problem.settings.apart or any(each.safe for each in problem.limits):
        return
    if space.table is not None:
        free = {key(row) for row in space.table if not math.isnan(row[0])}
        assert free <= taken
    else:
        assert space.count is not None or space.feasible.bounds


@pytest.mark.timeout(1200)
@settings(max_examples=15, deadline=None, suppress_health_check=CHECKS)
@given(questions())
def test_it_answers(asked: Asked) -> None:
    check(asked)


@pytest.mark.timeout(1200)
@settings(max_examples=4, deadline=None, suppress_health_check=CHECKS)
@given(questions())
def test_it_answers_the_same_again(asked: Asked) -> None:
    once = answered(asked)
    settling.forget()  # the second answer is that of a process that remembers nothing
    assert answered(asked) == once


@pytest.mark.soak
@pytest.mark.timeout(7200)
@settings(max_examples=3000, deadline=None, suppress_health_check=CHECKS)
@given(questions())
def test_it_answers_thousands_of_questions(asked: Asked) -> None:
    check(asked)
