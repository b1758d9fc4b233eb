"""An objective within limits of other outcomes."""

import math
import re

import pytest

from labd.domain.problem import (
    Continuous,
    Goal,
    Limit,
    Measurement,
    Objective,
    Observation,
    PlannerSettings,
    Problem,
    Suggestion,
)
from labd.planning import suggest


def problem(*limits: Limit, **more: object) -> Problem:
    return Problem.model_validate(
        {
            "parameters": [Continuous(name="a", low=0, high=1), Continuous(name="b", low=0, high=1)],
            "objectives": [Objective(outcome="y")],
            "limits": limits,
            "settings": PlannerSettings(initial=6),
            **more,
        }
    )


def measured(a: float, b: float) -> dict[str, Measurement]:
    """The best y, 2, is at (1, 1); where a + b stays below 1.2 it is 1.2 at most."""
    return {"y": Measurement(mean=a + b), "c": Measurement(mean=a + b + 0.1 * math.sin(9 * a))}


def campaign(asked: Problem, trials: int, start: int = 6) -> list[tuple[Suggestion, dict[str, Measurement]]]:
    seen: list[Observation] = []
    made: list[tuple[Suggestion, dict[str, Measurement]]] = []
    for i in range(trials):
        (each,) = suggest(asked, seen, seed=3)
        a, b = float(each.parameters["a"]), float(each.parameters["b"])
        outcomes = measured(a, b)
        made.append((each, outcomes))
        seen.append(Observation(trial=str(i), parameters=each.parameters, outcomes=outcomes))
    return made


def test_the_best_within_a_limit_is_found_at_its_edge() -> None:
    found = campaign(problem(Limit(outcome="c", high=1.2)), 16)
    kept = [outcomes["y"].mean for _, outcomes in found if outcomes["c"].mean <= 1.2]
    assert max(kept) > 1.28  # 1.3 where the sine is -1
    last = found[-1][0]
    assert last.method == "gp-lognei+limits"
    assert "where c ≤ 1.2" in last.reason
    assert "chance that c keeps its limit" in last.reason
    assert set(last.predicted) == {"y", "c"}
    assert last.improvement is not None


@pytest.mark.parametrize("limit", [Limit(outcome="c", low=1.5), Limit(outcome="c", low=0.99, high=1.0)])
def test_where_nothing_keeps_a_limit_the_chance_to_keep_it_leads(limit: Limit) -> None:
    asked = problem(limit)
    seen = [
        Observation(trial=str(i), parameters={"a": a, "b": b}, outcomes=measured(a, b))
        for i, (a, b) in enumerate([(0.1, 0.1), (0.2, 0.5), (0.5, 0.1), (0.3, 0.3), (0.0, 0.4), (0.4, 0.0)])
    ]
    (made,) = suggest(asked, seen)
    assert made.predicted["c"].mean > 0.7  # towards the limit, from 0.7 at most


def test_outcomes_that_were_measured_in_part_and_open_trials_are_used() -> None:
    seen = [
        Observation(
            trial=str(i),
            parameters={"a": i / 8, "b": (i * 3 % 8) / 8},
            outcomes={k: v for k, v in measured(i / 8, (i * 3 % 8) / 8).items() if k == "y" or i % 2},
        )
        for i in range(8)
    ]
    asked = problem(Limit(outcome="c", high=1.2))
    first = suggest(asked, seen, n=3, seed=1)
    assert len({(each.parameters["a"], each.parameters["b"]) for each in first}) == 3
    assert first == suggest(asked, seen, n=3, seed=1)
    (later,) = suggest(asked, seen, [each.parameters for each in first], seed=1)
    assert "3 open trials are taken into account" in later.reason


def test_without_any_measurement_of_the_limited_outcome_the_start_goes_on() -> None:
    seen = [
        Observation(trial=str(i), parameters={"a": i / 8, "b": 0.1}, outcomes={"y": Measurement(mean=i)})
        for i in range(8)
    ]
    (made,) = suggest(problem(Limit(outcome="c", high=1.2)), seen)
    assert made.method == "sobol"


def test_a_weighted_sum_keeps_limits_too() -> None:
    objectives = [Objective(outcome="y", weight=2), Objective(outcome="z")]
    seen = [
        Observation(
            trial=str(i),
            parameters={"a": i / 8, "b": (i * 3 % 8) / 8},
            outcomes={**measured(i / 8, (i * 3 % 8) / 8), "z": Measurement(mean=i / 8)},
        )
        for i in range(8)
    ]
    (made,) = suggest(problem(Limit(outcome="c", high=1.2), objectives=objectives), seen)
    assert made.method == "gp-lognei+weighted-sum+limits"
    assert made.improvement is None


def ramp(count: int = 15) -> list[Observation]:
    """Both outcomes rise with a; of three fidelities in turn."""
    return [
        Observation(
            trial=str(k),
            parameters={"a": k / 20, "b": 0.5, "f": float((1, 2, 4)[k % 3])},
            outcomes={"y": Measurement(mean=float(k)), "c": Measurement(mean=k / 20)},
        )
        for k in range(count)
    ]


@pytest.mark.parametrize("fidelity", [None, {"parameter": "f", "target": 4}])
def test_the_best_so_far_is_the_best_that_keeps_the_limits(fidelity: object) -> None:
    parameters = [*problem().parameters, {"kind": "discrete", "name": "f", "values": (1, 2, 4)}]
    asked = problem(Limit(outcome="c", high=0.52), parameters=parameters, fidelity=fidelity)
    (made,) = suggest(asked, ramp())
    assert made.predicted["c"].mean - made.predicted["c"].deviation < 0.53, "beyond, nothing is promised"
    assert re.search(r"on (10|9\.\d+), the model's best estimate so far", made.reason)
    (made,) = suggest(problem(Limit(outcome="c", high=-3), parameters=parameters, fidelity=fidelity), ramp())
    assert "c ≤ -3" in made.reason
    assert "no trial is expected to" in made.reason
    assert "best estimate" not in made.reason


def test_the_nearest_so_far_is_the_nearest_that_keeps_the_limits() -> None:
    wanted = [Objective(outcome="y", goal=Goal.MATCH, target=14)]
    (made,) = suggest(problem(Limit(outcome="c", high=0.52), objectives=wanted), ramp())
    assert re.search(r"nearest estimate so far is (4|3\.9\d*|4\.0\d*) away", made.reason)
    (made,) = suggest(problem(Limit(outcome="c", high=-3), objectives=wanted), ramp())
    assert "no trial is expected to keep c ≤ -3 yet" in made.reason


def test_an_outcome_that_nothing_has_given_is_named() -> None:
    (made,) = suggest(problem(Limit(outcome="purity", high=0.5)), ramp())
    assert made.method == "sobol"
    assert "No trial has given purity yet" in made.reason
