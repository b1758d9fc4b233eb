"""Measurements that are wrong altogether: found, named and left out; and none is found where none is wrong."""

import math

import numpy as np
import pytest
import torch

from labd.domain.problem import Continuous, Limit, Measurement, Objective, Observation, PlannerSettings, Problem
from labd.planning import recommend, suggest
from labd.planning.surrogates.fit import learn
from labd.planning.surrogates.outcomes import Standard, standardise
from labd.planning.surrogates.robust import RIGHT, doubting

GROUPS = torch.arange(2)


def hills(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.sin(5 * x[:, 0]) + (x[:, 1] - 0.4) ** 2)


def doubted(x: np.ndarray, values: np.ndarray, may: np.ndarray | None = None) -> tuple[Standard, list[int]]:
    standard = standardise(values, np.zeros(len(values)), 1.0)
    features = torch.tensor(x)
    first = learn(features, torch.tensor(standard.targets), torch.zeros(len(x), dtype=torch.float64), GROUPS).main
    allowed = np.ones(len(x), dtype=bool) if may is None else may
    found, wrong = doubting(standard, features, allowed, first, RIGHT)
    return found, np.flatnonzero(wrong).tolist()


@pytest.mark.parametrize("wrong", [0.0, 3.0, 100.0, -1e6])
def test_one_wrong_measurement_is_found_however_wrong_and_the_outcome_is_as_if_it_were_not_there(wrong: float) -> None:
    x = np.random.default_rng(0).random((25, 2))
    values = hills(x)
    place = int(values.argmax())
    expected = values[place]
    values[place] = wrong
    standard, found = doubted(x, values)
    assert found == [place]
    assert standard.value(float(standard.targets[place])) == pytest.approx(expected, abs=0.3)
    others = np.delete(np.arange(25), place)
    assert [standard.value(float(standard.targets[k])) for k in others] == pytest.approx(values[others], abs=1e-6)
    assert float(standard.noise[place]) > 1e3
    assert not standard.noise[others].any()


@pytest.mark.parametrize("instead", [(2.5, -3.0, 30.0, -25.0, 4.0, -2.0), (-999.0,) * 6])
def test_several_wrong_ones_do_not_hide_behind_the_noise_and_the_spread_that_they_make(instead: list[float]) -> None:
    chance = np.random.default_rng(1)
    x = chance.random((40, 2))
    values = hills(x)
    wrong = [3, 11, 17, 24, 30, 36]
    values[wrong] = instead
    assert doubted(x, values)[1] == wrong


def test_a_cliff_is_no_mistake() -> None:
    x = np.random.default_rng(1).random((40, 2))
    values = np.where(x[:, 0] > 0.8, -50.0, hills(x))
    assert len(doubted(x, values)[1]) <= 1


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.5])
def test_where_nothing_is_wrong_hardly_anything_is_doubted(noise: float) -> None:
    count = 0
    for seed in range(6):
        chance = np.random.default_rng(seed)
        x = chance.random((30, 2))
        count += len(doubted(x, hills(x) + noise * chance.normal(size=30))[1])
    assert count <= 1


def test_what_may_not_be_doubted_is_not() -> None:
    x = np.random.default_rng(0).random((25, 2))
    values = hills(x)
    values[7] = 100.0
    may = np.arange(25) != 7
    assert 7 not in doubted(x, values, may)[1]


PROBLEM = Problem(
    parameters=(Continuous(name="a", low=0, high=1), Continuous(name="b", low=0, high=1)),
    objectives=(Objective(outcome="y"),),
)


def observations() -> list[Observation]:
    """Of a hill at (0.7, 0.3); the trial that is called wrong lies far from it."""
    points = np.random.default_rng(2).random((20, 2))
    values = {str(k): math.exp(-((a - 0.7) ** 2 + (b - 0.3) ** 2) / 0.1) for k, (a, b) in enumerate(points)}
    far = max(values, key=lambda name: -values[name])
    return [
        Observation(
            trial="wrong" if name == far else name,
            parameters={"a": float(points[int(name)][0]), "b": float(points[int(name)][1])},
            outcomes={"y": Measurement(mean=3.0 if name == far else value)},
        )
        for name, value in values.items()
    ]


def test_the_suggestion_names_what_it_does_not_believe_and_the_best_is_another() -> None:
    (made,) = suggest(PROBLEM, observations())
    assert "the measurement of wrong is not believed" in made.reason
    assert made.method == "gp-robust-logei"
    assert (float(made.parameters["a"]) - 0.7) ** 2 + (float(made.parameters["b"]) - 0.3) ** 2 < 0.02
    assert recommend(PROBLEM, observations()).trial != "wrong"


def test_it_is_believed_where_the_settings_say_so_or_where_the_outcome_has_a_hard_limit() -> None:
    told = PROBLEM.model_copy(update={"settings": PlannerSettings(robust=False)})
    assert "not believed" not in suggest(told, observations())[0].reason
    assert recommend(told, observations()).trial == "wrong"
    hard = PROBLEM.model_copy(update={"limits": (Limit(outcome="y", high=5.0, safe=0.9),)})
    assert recommend(hard, observations()).trial == "wrong"


@pytest.mark.parametrize("reach", [0.0, 0.003])
@pytest.mark.parametrize("count", [9, 12, 20])
def test_in_one_corner_of_the_space_all_is_noise_and_none_is_wrong(reach: float, count: int) -> None:
    chance = np.random.default_rng(count)
    x = 0.4 + reach * chance.random((count, 2))
    assert doubted(x, x.sum(1) / (reach or 1) + 0.1 * chance.normal(size=count))[1] == []


def test_what_is_known_to_be_noisy_is_not_wrong() -> None:
    seen = [
        Observation(trial=str(k), parameters={"x": k / 12}, outcomes={"y": Measurement(mean=k, standard_error=1e9)})
        for k in range(12)
    ]
    problem = Problem(parameters=(Continuous(name="x", low=0, high=1),), objectives=(Objective(outcome="y"),))
    assert "not believed" not in suggest(problem, seen)[0].reason
