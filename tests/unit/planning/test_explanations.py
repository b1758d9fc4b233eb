"""Why a point was chosen."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from labd.domain.problem import (
    Categorical,
    Condition,
    Continuous,
    Discrete,
    Explanation,
    Limit,
    Linear,
    Measurement,
    Nonlinear,
    Objective,
    Observation,
    Parameters,
    Prediction,
    Problem,
    Scalar,
    Suggestion,
)
from labd.planning import suggest
from labd.planning.acquisitions.acquisition import improvement_over
from labd.planning.explanations.active import active
from labd.planning.explanations.explanation import Evidence, Outlook
from labd.planning.explanations.neighbours import distances, extrapolates
from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.fit import learn
from labd.planning.surrogates.gp import GaussianProcess, Hyperparameters
from labd.planning.surrogates.outcomes import outcome_standard

Y = Objective(outcome="y")


def square(count: int, **rest: Any) -> Problem:
    names = [f"x{k}" for k in range(count)]
    return Problem(
        parameters=tuple(Continuous(name=each, low=0, high=1) for each in names),
        objectives=(Y,),
        **rest,
    )


def observed(points: Sequence[Parameters], function: Callable[[Parameters], float]) -> list[Observation]:
    return [
        Observation(trial=f"c.{k}", parameters=dict(each), outcomes={"y": Measurement(mean=function(each))})
        for k, each in enumerate(points, start=1)
    ]


def scattered(problem: Problem, count: int, seed: int = 0) -> list[dict[str, float]]:
    chance = np.random.default_rng(seed)
    return [{each.name: float(chance.random()) for each in problem.parameters} for _ in range(count)]


def asked(problem: Problem, seen: Sequence[Observation]) -> tuple[Suggestion, Explanation]:
    (made,) = suggest(problem, seen)
    assert made.explanation is not None
    return made, made.explanation


def hill(point: Parameters) -> float:
    return -sum((float(value) - 0.6) ** 2 for value in point.values())


def evidence(problem: Problem, seen: Sequence[Observation]) -> Evidence:
    """What a model makes of observations."""
    space = Space(problem)
    tried = space.rows([each.parameters for each in seen])
    standard = outcome_standard(seen, "y", 1.0)
    features = space.features(tried)
    target, noise = torch.tensor(standard.targets), torch.tensor(standard.noise)
    belief = learn(features, target, noise, torch.as_tensor(space.groups))
    best = tried[int(belief.predict(features)[0].argmax())]
    return Evidence(problem, space, seen, tried, belief, [Outlook("y", belief, standard)], best)


def explained(known: Evidence, row: Array) -> tuple[Explanation, float, float]:
    """The explanation of a row, and the true differences of acquisition and expectation."""
    acquisition = improvement_over(known.belief, known.features(known.tried[:0]), 0, None)
    why = known.explain(row, known.space.parameters(row), acquisition, {})
    both = known.features(np.stack([known.best, row]))
    promised, expected = acquisition(both), known.outlooks[0].mean(both)
    return why, float(promised[1] - promised[0]), float(expected[1] - expected[0])


@pytest.mark.parametrize("count", [2, 5, 10])
def test_attributions_sum_to_the_difference_and_effects_to_that_of_what_is_expected(count: int) -> None:
    problem = square(count)
    known = evidence(problem, observed(scattered(problem, 3 * count), hill))
    why, promised, expected = explained(known, np.full(count, 0.61))
    assert why.difference == pytest.approx(promised, abs=1e-9)
    assert sum(why.attributions.values()) == pytest.approx(promised, abs=1e-9)
    assert sum(why.effects["y"].values()) == pytest.approx(expected, abs=1e-9)
    assert set(why.attributions) == {each.name for each in problem.parameters}


def test_what_was_suggested_is_better_than_what_it_is_compared_with() -> None:
    problem = square(3)
    points = scattered(problem, 12)
    _, why = asked(problem, observed(points, hill))
    assert why.difference is not None
    assert why.difference > 0
    assert why.compared_with in [{name: pytest.approx(each[name], abs=1e-5) for name in each} for each in points]


def test_parameters_that_do_the_same_get_the_same() -> None:
    problem = square(3)
    points = [dict(each, x2=0.5) for each in scattered(problem, 8)]
    mirrored = [dict(each, x0=each["x1"], x1=each["x0"]) for each in points]
    known = evidence(problem, observed([*points, *mirrored], hill))
    gp = known.belief.main
    alike = replace(gp.hyper, lengthscales=torch.full((3,), 0.4, dtype=torch.float64))  # learnt ones differ a little
    same = Belief(((1.0, GaussianProcess(gp.x, gp.targets, gp.noise, gp.groups, alike)),))
    known = replace(known, belief=same, best=np.array([0.2, 0.2, 0.5]))
    why, promised, _ = explained(known, np.array([0.6, 0.6, 0.5]))
    assert why.attributions["x0"] == pytest.approx(why.attributions["x1"], abs=1e-7 * abs(promised))
    assert why.attributions["x2"] == 0


def test_nothing_is_explained_where_no_model_spoke() -> None:
    (made,) = suggest(square(2), [])
    assert made.explanation is None


def test_the_nearest_trials_come_first_also_those_that_failed() -> None:
    problem = square(2)
    points = scattered(problem, 12)
    made, _ = asked(problem, observed(points, hill))
    beside = {name: float(value) + 1e-3 for name, value in made.parameters.items()}
    seen = [*observed(points, hill), Observation(trial="c.99", parameters=beside, failed=True)]
    _, why = asked(problem, seen)
    assert len(why.nearest) == 3
    assert [each.distance for each in why.nearest] == sorted(each.distance for each in why.nearest)


def belief(points: list[list[float]], lengthscale: float = 0.2) -> Belief:
    x = torch.tensor(points, dtype=torch.float64)
    groups = torch.arange(x.shape[1])
    hyper = Hyperparameters(torch.full((x.shape[1],), lengthscale, dtype=torch.float64), 1e-4, 0.0, 1.0)
    return Belief(
        ((1.0, GaussianProcess(x, torch.zeros(len(x), 1).double(), torch.zeros(len(x)).double(), groups, hyper)),)
    )


def test_distances_are_in_lengthscales() -> None:
    known = belief([[0.0, 0.0], [0.2, 0.0], [0.3, 0.4]])
    apart = distances(known, torch.zeros(2, dtype=torch.float64), known.main.x)
    assert apart == pytest.approx([0, 1, 2.5])


@pytest.mark.parametrize(
    ("at", "far"),
    [
        ((0.5, 0.5), False),  # a hole in the middle is not outside
        ((1.1, 0.5), False),  # outside, but within reach
        ((1.3, 0.5), True),
        ((1.15, 1.2), True),
    ],
)
def test_outside_is_what_lies_further_than_a_lengthscale_from_all_that_was_tried(
    at: tuple[float, float], far: bool
) -> None:
    known = belief([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    assert extrapolates(known, torch.tensor(at, dtype=torch.float64), known.main.x) is far


def test_a_corner_that_lies_beyond_what_was_tried_together_is_outside() -> None:
    known = belief([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert extrapolates(known, torch.tensor([1.0, 1.0], dtype=torch.float64), known.main.x)


def said(problem: Problem, point: Parameters, predicted: dict[str, Prediction] | None = None) -> tuple[str, ...]:
    return active(problem, point, predicted or {}, [])


def test_bounds_are_told_of_numbers_that_mean_something() -> None:
    problem = Problem(
        parameters=(
            Continuous(name="temperature", low=20, high=120, unit="degC"),
            Discrete(name="shots", values=(1, 2, 4)),
            Categorical(name="base", options=("none", "strong")),
            Continuous(name="amount", low=0, high=3, when=Condition(parameter="base", values=("strong",))),
        ),
        objectives=(Y,),
    )
    point: dict[str, Scalar] = {"temperature": 120.0, "shots": 1.0, "base": "none", "amount": 0.0}
    assert said(problem, point) == ("temperature is at its upper bound, 120 degC", "shots is at its lower bound, 1")
    assert said(problem, point | {"base": "strong", "temperature": 40, "shots": 2}) == (
        "amount is at its lower bound, 0",
    )


def test_sums_formulas_and_limits_are_told_where_the_point_rests_against_them() -> None:
    problem = square(
        2,
        constraints=(
            Linear(weights={"x0": 1, "x1": 2}, high=1),
            Linear(weights={"x0": 1, "x1": 1}, low=0.75, high=0.75),
            Nonlinear(expression="x0 * x1", high=0.125),
        ),
        limits=(Limit(outcome="heat", high=5), Limit(outcome="purity", low=0.5)),
    )
    told = said(
        problem,
        {"x0": 0.5, "x1": 0.25},
        {"heat": Prediction(mean=4.9, deviation=0.1), "purity": Prediction(mean=0.9, deviation=0.1)},
    )
    assert told == (
        "x0 + 2·x1 is at its bound, at most 1",
        "x0 + x1 is 0.75, as it must be",
        "x0 * x1 is at its bound, at most 0.125",
        "heat is expected at 4.9 ± 0.1, near its limit of at most 5",
    )


def test_what_is_given_and_what_may_not_change_faster_is_told() -> None:
    problem = Problem(
        parameters=(
            Continuous(name="humidity", low=0, high=100, unit="percent", context=True),
            Continuous(name="load", low=0, high=10, ramp=1.5),
        ),
        objectives=(Y,),
        context={"humidity": 41.0},
    )
    last = Observation(trial="c.1", parameters={"humidity": 40.0, "load": 2.0})
    assert active(problem, {"humidity": 41.0, "load": 3.5}, {}, [last]) == (
        "humidity is given: 41 percent",
        "load changes by as much as it may from one trial to the next, 1.5",
    )


def test_scarce_constant_and_failed_data_are_told() -> None:
    problem = square(3, settings={"initial": 1})
    _, why = asked(problem, observed(scattered(problem, 4), lambda _: 2.0))
    assert any("Learnt from 4 measurements of 3 parameters" in each for each in why.caveats)
    assert any("Every y that was measured is 2" in each for each in why.caveats)
    failed = [
        Observation(trial=f"f.{k}", parameters=each, failed=True) for k, each in enumerate(scattered(problem, 9, 1))
    ]
    _, why = asked(problem, [*observed(scattered(problem, 9), hill), *failed])
    assert any("9 of 18 trials failed" in each for each in why.caveats)
    assert not any("Learnt from" in each for each in why.caveats)


def test_many_parameters_are_told_to_be_attributed_by_samples() -> None:
    problem = square(12)
    _, why = asked(problem, observed(scattered(problem, 30), hill))
    assert any("averaged over some of the orders" in each for each in why.caveats)


def test_an_irrelevant_parameter_has_next_to_no_part_in_what_is_expected() -> None:
    problem = square(3)

    def without_the_last(point: Parameters) -> float:
        return math.sin(4 * float(point["x0"])) + float(point["x1"])

    _, why = asked(problem, observed(scattered(problem, 30), without_the_last))
    parts = {name: abs(each) for name, each in why.effects["y"].items()}
    assert parts["x2"] < 0.02 * max(1.0, *parts.values())


TWO = (Y, Objective(outcome="z"))


@pytest.mark.parametrize(
    "wanted",
    [
        {"objectives": TWO},
        {"objectives": (Y, Objective(outcome="z", weight=2))},
        {"objectives": (Y,), "limits": (Limit(outcome="z", low=-0.4),)},
    ],
    ids=["front", "weighted sum", "limit"],
)
def test_each_strategy_explains_itself(wanted: dict[str, Any]) -> None:
    problem = square(2).model_copy(update=wanted)
    seen = [
        each.model_copy(update={"outcomes": {**each.outcomes, "z": Measurement(mean=-float(each.parameters["x0"]))}})
        for each in observed(scattered(problem, 12), hill)
    ]
    made, why = asked(problem, seen)
    assert why.difference == pytest.approx(sum(why.attributions.values()), abs=1e-9)
    assert set(why.effects) == {"y", "z"}
    assert why.effects["z"]["x1"] == pytest.approx(0, abs=0.05)
    assert made.exploration is not None
    assert 0 <= made.exploration <= 1
