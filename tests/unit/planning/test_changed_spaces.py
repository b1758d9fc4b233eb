"""Spaces change in the middle of a campaign, and plates are not always full: what was learnt stays useful."""

import itertools

import numpy as np
import pytest

from labd.domain.problem import (
    Categorical,
    Condition,
    Constraint,
    Continuous,
    Linear,
    Measurement,
    Objective,
    Observation,
    Parameter,
    Parameters,
    PlannerSettings,
    Problem,
)
from labd.planning import suggest


def number(at: Parameters, name: str) -> float:
    return float(at[name])


def axis(name: str, low: float, high: float) -> Continuous:
    return Continuous(name=name, low=low, high=high)


def problem(*parameters: Parameter, constraints: tuple[Constraint, ...] = (), batch: int = 1) -> Problem:
    return Problem(
        parameters=parameters,
        objectives=(Objective(outcome="y"),),
        constraints=constraints,
        batch=batch,
        settings=PlannerSettings(initial=4),
    )


def hill(at: Parameters) -> float:
    """The best is at x = 30, y = 4."""
    return -(((number(at, "x") - 30) / 20) ** 2) - ((number(at, "y") - 4) / 3) ** 2


def told(points: list[dict[str, float]]) -> list[Observation]:
    return [
        Observation(trial=str(n), parameters=dict(each), outcomes={"y": Measurement(mean=hill(each))})
        for n, each in enumerate(points)
    ]


def scattered(count: int, x: tuple[float, float], y: tuple[float, float], seed: int = 1) -> list[dict[str, float]]:
    chance = np.random.default_rng(seed)
    return [{"x": float(chance.uniform(*x)), "y": float(chance.uniform(*y))} for _ in range(count)]


@pytest.mark.parametrize(
    ("x", "y"),
    [((0, 100), (0, 10)), ((28, 33), (3, 5)), ((-60, 160), (-6, 16)), ((29.9, 30.2), (3.99, 4.02))],
    ids=["as they were", "narrower", "twice as wide", "a three-hundredth"],
)
def test_what_was_measured_within_other_bounds_is_still_of_use(x: tuple[float, float], y: tuple[float, float]) -> None:
    asked = problem(axis("x", *x), axis("y", *y))
    (made,) = suggest(asked, told(scattered(24, (0, 100), (0, 10))), seed=1)
    assert hill(made.parameters) > -0.15
    assert abs(made.predicted["y"].mean - hill(made.parameters)) < 0.15


def test_another_option_is_tried_soon_and_the_others_are_not_begun_anew() -> None:
    height = {"a": 0.3, "b": 0.7, "new": 1.5}
    asked = problem(Categorical(name="p", options=("a", "b", "new")), axis("x", 0, 1))
    seen: list[Observation] = [
        Observation(
            trial=f"{p}{x}", parameters={"p": p, "x": x}, outcomes={"y": Measurement(mean=height[p] - (x - 0.4) ** 2)}
        )
        for p, x in itertools.product("ab", (0.1, 0.35, 0.6, 0.9))
    ]
    for trial in range(6):
        (made,) = suggest(asked, seen, seed=trial)
        value = height[str(made.parameters["p"])] - (number(made.parameters, "x") - 0.4) ** 2
        outcomes = {"y": Measurement(mean=value)}
        seen.append(Observation(trial=str(trial), parameters=made.parameters, outcomes=outcomes))
    assert max(each.outcomes["y"].mean for each in seen) > 1.45


OVEN = Continuous(name="oven", low=100, high=300, per="batch")
BINDER = Continuous(name="binder", low=0, high=0.5, per="batch")
PARTS = (axis("one", 0, 1), axis("other", 0, 1))
ADDITIVE = Categorical(name="additive", options=("none", "salt", "acid"))
AMOUNT = Continuous(name="amount", low=1, high=5, when=Condition(parameter="additive", values=("salt", "acid")))
WHOLE = Linear(weights={"binder": 1, "one": 1, "other": 1}, low=1, high=1)
PLATE = problem(OVEN, BINDER, *PARTS, ADDITIVE, AMOUNT, constraints=(WHOLE,), batch=6)


def on_plates(count: int) -> list[Observation]:
    """So many trials of plates that were not all full."""
    made = suggest(PLATE, [], n=count, seed=5)
    return [
        Observation(
            trial=str(n),
            parameters=each.parameters,
            outcomes={"y": Measurement(mean=number(each.parameters, "one") - number(each.parameters, "amount") / 10)},
        )
        for n, each in enumerate(made)
    ]


@pytest.mark.parametrize(("count", "observed"), [(1, 0), (9, 0), (4, 8)])
def test_a_plate_takes_as_many_as_there_are(count: int, observed: int) -> None:
    made = suggest(PLATE, on_plates(observed), n=count, seed=2)
    assert len(made) == count
    points = [each.parameters for each in made]
    for plate in (points[:6], points[6:]):
        assert len({(each["oven"], each["binder"]) for each in plate}) <= 1
    for each in points:
        assert sum(number(each, name) for name in ("binder", "one", "other")) == pytest.approx(1, abs=1e-5)
        assert each["additive"] != "none" or each["amount"] == 1, "what means nothing is at its lowest"
    assert len({tuple(each.values()) for each in points}) == count
