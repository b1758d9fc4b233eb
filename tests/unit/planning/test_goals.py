"""Goals beside the largest and the smallest."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from labd.domain.problem import Continuous, Goal, Limit, Measurement, Objective, Observation, PlannerSettings, Problem
from labd.planning import suggest
from labd.planning.acquisitions.nearness import NearerImprovement

BOTORCH = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # gpytorch's own imports


def wanting(*objectives: Objective, **more: Any) -> Problem:
    return Problem.model_validate(
        {
            "parameters": [Continuous(name="x", low=0, high=1)],
            "objectives": objectives,
            "settings": PlannerSettings(initial=4),
            **more,
        }
    )


def campaign(problem: Problem, trials: int, truth: Callable[[float], dict[str, float]]) -> tuple[list[float], str]:
    seen: list[Observation] = []
    method = ""
    for i in range(trials):
        (made,) = suggest(problem, seen, seed=7)
        outcomes = {name: Measurement(mean=value) for name, value in truth(float(made.parameters["x"])).items()}
        seen.append(Observation(trial=str(i), parameters=made.parameters, outcomes=outcomes))
        method = made.method
    return [float(each.parameters["x"]) for each in seen], method


def test_the_approach_is_the_mean_of_what_normal_values_come_nearer() -> None:
    chance = np.random.default_rng(0)
    mean, deviation = (
        torch.tensor([[-1.0], [0.4], [0.52], [3.0]]).double(),
        torch.tensor([[0.5], [0.1], [0.01], [1.0]]).double(),
    )
    found = NearerImprovement(0.5, torch.tensor([0.3]).double(), ())([mean], [deviation]).exp()
    for k in range(4):
        values = float(mean[k]) + float(deviation[k]) * chance.normal(size=200_000)
        nearer = np.maximum(0.3 - np.abs(values - 0.5), 0)
        assert float(found[k]) == pytest.approx(nearer.mean(), abs=4 * nearer.std() / math.sqrt(200_000))


def test_a_target_is_matched() -> None:
    problem = wanting(Objective(outcome="y", goal=Goal.MATCH, target=2.0))
    tried, method = campaign(problem, 10, lambda x: {"y": math.exp(2.5 * x)})
    assert method == "match-gp-lognei"
    assert min(abs(math.exp(2.5 * x) - 2.0) for x in tried) < 0.01


def test_a_target_is_matched_within_limits() -> None:
    problem = wanting(Objective(outcome="y", goal=Goal.MATCH, target=0.5), limits=[Limit(outcome="c", low=0.5)])
    tried, method = campaign(problem, 11, lambda x: {"y": 4 * (x - 0.5) ** 2, "c": x})
    assert method == "match-gp-lognei+limits"
    best = min((abs(4 * (x - 0.5) ** 2 - 0.5), x) for x in tried)
    assert best[1] == pytest.approx(0.5 + math.sqrt(0.125), abs=0.02)  # and not its mirror image


def test_a_level_is_traced() -> None:
    problem = wanting(Objective(outcome="y", goal=Goal.LEVEL, target=0.0))
    tried, method = campaign(problem, 14, lambda x: {"y": math.sin(9 * x)})
    assert method == "level-gp-error"
    for crossing in (math.pi / 9, 2 * math.pi / 9):
        assert min(abs(x - crossing) for x in tried) < 0.02


def test_a_map_leaves_no_gap() -> None:
    problem = wanting(Objective(outcome="y", goal=Goal.MAP), Objective(outcome="z", goal=Goal.MAP))
    tried, method = campaign(problem, 12, lambda x: {"y": math.sin(9 * x), "z": x})
    assert method == "map-gp-variance"
    assert float(np.diff(sorted([0.0, *tried, 1.0])).max()) < 0.2


@BOTORCH
def test_objectives_of_different_goals_are_scalarised() -> None:
    problem = wanting(
        Objective(outcome="y"),
        Objective(outcome="z", goal=Goal.MATCH, target=0.3),
        limits=[Limit(outcome="y", high=0.9)],
    )
    tried, method = campaign(problem, 7, lambda x: {"y": x, "z": x * x})
    assert method == "chebyshev-gp-qlognei+limits"
    assert any(0.5 < x < 0.92 for x in tried[4:])  # between the match, at 0.55, and the limit


@BOTORCH
@pytest.mark.filterwarnings("ignore:When all training points are infeasible")
def test_a_scalarisation_says_the_same_again_where_nothing_keeps_the_limits_yet() -> None:
    """There BoTorch draws points by chance to find how low the objective may be."""
    problem = wanting(
        Objective(outcome="y"),
        Objective(outcome="z", goal=Goal.MATCH, target=0.3),
        limits=[Limit(outcome="y", high=0.12)],
    )
    seen = [
        Observation(
            trial=str(k),
            parameters={"x": x},
            outcomes={"y": Measurement(mean=x + wrong, standard_error=0.1), "z": Measurement(mean=x * x)},
        )
        for k, (x, wrong) in enumerate([(0.15, 0.05), (0.3, -0.1), (0.5, 0.1), (0.9, -0.1)])
    ]
    assert suggest(problem, seen) == suggest(problem, seen)


@BOTORCH
def test_a_scalarisation_by_name_goes_along_the_front() -> None:
    settings = PlannerSettings(initial=4, strategy="chebyshev")
    problem = wanting(Objective(outcome="y"), Objective(outcome="z", goal=Goal.MINIMISE), settings=settings)
    tried, method = campaign(problem, 7, lambda x: {"y": -((x - 0.3) ** 2), "z": (x - 0.7) ** 2})
    assert method == "chebyshev-gp-qlognei"
    assert sum(0.25 < x < 0.75 for x in tried[4:]) >= 2
