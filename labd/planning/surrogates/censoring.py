"""Measurements that are only known to lie beyond a limit: below detection, above saturation.

Each stands where it is expected to be, given that it is beyond its limit and given all other measurements; as what is
expected depends on where the others stand, this is gone through a few times (expectation-maximisation without the
deviations: a censored point counts as sure as a measured one).

Source: T. Amemiya, Tobit models: a survey, Journal of Econometrics 24 (1984), section 4.3 (the EM algorithm).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import log_ndtr
from torch import Tensor

from labd.domain.problem import Observation
from labd.planning.spaces.axes import Array
from labd.planning.surrogates.outcomes import Standard

ROUNDS = 3
"""So often it is gone through: what is left after that is small beside the deviation of what is expected."""
LOG_ROOT_TWO_PI = 0.5 * float(np.log(2 * np.pi))


def sides(observations: Sequence[Observation], outcome: str, sign: float) -> Array:
    """Of each observation: 1 where the truth is at or above the target as it is standardised, -1 below, 0 measured."""
    words = {"above": sign, "below": -sign, None: 0.0}
    return np.array([words[each.outcomes[outcome].censored] for each in observations])


def beyond_limits(standard: Standard, side: Array, expect: Callable[[Standard], tuple[Tensor, Tensor]]) -> Standard:
    """The outcome with the targets of censored measurements where they are expected, at or beyond their limits.

    `side` is as of `sides`; `expect` gives mean and deviation of each target given all others."""
    censored = side != 0
    if not censored.any() or censored.all():  # of limits alone nothing can be expected
        return standard
    limits, filled = standard.targets, standard
    for _ in range(ROUNDS):
        mean, deviation = (each.cpu().numpy() for each in expect(filled))
        distance = side * (limits - mean) / deviation
        further = np.exp(-0.5 * distance**2 - LOG_ROOT_TWO_PI - log_ndtr(-distance))
        expected = mean + side * deviation * np.where(censored, further, 0.0)
        beyond = side * np.maximum(side * expected, side * limits)
        filled = replace(filled, targets=np.where(censored, beyond, limits))
    return filled
