"""A campaign without a laboratory."""

from collections.abc import Sequence

import pytest

from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Categorical,
    Continuous,
    Goal,
    Limit,
    Measurement,
    Objective,
    Observation,
    Parameters,
    PlannerSettings,
    Problem,
    Scalar,
    Suggestion,
)
from labd.planning import replay

LINE = Problem(parameters=(Continuous(name="x", low=0, high=1),), objectives=(Objective(outcome="y"),))


class Counting:
    """Suggests 0.1, 0.2, ... and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, int]] = []
        self.made = 0

    def __call__(
        self,
        problem: Problem,
        observations: Sequence[Observation],
        pending: Sequence[Parameters] = (),
        n: int = 1,
        seed: int = 0,
    ) -> list[Suggestion]:
        self.asked.append((len(observations), len(pending), n))
        self.made += n
        return [Suggestion(parameters={"x": (self.made - n + k) / 10}, method="counting") for k in range(n)]


def _line(point: dict[str, Scalar]) -> dict[str, float]:
    return {"y": float(point["x"])}


def test_one_batch_after_the_other() -> None:
    planner = Counting()
    played = replay(LINE, _line, 5, batch=2, planner=planner)
    assert planner.asked == [(0, 0, 2), (2, 0, 2), (4, 0, 1)]
    assert played.trace == {"y": (0.0, 0.1, 0.2, 0.3, 0.4)}


def test_open_trials_are_told_as_pending_and_all_are_measured_in_the_end() -> None:
    planner = Counting()
    played = replay(LINE, _line, 5, delay=2, planner=planner)
    assert planner.asked == [(0, 0, 1), (0, 1, 1), (0, 2, 1), (1, 2, 1), (2, 2, 1)]
    assert [each.parameters["x"] for each in played.observations] == [
        each.parameters["x"] for each in played.suggestions
    ]
    assert len({each.trial for each in played.observations}) == 5


def test_a_function_that_says_nothing_is_a_failed_trial_and_a_limit_is_kept_by_the_best() -> None:
    problem = LINE.model_copy(update={"limits": (Limit(outcome="c", high=0.25),)})

    def truth(point: dict[str, Scalar]) -> dict[str, float]:
        return {} if point["x"] == 0.1 else {"y": float(point["x"]), "c": float(point["x"])}

    played = replay(problem, truth, 4, planner=Counting())
    assert [each.failed for each in played.observations] == [False, True, False, False]
    assert played.trace["y"] == (0.0, 0.0, 0.2, 0.2)


def test_a_match_is_the_nearest_and_what_was_given_counts() -> None:
    problem = Problem(
        parameters=LINE.parameters, objectives=(Objective(outcome="y", goal=Goal.MATCH, target=0.12, tolerance=0.01),)
    )
    known = Observation(trial="a", parameters={"x": 0.5}, outcomes={"y": Measurement(mean=0.5)})
    assert replay(problem, _line, 3, observations=[known], planner=Counting()).trace["y"] == (0.5, 0.0, 0.1, 0.1)


def _table() -> list[Observation]:
    rows = [("a", 1.0), ("b", 2.0), ("b", 4.0), ("c", 0.5), ("d", 0.0)]
    return [
        Observation(trial=str(k), parameters={"k": name}, outcomes={"y": Measurement(mean=value)})
        for k, (name, value) in enumerate(rows)
    ]


def test_a_table_is_a_pool_and_its_replicates_are_one_measurement_with_an_error() -> None:
    problem = Problem(
        parameters=(Categorical(name="k", options=("a", "b", "c", "d")),),
        objectives=(Objective(outcome="y"),),
        settings=PlannerSettings(initial=2),
    )
    played = replay(problem, _table(), 10)
    assert sorted(str(each.parameters["k"]) for each in played.observations) == ["a", "b", "c", "d"]
    twice = next(each for each in played.observations if each.parameters["k"] == "b")
    assert twice.outcomes["y"] == Measurement(mean=3.0, standard_error=1.0)
    assert played.trace["y"][-1] == 3.0
    assert replay(problem, _table(), 10) == played


def test_a_pool_that_the_table_does_not_have_is_said() -> None:
    problem = Problem(
        parameters=(Categorical(name="k", options=("a", "z")),),
        objectives=(Objective(outcome="y"),),
        pool=({"k": "z"},),
    )
    with pytest.raises(InvalidInput, match="no row"):
        replay(problem, _table(), 1)
