"""Outcomes are bent where that makes them more probable, and told in their own unit all the same."""

import numpy as np
import pytest
import torch

from labd.domain.problem import Continuous, Limit, Measurement, Objective, Observation, Problem
from labd.planning import suggest
from labd.planning.surrogates.bending import POWERS, bent
from labd.planning.surrogates.fit import learn_smooth
from labd.planning.surrogates.outcomes import UNSURE, Bend, Standard, standardise

X = np.random.default_rng(0).random((40, 2))
PLAIN = np.sin(4 * X[:, 0]) + X[:, 1]


def bend_of(values: np.ndarray, error: float = 0.0) -> Standard:
    standard = standardise(values, np.full(len(values), error), 1.0)
    groups = torch.arange(2)
    smooth = learn_smooth(torch.tensor(X), torch.tensor(standard.targets), torch.tensor(standard.noise), groups)
    return bent(standard, smooth)


@pytest.mark.parametrize("power", POWERS)
def test_a_bend_goes_there_and_back(power: float) -> None:
    z = np.linspace(-4, 4, 33)
    bend = Bend.of(z, power)
    there = bend.forward(z)
    assert [bend.back(float(each)) for each in there] == pytest.approx(list(z), abs=1e-9)
    assert (there.mean(), there.std(ddof=1)) == pytest.approx((0, 1), abs=1e-12)
    slope = (bend.forward(z + 1e-6) - bend.forward(z - 1e-6)) / 2e-6
    assert np.exp(bend.log_slope(z)) == pytest.approx(slope, rel=1e-5)
    assert all(np.isfinite(bend.back(far)) for far in (-1e9, 1e9))


def test_an_outcome_that_grows_by_powers_is_bent_back_and_a_plain_one_hardly() -> None:
    grown, plain = bend_of(np.exp(2.5 * PLAIN)), bend_of(PLAIN)
    assert grown.bend is not None
    assert grown.bend.power < 0.4
    assert plain.bend is None or 0.5 < plain.bend.power < 1.5
    straight = np.corrcoef(grown.targets, PLAIN)[0, 1]
    assert straight > np.corrcoef(np.exp(2.5 * PLAIN), PLAIN)[0, 1] + 0.1


def test_a_bent_outcome_is_told_in_its_own_unit() -> None:
    values = np.exp(2.5 * PLAIN)
    standard = bend_of(values, error=0.05)
    assert [standard.value(float(each)) for each in standard.targets] == pytest.approx(list(values))
    assert [standard.target(float(each)) for each in values] == pytest.approx(list(standard.targets))
    told = standard.prediction(0.5, 0.2)
    assert told.mean == standard.value(0.5)
    wider = 0.2 * (1 + UNSURE / 40)
    assert 2 * told.deviation == pytest.approx(standard.value(0.5 + wider) - standard.value(0.5 - wider))
    steep = standard.noise.argmax()
    assert steep == values.argmin(), "the same error is a larger one where values crowd"


def test_only_an_outcome_that_is_wanted_by_itself_is_bent() -> None:
    seen = tuple(
        Observation(
            trial=str(k),
            parameters={"a": float(a), "b": float(b)},
            outcomes={"y": Measurement(mean=float(np.exp(2.5 * v))), "z": Measurement(mean=float(v))},
        )
        for k, ((a, b), v) in enumerate(zip(X[:20], PLAIN[:20], strict=True))
    )
    space = (Continuous(name="a", low=0, high=1), Continuous(name="b", low=0, high=1))
    alone = Problem(parameters=space, objectives=(Objective(outcome="y"),))
    limited = alone.model_copy(update={"limits": (Limit(outcome="z", high=1.5),)})
    told = {}
    for name, problem in (("alone", alone), ("limited", limited)):
        (made,) = suggest(problem, seen)
        told[name] = made.predicted["y"]
        assert made.predicted["y"].mean < 1e4
    assert told["alone"] != told["limited"]
