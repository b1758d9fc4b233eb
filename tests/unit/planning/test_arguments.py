"""What a notebook gets wrong is said in one sentence, with what to do."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Continuous,
    Fidelity,
    Goal,
    Integer,
    Measurement,
    Nonlinear,
    Objective,
    Observation,
    PlannerSettings,
    Problem,
)
from labd.planning import insight, recommend, replay, suggest

X = Continuous(name="x", low=0, high=1)
PROBLEM = Problem(parameters=(X,), objectives=(Objective(outcome="y"),), settings=PlannerSettings(initial=1))
SEEN = [Observation(trial=f"t{k}", parameters={"x": k / 9}, outcomes={"y": Measurement(mean=k)}) for k in range(5)]
TWO = Problem(parameters=(X,), objectives=(Objective(outcome="y"), Objective(outcome="cost", goal=Goal.MINIMISE)))


def _says(answer: Any) -> Callable[[Any], Any]:
    return lambda point: answer


_MADE: list[Any] = list(suggest(PROBLEM, SEEN))
ASKED: dict[str, tuple[Callable[[], Any], str]] = {
    "suggestions are pending": (lambda: suggest(PROBLEM, SEEN, _MADE), "the `parameters` of a suggestion"),
    "one point is pending": (lambda: suggest(PROBLEM, SEEN, {"x": 0.5}), "pending points are no list"),  # type: ignore[arg-type]
    "observations as rows": (lambda: suggest(PROBLEM, [{"x": 0.5, "y": 1}]), "have a dict among them"),  # type: ignore[list-item]
    "no observations": (lambda: insight(PROBLEM, None), "observations are no list"),  # type: ignore[arg-type]
    "one observation": (lambda: recommend(PROBLEM, SEEN[0]), "observations are no list, but of the type Observation"),  # type: ignore[arg-type]
    "fewer than none": (lambda: suggest(PROBLEM, SEEN, n=-1), "n is -1"),
    "half of one": (lambda: suggest(PROBLEM, SEEN, n=1.5), "n is 1.5, and no whole number"),  # type: ignore[arg-type]
    "no seed": (lambda: suggest(PROBLEM, SEEN, seed=None), "seed is None, and no whole number"),  # type: ignore[arg-type]
    "a seed below zero": (lambda: suggest(PROBLEM, SEEN, seed=-1), "seed is -1"),
    "a number as text": (lambda: suggest(PROBLEM, SEEN, [{"x": "0.5"}]), "x has a value that is no number: '0.5'"),
    "nothing for a number": (lambda: suggest(PROBLEM, SEEN, [{"x": None}]), "x has a value that is no"),  # type: ignore[dict-item]
    "no best of a wrong problem": (
        lambda: recommend(PROBLEM.model_copy(update={"fidelity": Fidelity(parameter="q", target=1)}), SEEN),
        "There is no parameter q",
    ),
    "no trial has all": (lambda: recommend(TWO, SEEN), "No trial has given y and cost yet"),
    "a truth of nothing": (lambda: replay(PROBLEM, _says(None), 3), r"truth says None .*Return numbers by outcome"),
    "a truth of a number": (lambda: replay(PROBLEM, _says(3.0), 3), r"truth says 3\.0"),
    "a truth that is none": (lambda: replay(PROBLEM, _says({"y": math.nan}), 3), "says that y is nan at"),
    "a truth in words": (lambda: replay(PROBLEM, _says({"y": "high"}), 3), "says that y is 'high' at"),
    "another outcome": (lambda: replay(PROBLEM, _says({"Y": 1.0}), 3), "tells of Y, and the problem asks for y"),
    "no table": (lambda: replay(PROBLEM, [], 3), "The table has no rows"),
    "a table that lacks": (
        lambda: replay(PROBLEM, [SEEN[0].model_copy(update={"parameters": {"z": 1}})], 3),
        "The row t0 of the table lacks x",
    ),
    "no batch": (lambda: replay(PROBLEM, _says({}), 3, batch=0), "batch is 0"),
    "no delay": (lambda: replay(PROBLEM, _says({}), 3, delay=-1), "delay is -1"),
}


@pytest.mark.parametrize(("ask", "said"), ASKED.values(), ids=ASKED.keys())
def test_what_is_asked_wrongly_has_one_clear_error(ask: Callable[[], Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as raised:
        ask()
    assert raised.value.hint


@pytest.mark.parametrize(
    ("expression", "said"),
    [("sqrt(x, x) + 1", "sqrt is of one, not of 2"), ("x + exp()", "not of 0"), ("min(x)", "min is of two or more")],
)
def test_a_function_of_a_formula_has_as_many_arguments_as_it_takes(expression: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Nonlinear(expression=expression, high=1)


@pytest.mark.parametrize(("low", "high"), [(0, 10**400), (-(10**308), 10**308)])
def test_a_whole_number_has_bounds_that_a_number_can_have(low: int, high: int) -> None:
    with pytest.raises(ValidationError, match="further apart than a number"):
        Integer(name="n", low=low, high=high)


def test_a_root_of_a_negative_number_is_no_number() -> None:
    problem = PROBLEM.model_copy(update={"constraints": (Nonlinear(expression="x + (-1)**0.5", high=1),)})
    with pytest.raises(InvalidInput, match="No point was found"):
        suggest(problem, SEEN)


@pytest.mark.parametrize(
    "aims",
    [
        (Objective(outcome="y", goal=Goal.MATCH, target=1e308),),
        (Objective(outcome="y", goal=Goal.LEVEL, target=-1e308),),
        (Objective(outcome="y", reference=1e308), Objective(outcome="z", reference=-1e308)),
    ],
    ids=["match", "level", "references"],
)
def test_what_is_out_of_reach_is_told_from_what_is_farther(aims: tuple[Objective, ...]) -> None:
    seen = [
        each.model_copy(update={"outcomes": {**each.outcomes, "z": Measurement(mean=-(each.parameters["x"] ** 2))}})  # type: ignore[operator]
        for each in SEEN
    ]
    (made,) = suggest(PROBLEM.model_copy(update={"objectives": aims}), seen)
    if len(aims) == 1 and aims[0].goal is Goal.MATCH:
        assert float(made.parameters["x"]) > 0.9, "y rises with x"
        assert "1e+308 away" in made.reason


def test_where_no_trial_has_every_outcome_there_is_an_insight_without_a_best() -> None:
    halves = [*SEEN, *(each.model_copy(update={"outcomes": {"cost": Measurement(mean=1.0)}}) for each in SEEN)]
    found = insight(TWO, halves)
    assert found.best is None
    assert [each.outcome for each in found.outcomes] == ["y", "cost"]


def test_observations_may_come_one_by_one() -> None:
    assert suggest(PROBLEM, (each for each in SEEN)) == _MADE  # type: ignore[arg-type]


def test_the_largest_numbers_there_are_are_no_trouble() -> None:
    """Their range is not a number."""
    problem = PROBLEM.model_copy(update={"parameters": (Continuous(name="x", low=-1.7e308, high=1.7e308),)})
    seen = [
        Observation(trial=f"t{k}", parameters={"x": k * 1e307}, outcomes={"y": Measurement(mean=1.7e308 * math.sin(k))})
        for k in range(9)
    ]
    (made,) = suggest(problem, seen)
    assert math.isfinite(float(made.parameters["x"]))
