"""How good the strategies are on functions that no constant of theirs was chosen on: long, asked for by name."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from labd.domain.problem import (
    Continuous,
    Limit,
    Measurement,
    Objective,
    Observation,
    Parameter,
    Problem,
)
from labd.planning import suggest

pytestmark = pytest.mark.soak

Truth = Callable[[dict[str, float]], dict[str, float]]


def campaign(
    problem: Problem, truth: Truth, seed: int, enough: Callable[[list[Observation]], bool]
) -> list[Observation]:
    seen: list[Observation] = []
    while not enough(seen):
        (made,) = suggest(problem, seen, seed=seed)
        at = {name: float(value) for name, value in made.parameters.items()}
        outcomes = {name: Measurement(mean=value) for name, value in truth(at).items()}
        seen.append(Observation(trial=str(len(seen)), parameters=made.parameters, outcomes=outcomes))
    return seen


def box(*names: str) -> tuple[Parameter, ...]:
    return tuple(Continuous(name=name, low=0, high=1) for name in names)


def test_an_optimum_on_the_edge_of_a_limit() -> None:
    """J. Gardner and others, Bayesian optimization with inequality constraints, 2014, the first function."""

    def truth(at: dict[str, float]) -> dict[str, float]:
        a, b = 6 * at["a"], 6 * at["b"]
        return {"y": -(math.cos(2 * a) * math.cos(b) + math.sin(a)), "c": math.cos(a + b)}

    problem = Problem(
        parameters=box("a", "b"), objectives=(Objective(outcome="y"),), limits=(Limit(outcome="c", high=0.5),)
    )
    best = []
    for seed in range(4):
        seen = campaign(problem, truth, seed, lambda seen: len(seen) == 25)
        best.append(max(each.outcomes["y"].mean for each in seen if each.outcomes["c"].mean <= 0.5))
    assert np.mean(best) > 1.98  # of 2.0


def test_a_concave_front_in_three_dimensions() -> None:
    """D. Van Veldhuizen and G. Lamont, Multiobjective evolutionary algorithm test suites, 1999 (after Fonseca)."""

    def truth(at: dict[str, float]) -> dict[str, float]:
        x = 4 * np.array([at["a"], at["b"], at["c"]]) - 2
        near, far = (((x - s / math.sqrt(3)) ** 2).sum() for s in (1, -1))
        return {"y": -(1 - math.exp(-near)), "z": -(1 - math.exp(-far))}

    problem = Problem(
        parameters=box("a", "b", "c"),
        objectives=(Objective(outcome="y", reference=-1.05), Objective(outcome="z", reference=-1.05)),
    )
    volumes = []
    for seed in range(3):
        seen = campaign(problem, truth, seed, lambda seen: len(seen) == 30)
        volume, highest = 0.0, -1.05
        for y, z in sorted(((each.outcomes["y"].mean, each.outcomes["z"].mean) for each in seen), reverse=True):
            volume += max(z - highest, 0.0) * max(y + 1.05, 0.0)
            highest = max(highest, z)
        volumes.append(volume)
    assert np.mean(volumes) > 0.36  # BoTorch's qLogNEHVI over its own models: 0.41 after 40
