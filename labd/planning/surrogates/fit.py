"""Learning the hyperparameters: the most probable ones under each of two families of priors, with analytic gradients.

No family wins everywhere: the Gamma priors are smooth and sure of themselves, which suits yields; the weak ones with an
output scale allow for several modes. Both are fitted, and leave-one-out density weighs them (decision record 25).
"""

from __future__ import annotations

import math
from enum import StrEnum

import numpy as np
import torch
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs
from scipy.optimize import minimize
from torch import Tensor

from labd.planning.spaces.axes import Array
from labd.planning.surrogates.arrays import matern52_with_pull
from labd.planning.surrogates.belief import Belief, weigh
from labd.planning.surrogates.gp import JITTER, GaussianProcess, Hyperparameters

LEARN_FROM = 100
"""Hyperparameters are learnt from no more points than this: the cost grows with the cube."""
ITERATIONS = 60
LENGTHSCALES = (math.log(0.025), math.log(50.0))
DOUBT = 0.2
"""To this power the densities of the families count: few points left out one by one, between others, say less of what
lies elsewhere than as many that were measured to compare them (decision record 25)."""
NOISES = (math.log(1e-6), math.log(2.0))
MEANS = (-3.0, 3.0)
SCALES = (-5.0, 5.0)


class Family(StrEnum):
    """A family of priors."""

    GAMMA = "gamma"
    """Lengthscales Gamma(3, 2/(e^(√2-3)·√d)), noise Gamma(2, e^5), no output scale.
    Source: C. Hvarfner and others, Vanilla Bayesian optimization performs great in high dimensions, 2024 (modes)."""
    SCALED = "scaled"
    """Weak: 0.1/s + 0.1·s on the inverse squared lengthscales s, output scale Gamma(2, 1), noise Gamma(1.1, 30).
    Source: the priors of Optuna's Gaussian process sampler, 2024."""


class MapObjective:
    """The negative log posterior of the hyperparameters for each point, and its gradient.

    The arguments are the logarithms of the lengthscales and of the noise, the mean, and the logarithm of the scale.
    Plain LAPACK on the CPU: so few points are sooner done there than sent to a GPU.
    """

    def __init__(self, x: Tensor, target: Tensor, noise: Tensor, groups: Tensor, family: Family) -> None:
        at, self.target = x.cpu().numpy(), target.cpu().numpy()
        self.noise, self.family = noise.cpu().numpy() + JITTER, family
        self.pairs = np.tril_indices(len(at), -1)
        self.diagonal = np.diag_indices(len(at))
        squares = np.square(at[self.pairs[0]] - at[self.pairs[1]]).T
        self.factors = int(groups.max()) + 1
        self.distances = np.zeros((self.factors, squares.shape[1]))
        """Squared, by factor and pair of points."""
        np.add.at(self.distances, groups.cpu().numpy(), squares)

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Value and gradient at `theta`."""
        f, n = self.factors, len(self.target)
        inverse_squared = np.exp(-2 * theta[:f])
        noise, mean, scale = math.exp(theta[f]), float(theta[f + 1]), math.exp(theta[f + 2])
        k, g = matern52_with_pull(inverse_squared @ self.distances)
        lower = np.zeros((n, n), order="F")
        lower[self.pairs] = scale * k
        lower[self.diagonal] = self.noise + (noise + scale)
        factor, bad = dpotrf(lower, lower=1, clean=0, overwrite_a=1)
        if bad:
            return 1e10, np.zeros_like(theta)
        error = self.target - mean
        weights = dpotrs(factor, error, lower=1)[0]
        value = 0.5 * float(error @ weights) + float(np.log(factor[self.diagonal]).sum())
        inverse = dpotri(factor, lower=1, overwrite_c=1)[0]
        pull = weights[self.pairs[0]] * weights[self.pairs[1]] - inverse[self.pairs]
        own = float(weights @ weights) - float(inverse[self.diagonal].sum())
        gradient = np.zeros_like(theta)
        gradient[:f] = -scale * (self.distances @ (pull * g)) * inverse_squared
        gradient[f] = -0.5 * own * noise
        gradient[f + 1] = -float(weights.sum())
        gradient[f + 2] = -scale * (float(pull @ k) + 0.5 * own) if self.family is not Family.GAMMA else 0.0
        prior, slope = log_prior(self.family, theta)
        return (value - prior) / n, (gradient - slope) / n


def log_prior(family: Family, theta: Array) -> tuple[float, Array]:
    """The logarithm of the prior density, up to a constant, and its gradient."""
    f = len(theta) - 3
    slope = np.zeros_like(theta)
    noise, scale = math.exp(theta[f]), math.exp(theta[f + 2])
    if family is Family.GAMMA:
        rate = 2.0 / (math.exp(math.sqrt(2) - 3) * math.sqrt(f))
        lengths = np.exp(theta[:f])
        slope[:f] = 2.0 - rate * lengths
        slope[f] = 1.0 - math.exp(5.0) * noise
        return float((2.0 * theta[:f] - rate * lengths).sum() + theta[f] - math.exp(5.0) * noise), slope
    inverse = np.exp(-2 * theta[:f])
    slope[:f] = -0.2 / inverse + 0.2 * inverse
    slope[f] = 0.1 - 30 * noise
    slope[f + 2] = 1 - scale
    value = -(0.1 / inverse + 0.1 * inverse).sum() + 0.1 * theta[f] - 30 * noise + theta[f + 2] - scale
    return float(value), slope


def most_probable(x: Tensor, target: Tensor, noise: Tensor, groups: Tensor, family: Family) -> Hyperparameters:
    """The hyperparameters of highest posterior density."""
    f = int(groups.max()) + 1
    first = math.log(0.373 * math.sqrt(f)) if family is Family.GAMMA else 0.0
    start = np.array([first] * f + [-4.0, 0.0, 0.0])
    bounds = [LENGTHSCALES] * f + [NOISES, MEANS, (0.0, 0.0) if family is Family.GAMMA else SCALES]
    objective = MapObjective(x, target, noise, groups, family)
    options = {"maxiter": ITERATIONS, "ftol": 1e-5}
    theta = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    lengthscales = torch.as_tensor(np.exp(theta[:f]), device=x.device)
    return Hyperparameters(lengthscales, math.exp(theta[f]), float(theta[f + 1]), math.exp(theta[f + 2]))


def learn(x: Tensor, target: Tensor, noise: Tensor, groups: Tensor) -> Belief:
    """What the families believe, each weighed by how little the points surprise it, given all others."""
    some = telling(target, LEARN_FROM)
    hypers = [most_probable(x[some], target[some], noise[some], groups, family) for family in Family]
    fitted = [GaussianProcess(x[some], target[some, None], noise[some], groups, hyper) for hyper in hypers]
    parts = [(weight, gp) for weight, gp in zip(weigh(fitted, DOUBT), fitted, strict=True) if weight > 0]
    if len(some) < len(target):
        parts = [(w, GaussianProcess(x, target[:, None], noise, groups, gp.hyper)) for w, gp in parts]
    return Belief(tuple(sorted(parts, key=lambda part: -part[0])))


def learn_smooth(x: Tensor, target: Tensor, noise: Tensor, groups: Tensor) -> GaussianProcess:
    """The process of the smooth family alone: a first, quick look."""
    some = telling(target, LEARN_FROM)
    hyper = most_probable(x[some], target[some], noise[some], groups, Family.GAMMA)
    return GaussianProcess(x, target[:, None], noise, groups, hyper)


def telling(target: Tensor, most: int) -> Tensor:
    """The places of at most so many points, which tell the most: the best third, and of the others some, evenly."""
    n = len(target)
    if n <= most:
        return torch.arange(n, device=target.device)
    order = torch.argsort(target, descending=True, stable=True)
    rest = torch.linspace(most // 3, n - 1, most - most // 3, dtype=torch.float64)
    return torch.cat([order[: most // 3], order[rest.long().to(order.device)]])
