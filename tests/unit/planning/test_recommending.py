"""The best point that was tried is the model's best, not the luckiest measurement."""

import pytest

from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Continuous,
    Fidelity,
    Goal,
    Limit,
    Measurement,
    Objective,
    Observation,
    Problem,
)
from labd.planning import recommend

HILL = Problem(parameters=(Continuous(name="x", low=0, high=1),), objectives=(Objective(outcome="y"),))


def at(x: float, **outcomes: float) -> Observation:
    found = {name: Measurement(mean=value) for name, value in outcomes.items()}
    return Observation(trial=f"at {x:g}", parameters={"x": x}, outcomes=found)


def hill(x: float) -> float:
    return 1 - (x - 0.6) ** 2


GRID = [at(0.05 * k, y=hill(0.05 * k)) for k in range(21)]


def test_the_top_of_a_hill() -> None:
    made = recommend(HILL, GRID)
    assert made.trial == "at 0.6"
    assert made.predicted["y"].mean == pytest.approx(1.0, abs=0.01)


def test_a_lucky_measurement_that_its_neighbours_contradict_is_not_the_best() -> None:
    noisy = [at(0.05 * k, y=hill(0.05 * k) + (0.01 if k % 2 else -0.01)) for k in range(21)]
    noisy[2] = Observation(
        trial="lucky", parameters={"x": 0.1}, outcomes={"y": Measurement(mean=1.2, standard_error=0.5)}
    )
    made = recommend(HILL, noisy)
    assert float(made.parameters["x"]) == pytest.approx(0.6, abs=0.11)
    assert "lucky measured 1.2" in made.reason


def test_the_least_where_that_is_wanted_and_the_nearest_to_a_target() -> None:
    least = HILL.model_copy(update={"objectives": (Objective(outcome="y", goal=Goal.MINIMISE),)})
    assert recommend(least, GRID).trial == "at 0"
    match = HILL.model_copy(update={"objectives": (Objective(outcome="y", goal=Goal.MATCH, target=0.91),)})
    assert abs(float(recommend(match, GRID).parameters["x"]) - 0.6) == pytest.approx(0.3)


def test_points_that_break_a_limit_come_after_all_others() -> None:
    limited = HILL.model_copy(update={"limits": (Limit(outcome="heat", high=0.4),)})
    both = [at(0.05 * k, y=hill(0.05 * k), heat=0.05 * k) for k in range(21)]
    assert float(recommend(limited, both).parameters["x"]) == pytest.approx(0.4, abs=0.051)
    hotter = HILL.model_copy(update={"limits": (Limit(outcome="heat", high=-1.0),)})
    made = recommend(hotter, both)
    assert made.trial == "at 0"
    assert "every one of them to break a limit" in made.reason


def test_several_objectives_count_by_their_weights() -> None:
    both = [at(0.05 * k, y=hill(0.05 * k), z=0.05 * k) for k in range(21)]
    much = (Objective(outcome="y", weight=9), Objective(outcome="z", weight=1))
    little = (Objective(outcome="y", weight=1), Objective(outcome="z", weight=9))
    near = recommend(HILL.model_copy(update={"objectives": much}), both)
    far = recommend(HILL.model_copy(update={"objectives": little}), both)
    assert float(near.parameters["x"]) == pytest.approx(0.6, abs=0.11)
    assert far.trial == "at 1"


def test_what_was_measured_at_the_target_fidelity_comes_first() -> None:
    problem = Problem(
        parameters=(Continuous(name="x", low=0, high=1), Continuous(name="hours", low=1, high=8)),
        objectives=(Objective(outcome="y"),),
        fidelity=Fidelity(parameter="hours", target=8.0),
    )

    def trial(x: float, hours: float, y: float) -> Observation:
        parameters = {"x": x, "hours": hours}
        return Observation(trial=f"{x}@{hours}", parameters=parameters, outcomes={"y": Measurement(mean=y)})

    short = [trial(0.1 * k, 1.0, 2 + hill(0.1 * k)) for k in range(11)]
    assert "none was measured at the full hours" in recommend(problem, short).reason
    assert recommend(problem, [*short, trial(0.2, 8.0, 0.4), trial(0.5, 8.0, 0.9)]).trial == "0.5@8.0"


def test_one_measurement_is_the_best_and_none_is_an_error() -> None:
    assert recommend(HILL, [at(0.3, y=1.0)]).trial == "at 0.3"
    with pytest.raises(InvalidInput, match="No trial has given y yet"):
        recommend(HILL, [Observation(trial="t", parameters={"x": 0.3}, failed=True)])


@pytest.mark.parametrize("goal", [Goal.LEVEL, Goal.MAP])
def test_where_no_best_is_sought_it_says_so(goal: Goal) -> None:
    problem = HILL.model_copy(update={"objectives": (Objective(outcome="y", goal=goal, target=0.5),)})
    with pytest.raises(InvalidInput, match="There is no best y"):
        recommend(problem, GRID)
