"""What is given and not chosen: learnt from, held, and the best is the best in it."""

import numpy as np
import pytest

from labd.domain.problem import Categorical, Continuous, Limit, Measurement, Objective, Observation, Problem
from labd.planning import recommend, suggest

HUMID = Problem(
    parameters=(
        Continuous(name="dose", low=0, high=1),
        Continuous(name="humidity", low=0, high=100, context=True),
        Categorical(name="batch", options=("old", "new"), context=True),
    ),
    objectives=(Objective(outcome="y"),),
    context={"humidity": 20.0, "batch": "old"},
)


def outcome(dose: float, humidity: float) -> float:
    """The best dose is 0.2 in dry air and 0.8 in humid air; in humid air everything is much better."""
    return humidity / 10 - (dose - 0.2 - 0.6 * humidity / 100) ** 2


def seen() -> list[Observation]:
    chance = np.random.default_rng(0)
    return [
        Observation(
            trial=str(k),
            parameters={"dose": dose, "humidity": humidity, "batch": "old"},
            outcomes={"y": Measurement(mean=outcome(dose, humidity)), "heat": Measurement(mean=dose)},
        )
        for k, (dose, humidity) in enumerate(zip(chance.random(24), 100 * chance.random(24), strict=True))
    ]


@pytest.mark.parametrize("limits", [(), (Limit(outcome="heat", high=2.0),)])
@pytest.mark.parametrize(("humidity", "best"), [(10.0, 0.26), (90.0, 0.74)])
def test_the_best_in_the_context_is_sought(humidity: float, best: float, limits: tuple[Limit, ...]) -> None:
    now = HUMID.model_copy(update={"context": {"humidity": humidity, "batch": "old"}, "limits": limits})
    (made,) = suggest(now, seen())
    assert made.parameters["humidity"] == humidity
    assert made.parameters["batch"] == "old"
    assert float(made.parameters["dose"]) == pytest.approx(best, abs=0.12)
    assert made.exploration is not None
    assert float(recommend(now, seen()).parameters["dose"]) == pytest.approx(best, abs=0.12)


def test_a_context_that_is_new_is_held_too() -> None:
    now = HUMID.model_copy(update={"context": {"humidity": 55.0, "batch": "new"}})
    made = suggest(now, seen(), n=3)
    assert {(each.parameters["humidity"], each.parameters["batch"]) for each in made} == {(55.0, "new")}
