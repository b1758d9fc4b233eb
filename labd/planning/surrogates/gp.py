"""A Gaussian process in closed form: what is known about an outcome everywhere, given where it was measured.

    outcome(x) ~ mean + f(x) + noise,   f ~ GP(0, scale · matern(|x - x'| / lengthscales))

Several columns of targets may share the points (fantasies of pending trials): the variance is theirs in common.
Source: C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine Learning, 2006, chapters 2 and 5.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

JITTER = 1e-8
"""Added to the diagonal, in units of the standardised variance."""
CHUNK = 8192
"""Points that are predicted at once on a GPU: bounds the memory of a large pool."""
IN_CACHE = 40_000
"""Numbers of a kernel that are worked on at once on the CPU: three times as fast as a matrix that leaves the cache."""
FEWEST_AT_ONCE = 32
NEARLY_ZERO = 1e-30
"""A squared distance that is told apart from none: autograd can go through its root."""
TINY = 1e-12
"""The smallest variance that is told apart from none."""


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """What is learnt of the process, for standardised outcomes."""

    lengthscales: Tensor
    """One a factor."""
    noise: float
    """Variance of the noise that all measurements share."""
    mean: float
    scale: float
    """Variance of the process."""


def matern52(away: Tensor) -> Tensor:
    """The kernel at scaled distances, times √5; where nothing is to be differentiated they are overwritten, for half of
    the time is memory's."""
    if torch.is_grad_enabled():
        return (torch.addcmul(away, away, away, value=1 / 3) + 1.0) * torch.exp(-away)
    factor = torch.addcmul(away, away, away, value=1 / 3).add_(1.0)
    return factor.mul_(away.neg_().exp_())


def matern52_with_pull(squared: Tensor) -> tuple[Tensor, Tensor]:
    """The kernel k at squared scaled distances, and g such that dk/dlog(lengthscale) = g · that factor's share."""
    distance = (5.0 * squared).clamp_min(NEARLY_ZERO).sqrt()
    decay = torch.exp(-distance)
    pull = torch.add(decay, distance * decay)
    return torch.addcmul(pull, squared, decay, value=5 / 3), 5 / 3 * pull


def safe_cholesky(matrix: Tensor) -> Tensor:
    """The lower factor, with as much jitter as it takes."""
    eye = torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)
    size = float(matrix.diagonal().mean())
    factor = matrix
    for exponent in range(-10, 3):
        factor, bad = torch.linalg.cholesky_ex(matrix if exponent == -10 else matrix + size * 10.0**exponent * eye)
        if not bool(bad):
            break
    return factor


def _away(a: Tensor, b: Tensor) -> Tensor:
    """Distances, times √5; `k x columns` and `n x columns` to `k x n`."""
    if a.shape[1] == 1:
        return (a * math.sqrt(5) - b.T * math.sqrt(5)).abs()
    left, right = (5 * (each * each).sum(1, keepdim=True) for each in (a, b))
    squares = torch.cat([a, left, torch.ones_like(left)], 1) @ torch.cat([-10 * b, torch.ones_like(right), right], 1).T
    if torch.is_grad_enabled():
        return squares.clamp_min(NEARLY_ZERO).sqrt()
    return squares.clamp_min_(NEARLY_ZERO).sqrt_()


class GaussianProcess:
    """The posterior at given hyperparameters.

    `x` is `n x columns`, `targets` `n x m` (m fantasies), `noise` `n`: the known variance of each measurement, to
    which the shared one is added.
    """

    def __init__(
        self,
        x: Tensor,
        targets: Tensor,
        noise: Tensor,
        groups: Tensor,
        hyper: Hyperparameters,
    ) -> None:
        self.x, self.targets, self.noise, self.groups, self.hyper = x, targets, noise, groups, hyper
        self.inverse = (1 / hyper.lengthscales)[groups]
        self.scaled = x * self.inverse
        self.factor = safe_cholesky(self._measured(noise))
        self.weights = torch.cholesky_solve(targets - hyper.mean, self.factor)

    def with_more(self, x: Tensor, targets: Tensor, noise: Tensor) -> GaussianProcess:
        """The same process, of so many more measurements (`k x columns`, `k x m`, `k`): what was worked out of the
        others is kept. Source: M. A. Osborne, Bayesian Gaussian processes for sequential prediction, 2010, appendix B.
        """
        made = copy.copy(self)
        made.x, made.noise = torch.cat([self.x, x]), torch.cat([self.noise, noise])
        made.targets = torch.cat([self.targets, targets])
        more = x * self.inverse
        made.scaled = torch.cat([self.scaled, more])
        across = torch.linalg.solve_triangular(self.factor, self._kernel(self.scaled, more), upper=False)
        own = self._kernel(more, more) - across.T @ across
        own.diagonal().add_(noise + self.hyper.noise + JITTER)
        n = len(self.x)
        made.factor = self.factor.new_zeros(len(made.x), len(made.x)).T  # by columns, as LAPACK has it
        made.factor[:n, :n], made.factor[n:, :n], made.factor[n:, n:] = self.factor, across.T, safe_cholesky(own)
        made.weights = torch.cholesky_solve(made.targets - self.hyper.mean, made.factor)
        return made

    def of(self, x: Tensor, targets: Tensor, noise: Tensor, hyper: Hyperparameters | None = None) -> GaussianProcess:
        """The same process, of other measurements, or with other hyperparameters."""
        return GaussianProcess(x, targets, noise, self.groups, hyper or self.hyper)

    def _measured(self, noise: Tensor) -> Tensor:
        """The covariance of what was measured, noise and all."""
        covariance = self._kernel(self.scaled, self.scaled)
        covariance.diagonal().add_(noise + self.hyper.noise + JITTER)
        return covariance

    @property
    def own(self) -> slice:
        """Which rows of `factor` and `weights` are of `x`: the last ones."""
        return slice(len(self.factor) - len(self.x), None)

    def _kernel(self, a: Tensor, b: Tensor) -> Tensor:
        return matern52(_away(a, b)).mul_(self.hyper.scale)

    def before(self, at: Tensor) -> Tensor:
        """The joint covariance of the noiseless outcome at `k` points before anything was measured, `k x k`."""
        here = at * self.inverse
        return self._kernel(here, here)

    def _chunks(self, at: Tensor) -> Sequence[Tensor]:
        return torch.split(at, CHUNK if at.is_cuda else max(IN_CACHE // len(self.x), FEWEST_AT_ONCE))

    def predict(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """Mean `k x m` and standard deviation `k` of the noiseless outcome at `k x columns` points."""
        parts = [self._predict(part) for part in self._chunks(at)]
        return torch.cat([mean for mean, _ in parts]), torch.cat([deviation for _, deviation in parts])

    @property
    def believed(self) -> Tensor:
        """The mean at the points that were measured, `n x m`: each target less what is noise in it."""
        return self.targets - (self.noise + self.hyper.noise + JITTER)[:, None] * self.weights[self.own]

    def expected(self, at: Tensor) -> Tensor:
        """The mean alone, `k x m`: that is the cheaper half of a prediction."""
        parts = [self.hyper.mean + self._to_points(part) @ self.weights for part in self._chunks(at)]
        return torch.cat(parts)

    def _to_points(self, at: Tensor) -> Tensor:
        return self._kernel(at * self.inverse, self.scaled)

    def _predict(self, at: Tensor) -> tuple[Tensor, Tensor]:
        k = self._to_points(at)
        v = torch.linalg.solve_triangular(self.factor, k.T, upper=False)
        variance = (self.hyper.scale - (v * v).sum(0)).clamp_min(TINY)
        return self.hyper.mean + k @ self.weights, variance.sqrt()

    def predict_with_gradient(self, at: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Means `k x m`, deviations `k`, and their gradients `k x columns x m` and `k x columns`, at `k` points."""
        away = (at * self.inverse)[:, None] - self.scaled
        k, g = matern52_with_pull((away * away).sum(2))
        pull, k = -self.hyper.scale * g[:, :, None], self.hyper.scale * k
        solved = torch.cholesky_solve(k.T, self.factor).T
        deviation = (self.hyper.scale - (k * solved).sum(1)).clamp_min(TINY).sqrt()
        slope = (pull * away * self.inverse).transpose(1, 2)
        d_deviation = (slope @ solved[:, :, None])[:, :, 0] / -deviation[:, None]
        mean, d_mean = self.hyper.mean + k @ self.weights, slope @ self.weights
        return mean, deviation, d_mean, d_deviation

    def covariance(self, at: Tensor, others: Tensor | None = None) -> Tensor:
        """The joint covariance of the noiseless outcome at `k` points, `k x k`, or that with `r` others, `k x r`."""
        here = at * self.inverse
        there = here if others is None else others * self.inverse
        v = torch.linalg.solve_triangular(self.factor, self._kernel(here, self.scaled).T, upper=False)
        w = v
        if others is not None:
            w = torch.linalg.solve_triangular(self.factor, self._kernel(there, self.scaled).T, upper=False)
        return torch.sub(self._kernel(here, there), v.T @ w)

    def left_out(self) -> tuple[Tensor, Tensor]:
        """What each measurement is expected to be, given all others: means `n` and deviations `n`, its noise included
        (first column of targets). Source: as of `leave_one_out`."""
        precision = torch.cholesky_inverse(self.factor).diagonal()[self.own]
        return self.targets[:, 0] - self.weights[self.own, 0] / precision, precision.rsqrt()

    def leave_one_out(self) -> float:
        """The log density of each target given all others, summed (first column of targets).

        Source: S. Sundararajan and S. S. Keerthi, Predictive approaches for choosing hyperparameters in Gaussian
        processes, 2001.
        """
        precision = torch.cholesky_inverse(self.factor).diagonal()[self.own]
        error = self.weights[self.own, 0] / precision
        return float((-0.5 * error * error * precision - 0.5 * torch.log(2 * math.pi / precision)).sum())

    def innovations(self) -> NDArray[np.float64]:
        """What each measurement adds to what all before it lead to expect, in deviations (first column of targets);
        independent and standard normal if the process is right; `n`."""
        return np.asarray((self.factor.T @ self.weights[:, 0]).cpu().numpy())

    def evidence(self) -> float:
        """The log density of all targets together (first column)."""
        error = self.targets[:, 0] - self.hyper.mean
        return float(-0.5 * error @ self.weights[:, 0] - (self.factor.diagonal() * math.sqrt(2 * math.pi)).log().sum())
