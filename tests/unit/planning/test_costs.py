"""What trials cost, how true they are, and how long a strategy may think."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from labd.domain.problem import (
    Categorical,
    Continuous,
    Cost,
    Discrete,
    Fidelity,
    Limit,
    Measurement,
    Objective,
    Observation,
    PlannerSettings,
    Problem,
)
from labd.planning import suggest
from labd.planning.spaces.space import Space
from labd.planning.strategies.data import Data
from labd.planning.strategies.pricing import Pricing
from labd.planning.strategies.question import Question, question_of


def problem(*parameters: Any, **more: Any) -> Problem:
    return Problem.model_validate(
        {
            "parameters": parameters,
            "objectives": [Objective(outcome="y")],
            "settings": PlannerSettings(initial=6),
            **more,
        }
    )


def test_the_cost_of_points_is_that_of_their_parameters() -> None:
    asked = problem(
        Continuous(name="a", low=2, high=10),
        Continuous(name="b", low=1, high=100, log=True),
        Categorical(name="c", options=("p", "q", "r")),
        cost=Cost(fixed=3, weights={"a": 2, "b": 0.5}, options={"c": {"q": 7}}),
    )
    space = Space(asked)
    rows = space.rows([{"a": 2, "b": 1, "c": "p"}, {"a": 7, "b": 10, "c": "q"}, {"a": 10, "b": 100, "c": "r"}])
    pricing = Pricing(asked.cost or Cost(), Data(Question(asked, space, [], rows)))
    assert pricing(space.features(rows)).tolist() == pytest.approx([3, 3 + 10 + 4.5 + 7, 3 + 16 + 49.5])


def campaign(asked: Problem, trials: int) -> tuple[list[Observation], str]:
    """Two equal peaks, at 0.2 and at 0.8."""
    seen: list[Observation] = []
    method = ""
    for i in range(trials):
        (made,) = suggest(asked, seen, seed=2)
        x = float(made.parameters["x"])
        value = math.exp(-80 * (x - 0.2) ** 2) + math.exp(-80 * (x - 0.8) ** 2)
        seen.append(Observation(trial=str(i), parameters=made.parameters, outcomes={"y": Measurement(mean=value)}))
        method = made.method
    return seen, method


def test_of_two_peaks_the_cheap_one_is_climbed() -> None:
    asked = problem(Continuous(name="x", low=0, high=1), cost=Cost(fixed=1, weights={"x": 60}))
    seen, method = campaign(asked, 13)
    assert method == "gp-logei+cost"
    later = [float(each.parameters["x"]) for each in seen[6:]]
    assert sum(x < 0.5 for x in later) > sum(x > 0.5 for x in later)
    assert min(abs(x - 0.2) for x in later) < 0.02


def graded(costs: float) -> Problem:
    return problem(
        Continuous(name="x", low=0, high=1),
        Discrete(name="s", values=(0.25, 0.5, 1.0)),
        fidelity=Fidelity(parameter="s", target=1.0),
        cost=Cost(fixed=0.1, weights={"s": costs}, unit="h"),
    )


def rough(x: float, s: float) -> float:
    return math.sin(6 * x) * x + 0.3 * (1 - s) * math.cos(4 * x)


def test_cheap_measurements_are_taken_first_and_true_ones_where_it_counts() -> None:
    asked, seen = graded(1.2), list[Observation]()
    spent, method, reason = 0.0, "", ""
    for i in range(14):
        (made,) = suggest(asked, seen, seed=4)
        x, s = float(made.parameters["x"]), float(made.parameters["s"])
        spent += 0.1 + 1.2 * (s - 0.25)
        outcome = Measurement(mean=rough(x, s))
        seen.append(Observation(trial=str(i), parameters=made.parameters, outcomes={"y": outcome}))
        method, reason = made.method, made.reason
    assert method == "fidelity-gp-logei"
    assert "improvement at s = 1.0" in reason
    assert "it costs" in reason
    later = [float(each.parameters["s"]) for each in seen[6:]]
    assert 0.25 in later
    assert spent < 0.8 * 14
    grid = np.linspace(0, 1, 1001)
    best = max(rough(x, 1.0) for x in grid)
    true = [rough(float(each.parameters["x"]), 1.0) for each in seen if each.parameters["s"] == 1.0]
    assert max(true) > best - 0.02


def test_a_cheap_fidelity_is_tried_before_anything_is_known_of_it() -> None:
    asked = graded(1.2)
    seen = [
        Observation(trial=str(i), parameters={"x": x, "s": 1.0}, outcomes={"y": Measurement(mean=rough(x, 1.0))})
        for i, x in enumerate([0.05, 0.3, 0.45, 0.6, 0.95])
    ]
    (made,) = suggest(asked, seen)
    assert float(made.parameters["s"]) < 1.0


def test_what_a_trial_costs_does_not_hang_on_how_the_model_sees_it() -> None:
    question = question_of(graded(1.2), [])
    pricing = Pricing(question.problem.cost or Cost(), Data(question))
    at = question.space.features(question.space.rows([{"x": 0.3, "s": s} for s in (0.25, 0.5, 1.0)]))
    assert pricing(at).tolist() == pytest.approx([0.1, 0.4, 1.0])


def test_where_truth_costs_the_same_it_is_asked_for() -> None:
    asked = graded(0.0)
    seen = [
        Observation(trial=str(i), parameters={"x": x, "s": s}, outcomes={"y": Measurement(mean=rough(x, s))})
        for i, (x, s) in enumerate(
            zip(np.linspace(0, 1, 8).tolist(), [0.25, 0.5, 1.0, 0.25, 0.5, 1.0, 0.25, 1.0], strict=True)
        )
    ]
    (made,) = suggest(asked, seen)
    assert made.parameters["s"] == 1.0


TWO = [Objective(outcome="y"), Objective(outcome="z")]


@pytest.mark.parametrize(
    ("more", "method"),
    [
        ({"objectives": TWO}, "gp-logei+weighted-sum+late"),
        ({"limits": [Limit(outcome="z", high=0.6)]}, "gp-logei+limits+late"),
    ],
)
def test_a_strategy_that_is_late_gives_way_and_says_so(more: dict[str, Any], method: str) -> None:
    def asked(deadline_s: float | None) -> Problem:
        box = [Continuous(name="a", low=0, high=1), Continuous(name="b", low=0, high=1)]
        return problem(*box, settings=PlannerSettings(initial=4, deadline_s=deadline_s), **more)

    seen = [
        Observation(
            trial=str(i),
            parameters={"a": i / 6, "b": (i * 5 % 6) / 6},
            outcomes={"y": Measurement(mean=i), "z": Measurement(mean=i * (6 - i) / 9)},
        )
        for i in range(7)
    ]
    late = suggest(asked(1e-6), seen, n=2, seed=1)
    assert [each.method for each in late] == [method, method]
    assert all("was given up after 1e-06 s." in each.reason for each in late)
    assert late == suggest(asked(1e-6), seen, n=2, seed=1)
    (in_time,) = suggest(asked(None), seen, seed=1)
    assert "late" not in in_time.method


def test_the_gradient_of_a_cost_is_the_numeric_one() -> None:
    from labd.planning.acquisitions.altered import Plus
    from labd.planning.acquisitions.by_autograd import ByAutograd

    both = Plus(ByAutograd(lambda at: at.square().sum(1), torch.device("cpu")), lambda at: -at[:, 0].log())
    at = torch.tensor([[0.3, 0.7], [0.9, 0.2]]).double()
    value, slope = both.with_gradient(at)
    assert torch.allclose(value, both(at))
    assert torch.allclose(slope, 2 * at - torch.stack([1 / at[:, 0], torch.zeros(2).double()], 1))
