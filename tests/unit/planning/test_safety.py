"""Hard limits are never broken, ramps are kept, and suggestions keep away from open trials."""

import math

import numpy as np
import pytest

from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Categorical,
    Continuous,
    Discrete,
    Limit,
    Measurement,
    Objective,
    Observation,
    PlannerSettings,
    Problem,
    Scalar,
)
from labd.planning import suggest

HOTTEST = 70.0
RAMP = 20.0
BEAM_LINE = Problem(
    parameters=(
        Continuous(name="current", low=0, high=100, unit="mA", ramp=RAMP),
        Continuous(name="focus", low=0, high=1),
        Continuous(name="detuning", low=-5, high=5),
    ),
    objectives=(Objective(outcome="flux"),),
    limits=(Limit(outcome="heat", high=HOTTEST, safe=0.95),),
)
BEST_WITHIN = 84.0
"""The largest flux that does not overheat; without the limit it would be 99.5, and a tenth of the space is too hot."""


def facility(point: dict[str, Scalar]) -> tuple[float, float]:
    """Flux and heat of a beam line: more current, more of both; a resonance of the cavity heats as well."""
    current, focus, detuning = (float(point[name]) for name in ("current", "focus", "detuning"))
    resonance = math.exp(-(((detuning - 1.5) / 1.2) ** 2))
    heat = 20 + 0.55 * current * (0.6 + 0.8 * focus**2) + 0.18 * resonance * current
    focused = 0.3 + 0.7 * math.exp(-(((focus - 0.7) / 0.35) ** 2))
    return current * focused * math.exp(-(((detuning - 0.5) / 1.8) ** 2)), heat


def operate(steps: int, seed: int) -> tuple[int, int, float]:
    """From one safe point on: how often the limit and the ramp were broken, and the best flux."""
    chance = np.random.default_rng(seed)
    point: dict[str, Scalar] = {"current": 10.0, "focus": 0.3, "detuning": -3.0}
    seen: list[Observation] = []
    hot, steep, best = 0, 0, 0.0
    for step in range(steps):
        if step:
            (made,) = suggest(BEAM_LINE, seen, seed=seed)
            steep += abs(float(made.parameters["current"]) - float(point["current"])) > RAMP
            point = made.parameters
        flux, heat = facility(point)
        hot, best = hot + (heat > HOTTEST), max(best, flux)
        noise = 0.3 * chance.normal(size=2)
        outcomes = {"flux": Measurement(mean=flux + noise[0]), "heat": Measurement(mean=heat + noise[1])}
        seen.append(Observation(trial=str(step), parameters=point, outcomes=outcomes))
    return hot, steep, best


def test_a_facility_is_operated_within_its_limits_and_gets_somewhere() -> None:
    hot, steep, best = operate(steps=25, seed=1)
    assert (hot, steep) == (0, 0)
    assert best > 0.3 * BEST_WITHIN


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_two_hundred_steps_on_twenty_seeds_without_one_violation() -> None:
    found = [operate(steps=200, seed=seed) for seed in range(20)]
    assert [(hot, steep) for hot, steep, _ in found] == [(0, 0)] * 20
    assert np.median([best for _, _, best in found]) > 0.95 * BEST_WITHIN


def test_where_nothing_is_known_to_be_safe_it_says_so() -> None:
    with pytest.raises(InvalidInput, match="No point is known to keep the hard limit of heat"):
        suggest(BEAM_LINE, [])
    too_hot = Observation(
        trial="t",
        parameters={"current": 90.0, "focus": 0.9, "detuning": 0.0},
        outcomes={"flux": Measurement(mean=50.0), "heat": Measurement(mean=90.0)},
    )
    with pytest.raises(InvalidInput, match="No point is known to keep the hard limit of heat"):
        suggest(BEAM_LINE, [too_hot])


def test_nobody_fills_space_where_a_limit_is_hard() -> None:
    filling = BEAM_LINE.model_copy(update={"settings": PlannerSettings(strategy="sobol")})
    with pytest.raises(InvalidInput, match="hard limit"):
        suggest(filling, [])


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("count", [1, 8])
def test_a_ramp_goes_on_from_the_latest_trial_observed_open_or_just_suggested(log: bool, count: int) -> None:
    problem = Problem(
        parameters=(Continuous(name="field", low=1, high=1000, log=log, ramp=3), Continuous(name="x", low=0, high=1)),
        objectives=(Objective(outcome="y"),),
    )
    chance = np.random.default_rng(0)
    seen = [
        Observation(trial=str(k), parameters={"field": f, "x": x}, outcomes={"y": Measurement(mean=f * x)})
        for k, (f, x) in enumerate(zip(50 + chance.random(count), chance.random(count), strict=True))
    ]
    fields = [float(each.parameters["field"]) for each in suggest(problem, seen, [{"field": 53.5, "x": 0.5}], n=4)]
    steps = np.abs(np.diff([53.5, *fields]))
    assert (steps <= 3).all()
    assert steps.max() > 1


def test_suggestions_keep_away_from_open_trials() -> None:
    problem = Problem(
        parameters=(
            Continuous(name="a", low=0, high=10),
            Discrete(name="b", values=(0.0, 1.0, 2.0)),
            Categorical(name="kind", options=("p", "q")),
        ),
        objectives=(Objective(outcome="y"),),
        settings=PlannerSettings(apart=0.2),
    )
    chance = np.random.default_rng(0)
    seen = [
        Observation(trial=str(k), parameters=point, outcomes={"y": Measurement(mean=-abs(a - 5) + (kind == "q"))})
        for k in range(9)
        for a, kind in [(float(10 * chance.random()), "pq"[k % 2])]
        for point in [{"a": a, "b": float(k % 3), "kind": kind}]
    ]
    made = [each.parameters for each in suggest(problem, seen, n=5)]
    for k, one in enumerate(made):
        for other in made[:k]:
            near = abs(float(one["a"]) - float(other["a"])) / 10 < 0.2 - 1e-6
            assert not (near and one["b"] == other["b"] and one["kind"] == other["kind"])
