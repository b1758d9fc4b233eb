"""What the search finds is the best that there is, or within a hair of it: held against spaces gone through whole."""

import itertools
import time

import numpy as np
import pytest

from labd.domain.problem import (
    Categorical,
    Condition,
    Continuous,
    Excluded,
    Integer,
    Measurement,
    Objective,
    Observation,
    Parameter,
    PlannerSettings,
    Problem,
)
from labd.planning import suggest
from labd.planning.acquisitions.search import Search, nearest_rows
from labd.planning.acquisitions.table import WHOLE_TABLE, best_place, in_chunks
from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space, key
from labd.planning.strategies.choosing import choose
from labd.planning.strategies.question import Question


def options(name: str, count: int) -> Categorical:
    return Categorical(name=name, options=tuple(f"o{k}" for k in range(count)))


MANY = tuple(options(f"p{k}", 10) for k in range(5))
SPACES: dict[str, Problem] = {
    name: Problem(parameters=parameters, objectives=(Objective(outcome="y"),))
    for name, parameters in {
        "options": MANY,
        "options and whole numbers": (
            *(options(f"p{k}", 8) for k in range(2)),
            *(Integer(name=f"q{k}", low=1, high=9) for k in range(3)),
        ),
        "conditional": (
            options("p0", 6),
            Categorical(name="p1", options=tuple("abcdef"), when=Condition(parameter="p0", values=("o1", "o2"))),
            *(Integer(name=f"q{k}", low=1, high=20) for k in range(2)),
            options("p2", 4),
        ),
    }.items()
}
SPACES["excluded"] = SPACES["options"].model_copy(
    update={"constraints": (Excluded(values={"p0": ("o1", "o2", "o3"), "p1": ("o4", "o5", "o6")}),)}
)


def rugged(row: Array, chance: np.random.Generator) -> float:
    """A sum of what each coordinate adds and of what neighbours add together."""
    table = chance.normal(size=(len(row), 60))
    added = [table[k][round(40 * at) % 60] for k, at in enumerate(row)]
    return float(sum(added) + 0.7 * sum(one * two for one, two in itertools.pairwise(added)))


@pytest.mark.parametrize("name", SPACES)
def test_of_a_finite_space_of_tens_of_thousands_the_best_is_found(name: str) -> None:
    problem, gaps = SPACES[name], []
    space = Space(problem)
    whole = space.admitted(space.level_rows())
    assert len(whole) > 10_000
    space.table = None  # as if it were too long to be gone through
    for seed, count in enumerate((8, 20, 40)):
        tried = space.sobol(count, seed)
        noise = np.random.default_rng(seed).normal(size=count)
        history = [
            Observation(
                trial=str(n),
                parameters=space.parameters(row),
                outcomes={"y": Measurement(mean=rugged(row, np.random.default_rng(seed)) + noise[n])},
            )
            for n, row in enumerate(tried)
        ]
        strategy = choose(problem).make(Question(problem, space, history, tried))
        acquisition = strategy.acquisition(strategy.data.features(tried[:0]), seed)
        taken = {key(row) for row in tried}
        search = Search(space, acquisition, taken, seed)
        free = np.array([place for place, row in enumerate(whole) if key(row) not in taken])
        found = search.best_anywhere(nearest_rows(space, strategy.good(4)))
        assert found is not None
        assert key(found) not in taken
        gaps.append(float(in_chunks(search.score, whole, free).max() - search.score(found[None])[0]))
    assert sorted(gaps)[1] < 1e-6, "the best of all, mostly"
    assert max(gaps) < 0.05, "and else one whose logarithm is within a hair"


def test_of_a_very_long_table_the_best_is_found_without_looking_at_all() -> None:
    rows = np.random.default_rng(1).random((WHOLE_TABLE + 60_000, 4))
    looked = 0

    def score(some: Array) -> Array:
        nonlocal looked
        looked += len(some)
        return np.asarray(np.sin(9 * some[:, 0]) + np.cos(7 * some[:, 1]) - 3 * np.abs(some[:, 2] - 0.3) + some[:, 3])

    rows[5] = np.nan
    place = best_place(rows, score, lambda some: some, set(), 3)
    assert place is not None
    assert looked < 0.9 * len(rows)
    free = np.delete(np.arange(len(rows)), 5)
    order = free[np.argsort(-score(rows[free]))]
    assert place == order[0]
    assert best_place(rows, score, lambda some: some, {key(rows[place])}, 3) == order[1]


def test_rows_that_are_taken_or_say_the_same_are_left_out() -> None:
    rows = np.array([[0.1], [0.9], [np.nan], [0.9], [0.5]])
    first = best_place(rows, lambda some: some[:, 0], lambda some: some, set(), 0)
    second = best_place(rows, lambda some: some[:, 0], lambda some: some, {key(rows[1])}, 0)
    assert (first, second) == (1, 4)
    assert best_place(rows, lambda some: some[:, 0], lambda some: some, {key(row) for row in rows}, 0) is None


def test_a_pool_with_rows_twice_is_emptied_once() -> None:
    pool = tuple({"x": place // 2 / 4, "p": "o1"} for place in range(10))
    parameters: tuple[Parameter, ...] = (Continuous(name="x", low=0, high=1), options("p", 2))
    problem = Problem(parameters=parameters, objectives=(Objective(outcome="y"),), pool=pool)
    made = suggest(problem, [], n=10)
    assert sorted(float(each.parameters["x"]) for each in made) == [0, 0.25, 0.5, 0.75, 1]


@pytest.mark.soak
def test_a_pool_of_a_million_rows_takes_seconds() -> None:
    rows = np.random.default_rng(1).random((1_000_000, 6)).round(6)
    names = [f"x{k}" for k in range(6)]
    problem = Problem(
        parameters=tuple(Continuous(name=name, low=0, high=1) for name in names),
        objectives=(Objective(outcome="y"),),
        pool=tuple(dict(zip(names, row, strict=True)) for row in rows.tolist()),
        settings=PlannerSettings(initial=5),
    )
    history = [
        Observation(
            trial=str(n),
            parameters=dict(zip(names, row.tolist(), strict=True)),
            outcomes={"y": Measurement(mean=float(-np.square(row - 0.3).sum()))},
        )
        for n, row in enumerate(rows[:50])
    ]
    start = time.process_time()
    (made,) = suggest(problem, history)
    assert time.process_time() - start < 8
    assert sum((float(value) - 0.3) ** 2 for value in made.parameters.values()) < 0.05
