"""What is only known to lie beyond a limit is expected there, and draws or repels the search accordingly."""

import numpy as np
import pytest
import torch

from labd.domain.problem import (
    Censored,
    Continuous,
    Goal,
    Measurement,
    Objective,
    Observation,
    PlannerSettings,
    Problem,
)
from labd.planning import suggest
from labd.planning.surrogates.censoring import beyond_limits, sides
from labd.planning.surrogates.outcomes import direction, outcome_standard


def seen(means: list[float], censored: list[Censored | None]) -> list[Observation]:
    places = np.linspace(0, 1, len(means))
    return [
        Observation(trial=str(i), parameters={"x": float(x)}, outcomes={"y": Measurement(mean=mean, censored=side)})
        for i, (x, mean, side) in enumerate(zip(places, means, censored, strict=True))
    ]


@pytest.mark.parametrize(("goal", "signs"), [(Goal.MAXIMISE, [1, 0, -1]), (Goal.MINIMISE, [-1, 0, 1])])
def test_the_side_is_that_of_the_standardised_target(goal: Goal, signs: list[int]) -> None:
    observations = seen([3.0, 2.0, 1.0], ["above", None, "below"])
    assert list(sides(observations, "y", direction(Objective(outcome="y", goal=goal)))) == signs


def test_what_is_expected_beyond_a_limit_is_the_mean_of_a_truncated_normal() -> None:
    observations = seen([0.0, 1.0, 2.0], [None, None, "above"])
    standard = outcome_standard(observations, "y", 1.0)
    filled = beyond_limits(
        standard, sides(observations, "y", 1.0), lambda now: (torch.tensor(standard.targets), torch.ones(3))
    )
    assert list(filled.targets[:2]) == list(standard.targets[:2])
    assert filled.targets[2] - standard.targets[2] == pytest.approx(np.sqrt(2 / np.pi))


@pytest.mark.parametrize("mean", [-60.0, 60.0])
def test_the_expected_stays_finite_and_beyond_the_limit_wherever_the_others_point(mean: float) -> None:
    observations = seen([0.0, 1.0, 2.0], [None, "below", "above"])
    standard = outcome_standard(observations, "y", 1.0)
    filled = beyond_limits(standard, sides(observations, "y", 1.0), lambda _: (torch.full((3,), mean), torch.ones(3)))
    assert np.isfinite(filled.targets).all()
    assert filled.targets[1] <= standard.targets[1] + 1e-9
    assert filled.targets[2] >= standard.targets[2] - 1e-9


def proposed(censored: list[Censored | None]) -> tuple[float, str]:
    space = (Continuous(name="x", low=0, high=1),)
    problem = Problem(parameters=space, objectives=(Objective(outcome="y"),), settings=PlannerSettings(initial=2))
    means = [0.0, 4.0, 8.0, 10.0, 10.0, 10.0, 10.0, 8.0, 4.0]
    (made,) = suggest(problem, seen(means, censored), n=1, seed=1)
    return made.predicted["y"].mean, made.reason


def test_the_search_expects_more_where_the_instrument_was_saturated() -> None:
    plain, _ = proposed([None] * 9)
    saturated, reason = proposed([None, None, None, "above", "above", "above", "above", None, None])
    assert saturated > max(plain, 10.0)
    assert "4 results lie beyond a limit" in reason


def test_limits_alone_say_nothing_and_break_nothing() -> None:
    _, reason = proposed(["below"] * 9)
    assert "9 results lie beyond a limit" in reason
