"""Whether predictions that were made before the result came were as sure as they ought to be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from labd.domain.problem import Calibration, Observation, Prediction, Score

INTERVAL = 1.959964
"""Deviations to each side of a 95 % interval."""


def calibration(
    outcome: str, observations: Sequence[Observation], predictions: Mapping[str, Mapping[str, Prediction]], noise: float
) -> Calibration | None:
    """Of one outcome; None where no prediction has met its result.

    `predictions` are by trial and outcome, as its suggestion had them. They tell the deviation of the truth; that of
    the measurement is added: its standard error, else `noise`, the deviation that was learnt since. Results that are
    limits tell nothing of it.
    """
    scores = [
        _score(each, outcome, predictions[each.trial][outcome], noise)
        for each in observations
        if outcome in predictions.get(each.trial, {})
        and outcome in each.outcomes
        and each.outcomes[outcome].censored is None
    ]
    if not scores:
        return None
    z = [each.z for each in scores]
    return Calibration(
        covered=sum(abs(each) <= INTERVAL for each in z) / len(z),
        bias=math.fsum(z) / len(z),
        spread=math.sqrt(math.fsum(each * each for each in z) / len(z)),
        scores=tuple(scores),
    )


def _score(observation: Observation, outcome: str, expected: Prediction, noise: float) -> Score:
    measured = observation.outcomes[outcome]
    error = noise if measured.standard_error is None else measured.standard_error
    deviation = math.hypot(expected.deviation, error)
    missed = measured.mean - expected.mean
    z = missed / deviation if deviation > 0 else 0.0 if missed == 0 else math.copysign(BEYOND, missed)
    return Score(
        trial=observation.trial,
        expected=Prediction(mean=expected.mean, deviation=deviation),
        measured=measured.mean,
        z=min(max(z, -BEYOND), BEYOND),
    )


BEYOND = 1e3
"""A result that is further off than so many deviations is told to be so many off."""
