"""What drives the outcome, as the model sees it."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from labd.domain.problem import Continuous, Measurement, Objective, Observation, Problem
from labd.planning.explanations.explain import importance
from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space
from labd.planning.surrogates.fit import learn
from labd.planning.surrogates.outcomes import outcome_standard

Y = Objective(outcome="y")


def slope(x: Array) -> float:
    return float(x[0] + 0.7 * x[1])


def bowl(x: Array) -> float:
    return -sum((k + 1) * (float(each) - 0.3 - 0.1 * k) ** 2 for k, each in enumerate(x))


def branin(x: Array) -> float:
    """Source: L. C. W. Dixon and G. P. Szego, 1978."""
    a, b = 15 * float(x[0]) - 5, 15 * float(x[1])
    valley = (b - 5.1 / (4 * math.pi**2) * a * a + 5 / math.pi * a - 6) ** 2
    return -(valley + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a))


def shares(
    function: Callable[[Array], float], size: int, idle: int, count: int, noise: float, seed: int
) -> list[float]:
    """Of a function of `size` parameters, with an idle one among them; by parameter."""
    chance = np.random.default_rng(seed)
    x = chance.random((count, size + 1))
    y = np.array([function(np.delete(each, idle)) for each in x])
    y += noise * y.std() * chance.normal(size=count)
    names = [f"x{k}" for k in range(size + 1)]
    problem = Problem(parameters=tuple(Continuous(name=each, low=0, high=1) for each in names), objectives=(Y,))
    seen = [
        Observation(
            trial=str(k),
            parameters=dict(zip(names, map(float, point), strict=True)),
            outcomes={"y": Measurement(mean=float(value))},
        )
        for k, (point, value) in enumerate(zip(x, y, strict=True))
    ]
    space, standard = Space(problem), outcome_standard(seen, "y", 1.0)
    target, known = torch.tensor(standard.targets), torch.tensor(standard.noise)
    features = space.features(space.rows([each.parameters for each in seen]))
    belief = learn(features, target, known, torch.as_tensor(space.groups))
    return list(importance(space, belief, 0).values())


@pytest.mark.parametrize("function", [slope, branin, bowl])
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_what_changes_nothing_matters_least(function: Callable[[Array], float], noise: float) -> None:
    size = 4 if function is bowl else 2
    last = 0
    for seed in range(6):
        idle = seed % (size + 1)
        found = shares(function, size, idle, 20 + 2 * seed, noise, seed)
        last += int(np.argmin(found)) == idle
    assert last == 6


def test_shares_are_those_of_the_variance_of_a_sum() -> None:
    """Of a·x + b·y with x, y evenly spread, a² to b²."""
    found = shares(slope, 2, 2, 30, 0.0, 0)
    assert sum(found) == pytest.approx(1)
    assert found == pytest.approx([1 / 1.49, 0.49 / 1.49, 0], abs=0.05)
