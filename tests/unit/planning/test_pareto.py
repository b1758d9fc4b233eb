"""Several objectives without a preference: the front."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from labd.domain.problem import Continuous, Goal, Limit, Measurement, Objective, Observation, PlannerSettings, Problem
from labd.planning import suggest
from labd.planning.acquisitions.hypervolume import HypervolumeImprovement, open_boxes, undominated


def test_the_boxes_are_what_a_front_leaves_open() -> None:
    front = torch.tensor([[[1.0, 3.0], [2.0, 2.0], [0.5, 0.5], [-5.0, 9.0]]]).double()
    low, high = open_boxes(front, torch.tensor([0.0, 0.0]).double())
    chance = np.random.default_rng(0)
    at = torch.tensor(chance.uniform(0, 4, (500, 1, 2)))
    inside = ((at >= low) & (at < high)).all(2).sum(1)
    dominated = (front[:, :2] >= at).all(2).any(1)
    assert torch.equal(inside, (~dominated).long())


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # gpytorch's own imports
@pytest.mark.parametrize("objectives", [2, 3])
def test_the_improvement_is_the_mean_of_what_normal_values_add(objectives: int) -> None:
    from botorch.utils.multi_objective.hypervolume import Hypervolume

    chance = np.random.default_rng(1)
    front = torch.tensor(chance.random((1, 5, objectives)))
    reference = torch.zeros(objectives).double()
    low, high = open_boxes(front, reference)
    mean, deviation = (
        torch.tensor(chance.uniform(0.3, 1, (2, objectives))),
        torch.tensor(chance.uniform(0.1, 0.4, (2, objectives))),
    )
    found = HypervolumeImprovement(low, high, ())(list(mean.T[:, :, None]), list(deviation.T[:, :, None])).exp()[:, 0]
    volume = Hypervolume(reference)

    def over(points: torch.Tensor) -> float:
        best = undominated(list(points.T[:, :, None]), (points > 0).all(1)[:, None])[:, 0]
        return float(volume.compute(points[best]))

    for k in range(2):
        values = mean[k] + deviation[k] * torch.tensor(chance.normal(size=(300, objectives)))
        added = [over(torch.cat([front[0], value[None]])) - over(front[0]) for value in values]
        assert float(found[k]) == pytest.approx(np.mean(added), abs=4 * float(np.std(added)) / math.sqrt(300))


def asked(*objectives: Objective, **more: Any) -> Problem:
    return Problem.model_validate(
        {
            "parameters": [Continuous(name="a", low=0, high=1), Continuous(name="b", low=0, high=1)],
            "objectives": objectives,
            "settings": PlannerSettings(initial=5),
            **more,
        }
    )


def tried(problem: Problem, trials: int) -> tuple[list[Observation], list[str]]:
    """y is best at a = 0.2, z (smaller is better) at a = 0.8, both at b = 0.5: the front lies between."""
    seen: list[Observation] = []
    methods = []
    for i in range(trials):
        (made,) = suggest(problem, seen, seed=5)
        a, b = float(made.parameters["a"]), float(made.parameters["b"])
        off = (b - 0.5) ** 2
        outcomes = {
            "y": Measurement(mean=100 - 100 * ((a - 0.2) ** 2 + off)),
            "z": Measurement(mean=(a - 0.8) ** 2 + off),
            "c": Measurement(mean=a),
        }
        seen.append(Observation(trial=str(i), parameters=made.parameters, outcomes=outcomes))
        methods.append(made.method)
    return seen, methods


TWO = (Objective(outcome="y"), Objective(outcome="z", goal=Goal.MINIMISE))


def test_the_whole_front_is_found() -> None:
    seen, methods = tried(asked(*TWO), 16)
    assert methods[-1] == "pareto-gp-lognehvi"
    near = sorted(
        float(each.parameters["a"])
        for each in seen
        if abs(float(each.parameters["b"]) - 0.5) < 0.07 and 0.13 < float(each.parameters["a"]) < 0.87
    )
    assert len(near) >= 6
    assert near[0] < 0.4
    assert near[-1] > 0.6
    assert max(np.diff(near)) < 0.3


def test_a_reference_and_limits_cut_the_front() -> None:
    problem = asked(
        Objective(outcome="y", reference=91.0),
        TWO[1],
        limits=[Limit(outcome="c", low=0.35)],
        settings=PlannerSettings(initial=5),
    )
    seen, methods = tried(problem, 14)
    assert methods[-1] == "pareto-gp-lognehvi+limits"
    late = [float(each.parameters["a"]) for each in seen[10:]]
    assert np.mean([0.3 < a < 0.55 for a in late]) > 0.7  # 0.35 by the limit, 0.5 by the reference


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_a_pool_of_some_thousands_three_objectives_and_open_trials() -> None:
    chance = np.random.default_rng(2)
    pool = [{"a": float(a), "b": float(b)} for a, b in chance.random((3000, 2))]
    problem = asked(*TWO, Objective(outcome="c"), pool=pool)
    seen = [
        Observation(
            trial=str(i),
            parameters=point,
            outcomes={
                "y": Measurement(mean=float(point["a"])),
                "z": Measurement(mean=float(point["b"]) ** 2),
                **({"c": Measurement(mean=float(point["b"]))} if i % 2 else {}),
            },
        )
        for i, point in enumerate(pool[:9])
    ]
    made = suggest(problem, seen, pool[9:11], n=2, seed=1)
    assert [each.method for each in made] == ["pareto-gp-lognehvi"] * 2
    assert made == suggest(problem, seen, pool[9:11], n=2, seed=1)
    assert all(each.parameters in pool[11:] for each in made)
    assert "Adds most to the front of y, z and c" in made[0].reason
