"""The expected improvement and its gradient at few points, on plain arrays: what a climb on the processor asks for.

The formulas are those of `labd.planning.acquisitions.acquisition`, whose tensors may be on any device.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import erfcx, log_ndtr

from labd.planning.spaces.axes import Array
from labd.planning.surrogates.arrays import Arrays
from labd.planning.surrogates.gp import GaussianProcess

SURE = 30.0
"""An improvement of so many deviations is as good as certain."""
LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)


class Climbing:
    """What `ExpectedImprovement` is, of its parts as they are there."""

    def __init__(
        self,
        processes: Sequence[GaussianProcess],
        weights: Array,
        best: Array,
        noise: float,
        widths: Array,
        success: tuple[GaussianProcess, float] | None,
    ) -> None:
        self.processes, self.best, self.noise, self.widths = Arrays(processes), best, noise, widths
        self.shares = np.log(weights / best.shape[2])[:, None]
        self.success = None if success is None else Arrays(success[:1])
        self.threshold, self.failing = (success[1], success[0].hyper.noise) if success is not None else (0.0, 0.0)

    def with_gradient(self, at: Array) -> tuple[Array, Array]:
        """The values `k` at `k x columns` points, and their gradients `k x columns`."""
        total, gradient = self.improvement(at)
        if self.success is None:
            return total, gradient
        chance, d_chance = self._succeeds(self.success, at)
        return total + chance, gradient + d_chance

    def improvement(self, at: Array) -> tuple[Array, Array]:
        """The same without the probability of success."""
        mean, deviation, d_mean, d_deviation = self.processes.predict_with_gradient(at)
        wide = deviation[..., None]
        gain = (mean - self.best) / wide
        if len(self.widths) == 1:
            each, slope = log_h(gain)
        else:
            widths, chances = self.widths.T
            each, slope = log_h(gain[..., None] / widths)
            each = (each + np.log(chances * widths)).reshape(*gain.shape[:2], -1)
            slope = (slope / widths).reshape(each.shape)
            gain = np.repeat(gain, len(widths), axis=2)
        by_process, pull = _log_sum(each, 2)
        pull *= slope
        value, along = by_process + np.log(deviation) + self.shares, 1 / deviation
        if self.noise:
            told, d_told = log_told(deviation, self.noise)
            value, along = value + told, along + d_told
        total, shares = _log_sum(value, 0)
        along = shares * (along - (pull * gain).sum(2) / deviation)
        up = pull.reshape(*mean.shape, -1).sum(3) * (shares / deviation)[..., None]
        gradient = (d_mean @ up[..., None])[..., 0].sum(0) + (along[..., None] * d_deviation).sum(0)
        return total, gradient

    def _succeeds(self, success: Arrays, at: Array) -> tuple[Array, Array]:
        """The log probability of success at each point, and its gradient."""
        mean, deviation, d_mean, d_deviation = (each[0] for each in success.predict_with_gradient(at))
        width = np.sqrt(deviation * deviation + self.failing)
        z = (mean[:, 0] - self.threshold) / width
        value = log_ndtr(z)
        ratio = np.exp(np.minimum(-0.5 * z * z - LOG_ROOT_2PI - value, 600.0))
        inward = (z * deviation / width)[:, None] * d_deviation
        return value, (ratio / width)[:, None] * (d_mean[:, :, 0] - inward)


def log_h(z: Array) -> tuple[Array, Array]:
    """log(phi(z) + z·Phi(z)) and its derivative; as `labd.planning.acquisitions.acquisition.log_h`."""
    down = np.clip(z, -1e6, SURE)
    mills = erfcx(down * -math.sqrt(0.5)) * math.sqrt(math.pi / 2)
    tail = np.where(down < -1e3, 1 / np.square(np.minimum(down, -1)), 1 + down * mills)
    value = -0.5 * down * down - LOG_ROOT_2PI + np.log(tail)
    sure = z > SURE
    if not sure.any():
        return value, mills / tail
    far = np.maximum(z, SURE)
    return np.where(sure, np.log(far), value), np.where(sure, 1 / far, mills / tail)


def log_told(deviation: Array, noise: float) -> tuple[Array, Array]:
    """As `labd.planning.acquisitions.acquisition.log_told`."""
    square = deviation * deviation + noise
    width = np.sqrt(square)
    both = width + math.sqrt(noise)
    return np.log(deviation * deviation / (width * both)), 2 / deviation - deviation / square - deviation / (
        width * both
    )


def _log_sum(values: Array, axis: int) -> tuple[Array, Array]:
    """The logarithm of the sum of exponentials, and each one's share in it."""
    most = values.max(axis, keepdims=True)
    raised = np.exp(values - most)
    total = raised.sum(axis, keepdims=True)
    return (most + np.log(total)).squeeze(axis), raised / total
