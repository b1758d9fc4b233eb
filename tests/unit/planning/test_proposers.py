"""Proposers that fill the space: by name, within what may be tried, each point once."""

import pytest

from labd.domain.problem import (
    Categorical,
    Constraint,
    Continuous,
    Excluded,
    Integer,
    Linear,
    Objective,
    Observation,
    PlannerSettings,
    Problem,
    Suggestion,
)
from labd.planning import suggest
from labd.planning.proposers import FILLERS
from labd.protocols.admission import admitted

WAYS = sorted(FILLERS)


def problem(way: str, *constraints: Constraint, finite: bool = False) -> Problem:
    heat = Integer(name="heat", low=0, high=4) if finite else Continuous(name="heat", low=0, high=4)
    return Problem(
        parameters=(heat, Integer(name="time", low=1, high=3), Categorical(name="base", options=("a", "b"))),
        objectives=(Objective(outcome="gain"),),
        constraints=constraints,
        settings=PlannerSettings(strategy=way),
    )


def points(made: list[Suggestion]) -> list[tuple[float | int | str, ...]]:
    return [tuple(each.parameters.values()) for each in made]


@pytest.mark.parametrize("way", WAYS)
def test_it_proposes_under_its_own_name_and_each_point_once(way: str) -> None:
    asked = problem(
        way, Linear(weights={"heat": 1, "time": 1}, high=5), Excluded(values={"time": (2,), "base": ("b",)})
    )
    made = suggest(asked, [], n=20, seed=3)
    assert {each.method for each in made} == {way}
    assert len(set(points(made))) == 20
    for each in made:
        assert admitted(asked, each.parameters) == each.parameters
        assert each.reason
    assert made == suggest(asked, [], n=20, seed=3)


@pytest.mark.parametrize("way", WAYS)
def test_it_goes_on_where_others_have_been(way: str) -> None:
    asked = problem(way, finite=True)
    tried = [Observation(trial=str(i), parameters=each.parameters) for i, each in enumerate(suggest(asked, [], n=10))]
    rest = suggest(asked, tried, pending=[{"heat": 4, "time": 3, "base": "b"}], n=40, seed=1)
    everywhere = {tuple(each.parameters.values()) for each in tried} | set(points(rest)) | {(4, 3, "b")}
    assert len(everywhere) == 5 * 3 * 2
    assert len(rest) in (19, 20), "the pending point may be among those that were tried"


@pytest.mark.parametrize("way", WAYS)
def test_a_total_is_kept(way: str) -> None:
    asked = Problem(
        parameters=tuple(Continuous(name=name, low=0, high=1) for name in ("a", "b", "c")),
        objectives=(Objective(outcome="gain"),),
        constraints=(Linear(weights={"a": 1, "b": 1, "c": 1}, low=1, high=1),),
        settings=PlannerSettings(strategy=way),
    )
    made = suggest(asked, [], n=12, seed=2)
    assert len(set(points(made))) == 12
    for each in made:
        admitted(asked, each.parameters)


def test_a_grid_begins_with_the_corners_and_then_halves_the_gaps() -> None:
    flat = Problem(
        parameters=(Continuous(name="x", low=0, high=8), Continuous(name="y", low=0, high=8)),
        objectives=(Objective(outcome="gain"),),
        settings=PlannerSettings(strategy="grid"),
    )
    made = points(suggest(flat, [], n=9))
    assert set(made[:4]) == {(0.0, 0.0), (0.0, 8.0), (8.0, 0.0), (8.0, 8.0)}
    assert set(made[4:]) == {(4.0, 4.0), (4.0, 0.0), (0.0, 4.0), (4.0, 8.0), (8.0, 4.0)}


def test_chance_hangs_on_the_seed() -> None:
    assert suggest(problem("random"), [], seed=1) != suggest(problem("random"), [], seed=2)
