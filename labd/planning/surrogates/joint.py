"""One process over this campaign and earlier ones, whose measurements are of it too, with errors that are themselves
smooth.

What an earlier campaign s measured is, in its own units, a curve that goes with this campaign's by a correlation ρ_s:

    outcome(x)      ~ mean + spread · f(x) + noise
    source_s(x)     ~ mean_s + spread_s · (ρ_s · f(x) + √(1 - ρ_s²) · g_s(x)) + noise_s,    f, g_s ~ GP(0, matern)

so that (source_s(x) - mean_s) · spread / (spread_s · ρ_s) measures this campaign's outcome with the error
spread · √(1/ρ_s² - 1) · g_s(x). Where a source has measured nothing it says nothing; what it measured counts the less,
the smaller ρ_s is. The lengthscales, ρ_s, and this campaign's mean, spread and noise are the most probable ones of all
measurements together.
Sources: E. Bonilla and others, Multi-task Gaussian process prediction, 2008; K. Swersky and others, Multi-task Bayesian
optimization, 2013 (the correlation is learnt); M. Kennedy and A. O'Hagan, Predicting the output from a complex computer
code when fast approximations are available, 2000.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs
from scipy.optimize import minimize
from torch import Tensor

from labd.planning.spaces.axes import Array
from labd.planning.surrogates.arrays import matern52_with_pull
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.fit import LEARN_FROM, LENGTHSCALES, NOISES, Family, log_prior, telling
from labd.planning.surrogates.gp import JITTER, GaussianProcess, Hyperparameters, matern52

RELATED = (6.0, 1.5)
"""Prior of a source's correlation, Beta: most probably 0.91; a source that is much less related is not worth much."""
WIDE = 1.0
"""Standard deviation of the prior of the logarithm of this campaign's spread, in deviations of what was measured."""
MEAN = 3.0
"""Standard deviation of the prior of its mean, in its spreads."""
SPREADS, MEANS, LINKS = (-2.0, 4.0), (-20.0, 20.0), (-3.0, 5.0)
BEGUN, RELATION = (-4.0, 0.0, 0.0), 2.0
"""Where the search begins: noise, mean and spread, and the log odds of each correlation."""
ITERATIONS = 40
USUAL = 0.37
"""The lengthscale that is tried first where no source knows better, for one parameter; it grows with the root of their
number."""
MOST = 100
"""Sources have a say with so many measurements together: the cost grows with the cube."""


@dataclass(frozen=True, slots=True)
class Source:
    """An earlier campaign's outcome, standardised by itself, larger is better."""

    name: str
    belief: Belief
    columns: Tensor
    """The columns of this problem's features that it knows, in its own order."""
    middle: Tensor
    """Where it is taken to have been in all others; of all columns."""

    def __call__(self, at: Tensor) -> Tensor:
        """What it expects, by point; `k x columns` to `k`."""
        return self.belief.expected(at[:, self.columns])

    def with_gradient(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """What it expects, `k`, and the gradients `k x columns`, 0 in the columns that it does not know."""
        value, slope = torch.zeros_like(at[:, 0]), torch.zeros_like(at)
        for weight, gp in self.belief.parts:
            mean, _, d_mean, _ = gp.predict_with_gradient(at[:, self.columns])
            value = value + weight * mean[:, 0]
            slope[:, self.columns] += weight * d_mean[:, :, 0]
        return value, slope

    def told(self, most: int) -> Told:
        """Up to so many of its measurements, as its main process sees them."""
        gp = self.belief.main
        kept = telling(gp.targets[:, 0], most)
        return Told(
            self.middle.expand(len(kept), -1).index_copy(1, self.columns, gp.x[kept]),
            (gp.targets[kept, 0] - gp.hyper.mean) / math.sqrt(gp.hyper.scale),
            (gp.noise[kept] + gp.hyper.noise) / gp.hyper.scale,
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What a source measured, in units of its process's deviation about its mean."""

    x: Tensor
    """In all columns of this problem; `n x columns`."""
    values: Tensor
    noise: Tensor
    """Their variances."""


@dataclass(frozen=True, slots=True)
class Link:
    """What an earlier campaign is to this one: its name, and the correlation with it."""

    name: str
    correlation: float


@dataclass(frozen=True, slots=True)
class Past:
    """Earlier measurements as ones of this campaign's outcome, in its units."""

    links: tuple[Link, ...]
    x: Tensor
    targets: Tensor
    errors: Tensor
    """The covariance of their errors, noise and all."""


class Joined(GaussianProcess):
    """The posterior of this campaign's outcome given its measurements and earlier ones. Its points, targets and noise,
    and what is asked about each of them, are this campaign's alone."""

    def __init__(
        self, x: Tensor, targets: Tensor, noise: Tensor, groups: Tensor, hyper: Hyperparameters, past: Past
    ) -> None:
        self.past = past
        before, none = past.targets[:, None].expand(-1, targets.shape[1]), torch.zeros_like(past.targets)
        super().__init__(torch.cat([past.x, x]), torch.cat([before, targets]), torch.cat([none, noise]), groups, hyper)
        self.x, self.targets, self.noise = x, targets, noise

    def _measured(self, noise: Tensor) -> Tensor:
        covariance = super()._measured(noise)
        theirs = covariance[: len(self.past.targets), : len(self.past.targets)]
        theirs += self.past.errors
        theirs.diagonal().sub_(self.hyper.noise)
        return covariance

    def of(self, x: Tensor, targets: Tensor, noise: Tensor, hyper: Hyperparameters | None = None) -> GaussianProcess:
        """The same process, of other measurements of this campaign, or with other hyperparameters."""
        return Joined(x, targets, noise, self.groups, hyper or self.hyper, self.past)


def joined(
    sources: Sequence[Source], x: Tensor, target: Tensor, noise: Tensor, groups: Tensor, family: Family
) -> tuple[float, Joined]:
    """The process with these sources, at its most probable hyperparameters, and how probable these are; the arguments
    are as of `learn`."""
    told = [each.told(MOST // len(sources)) for each in sources]
    some = telling(target, LEARN_FROM)
    objective = JointObjective(told, x[some], target[some], noise[some], groups, family)
    f, bounds = objective.factors, objective.bounds
    start = np.concatenate([_smoothness(sources, groups).log().cpu().numpy(), BEGUN, [RELATION] * len(sources)])
    options = {"maxiter": ITERATIONS, "ftol": 1e-5}
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    theta, spread = found.x, math.exp(found.x[f + 2])
    lengthscales = torch.as_tensor(np.exp(theta[:f]), device=x.device)
    hyper = Hyperparameters(lengthscales, math.exp(theta[f]) * spread**2, float(theta[f + 1]) * spread, spread**2)
    links = [Link(each.name, float(1 / (1 + np.exp(-at)))) for each, at in zip(sources, theta[f + 3 :], strict=True)]
    return -float(found.fun), Joined(x, target[:, None], noise, groups, hyper, _as_ours(told, links, hyper, groups))


def _as_ours(told: Sequence[Told], links: Sequence[Link], hyper: Hyperparameters, groups: Tensor) -> Past:
    """What sources measured, brought to this campaign's units, and the covariance of the errors that it then has."""
    inverse = (1 / hyper.lengthscales)[groups]
    targets, errors = [], []
    for each, link in zip(told, links, strict=True):
        unit = math.sqrt(hyper.scale) / link.correlation
        away = math.sqrt(5.0) * torch.cdist(each.x * inverse, each.x * inverse)
        targets.append(hyper.mean + each.values * unit)
        errors.append((unit**2 - hyper.scale) * matern52(away) + torch.diag(each.noise * unit**2))
    together: Tensor = torch.block_diag(*errors)  # type: ignore[no-untyped-call]
    return Past(tuple(links), torch.cat([each.x for each in told]), torch.cat(targets), together)


def _smoothness(sources: Sequence[Source], groups: Tensor) -> Tensor:
    """By parameter: the shortest of the sources' lengthscales, and of what none of them knows what is usual."""
    factors = int(groups.max()) + 1
    found = torch.full((factors,), math.inf, dtype=torch.float64, device=groups.device)
    for source in sources:
        known = torch.unique(groups[source.columns])
        found[known] = torch.minimum(found[known], source.belief.main.hyper.lengthscales)
    return torch.where(found.isinf(), USUAL * math.sqrt(factors), found)


class JointObjective:
    """The negative log posterior of the hyperparameters for each point, and its gradient; plain LAPACK on the CPU.

    The arguments are the logarithms of the lengthscales and of the noise over the variance, the mean over the spread,
    the logarithm of the spread, and the log odds of each source's correlation.
    """

    def __init__(
        self, told: Sequence[Told], x: Tensor, target: Tensor, noise: Tensor, groups: Tensor, family: Family
    ) -> None:
        self.n, self.family, self.factors = len(x), family, int(groups.max()) + 1
        at = torch.cat([x, *(each.x for each in told)]).cpu().numpy()
        self.target, self.noise = target.cpu().numpy(), noise.cpu().numpy()
        self.said = torch.cat([each.values for each in told]).cpu().numpy()
        self.theirs = torch.cat([each.noise for each in told]).cpu().numpy()
        self.task = np.repeat(np.arange(len(told) + 1), [self.n, *(len(each.x) for each in told)])
        self.pairs = np.tril_indices(len(at), -1)
        self.diagonal = np.diag_indices(len(at))
        self.ends = self.task[self.pairs[0]], self.task[self.pairs[1]]
        self.other = self.ends[0] != self.ends[1]
        squares = np.square(at[self.pairs[0]] - at[self.pairs[1]]).T
        self.distances = np.zeros((self.factors, squares.shape[1]))
        np.add.at(self.distances, groups.cpu().numpy(), squares)
        self.bounds = [LENGTHSCALES] * self.factors + [NOISES, MEANS, SPREADS] + [LINKS] * len(told)

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Value and gradient at `theta`. All is in units of each campaign's own spread."""
        f, n = self.factors, self.n
        inverse_squared = np.exp(-2 * theta[:f])
        shared, mean, spread = math.exp(theta[f]), float(theta[f + 1]), math.exp(theta[f + 2])
        rho = np.concatenate([[1.0], 1 / (1 + np.exp(-theta[f + 3 :]))])
        alike = np.where(self.other, rho[self.ends[0]] * rho[self.ends[1]], 1.0)
        k, g = matern52_with_pull(inverse_squared @ self.distances)
        lower = np.zeros((len(self.task), len(self.task)), order="F")
        lower[self.pairs] = alike * k
        known = self.noise / spread**2
        lower[self.diagonal] = 1 + JITTER + np.concatenate([known + shared, self.theirs])
        factor, bad = dpotrf(lower, lower=1, clean=0, overwrite_a=1)
        if bad:
            return 1e10, np.zeros_like(theta)
        error = np.concatenate([self.target / spread - mean, self.said])
        weights = dpotrs(factor, error, lower=1)[0]
        value = 0.5 * float(error @ weights) + float(np.log(factor[self.diagonal]).sum()) + n * theta[f + 2]
        inverse = dpotri(factor, lower=1, overwrite_c=1)[0]
        pull = alike * (weights[self.pairs[0]] * weights[self.pairs[1]] - inverse[self.pairs])
        own = np.square(weights) - inverse[self.diagonal]
        gradient = np.zeros_like(theta)
        gradient[:f] = -(self.distances @ (pull * g)) * inverse_squared
        gradient[f] = -0.5 * float(own[:n].sum()) * shared
        gradient[f + 1] = -float(weights[:n].sum())
        gradient[f + 2] = n - float(weights[:n] @ self.target) / spread + float(own[:n] @ known)
        across = np.where(self.other, pull * k, 0.0)
        for one in range(1, len(rho)):
            its = (self.ends[0] == one) | (self.ends[1] == one)
            gradient[f + 2 + one] = -float(across[its].sum()) * (1 - rho[one])
        prior, slope = self._prior(theta, rho[1:])
        return (value - prior) / len(self.task), (gradient - slope) / len(self.task)

    def _prior(self, theta: Array, rho: Array) -> tuple[float, Array]:
        f, (a, b) = self.factors, RELATED
        value, slope = log_prior(self.family, np.concatenate([theta[: f + 1], [0.0, 0.0]]))
        steep = np.concatenate([slope[: f + 1], -theta[f + 1 : f + 3] / (MEAN**2, WIDE**2), a * (1 - rho) - b * rho])
        value -= 0.5 * float(np.square(theta[f + 1 : f + 3] / (MEAN, WIDE)).sum())
        return value + float((a * np.log(rho) + b * np.log1p(-rho)).sum()), steep
