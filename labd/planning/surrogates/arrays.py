"""Several processes over the same points in one array call, on the processor: with few points it is the calls of a
tensor library that take the time, and a climb makes hundreds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg.lapack import dpotrs

from labd.planning.spaces.axes import Array
from labd.planning.surrogates.gp import TINY, GaussianProcess


class Arrays:
    """`p` processes with the same groups, and as many points (earlier campaigns' included) and fantasies (m) each."""

    def __init__(self, processes: Sequence[GaussianProcess]) -> None:
        self.inverse = np.stack([gp.inverse.numpy() for gp in processes])[:, None]
        self.scaled = np.stack([gp.scaled.numpy() for gp in processes])[:, None]
        self.lower = [gp.factor.numpy() for gp in processes]
        self.weights = np.stack([gp.weights.numpy() for gp in processes])
        self.mean = np.array([gp.hyper.mean for gp in processes])[:, None, None]
        self.scale = np.array([gp.hyper.scale for gp in processes])[:, None]

    def predict_with_gradient(self, at: Array) -> tuple[Array, Array, Array, Array]:
        """Means `p x k x m`, deviations `p x k`, and their gradients `p x k x columns x m` and `p x k x columns`, at
        `k x columns` points."""
        away = (at * self.inverse)[:, :, None] - self.scaled
        k, g = matern52_with_pull((away * away).sum(3))
        slope = away * g[..., None]
        k *= self.scale[..., None]
        solved = np.stack([dpotrs(lower, its.T, lower=1)[0] for lower, its in zip(self.lower, k, strict=True)])
        deviation = np.sqrt(np.maximum(self.scale - (k.swapaxes(1, 2) * solved).sum(1), TINY))
        inward = slope.swapaxes(2, 3) * (-self.scale[..., None] * self.inverse)[..., None]
        d_deviation = (inward @ solved.swapaxes(1, 2)[..., None])[..., 0] / -deviation[..., None]
        return self.mean + k @ self.weights, deviation, inward @ self.weights[:, None], d_deviation


def matern52_with_pull(squared: Array) -> tuple[Array, Array]:
    """The kernel k at squared scaled distances, and g such that dk/dlog(lengthscale) = g · that factor's share."""
    distance = np.sqrt(5 * squared)
    decay = np.exp(-distance)
    pull = 5 / 3 * (1 + distance) * decay
    return 0.6 * pull + 5 / 3 * squared * decay, pull
