"""What an outcome may be at the points that were or are being measured: joint draws, and what follows from each.

A measurement with noise leaves open how good its point is. So values without noise are drawn at these points, jointly,
and the process is conditioned on each draw: what a new point promises is exact given a draw, and averaged over them.
Source: B. Letham and others, Constrained Bayesian optimization with noisy experiments, 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labd.planning.spaces.sobol import sobol
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.gp import GaussianProcess, safe_cholesky

DRAWS = 32
"""Quasi-random draws."""
EXACT = 1e-6
"""The variance at which a drawn value counts as known."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """One outcome given joint draws at the same points; each process of a mixture has its share of the draws."""

    processes: tuple[GaussianProcess, ...]
    """Conditioned on draws: one column of targets each."""
    order: Tensor
    """The draw of each column, the processes' columns in a row."""
    drawn: Tensor
    """The values drawn; `points x draws`."""

    def predict(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and deviation given each draw, at `k x columns` points; both `k x draws`."""
        found = [gp.predict(at) for gp in self.processes]
        mean = torch.cat([mean for mean, _ in found], 1)
        deviation = torch.cat([d[:, None].expand_as(m) for m, d in found], 1)
        return mean[:, self.order], deviation[:, self.order]

    def with_gradient(self, at: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The same, and their gradients `k x columns x draws`."""
        found = [gp.predict_with_gradient(at) for gp in self.processes]
        mean = torch.cat([m for m, _, _, _ in found], 1)
        deviation = torch.cat([d[:, None].expand_as(m) for m, d, _, _ in found], 1)
        d_mean = torch.cat([slope for _, _, slope, _ in found], 2)
        d_deviation = torch.cat([s[:, :, None].expand_as(m) for _, _, m, s in found], 2)
        order = self.order
        return mean[:, order], deviation[:, order], d_mean[:, :, order], d_deviation[:, :, order]


def drawn(beliefs: Sequence[Belief], points: Tensor, seed: int, draws: int = DRAWS) -> list[Tensor]:
    """Joint values without noise of each outcome at `p x columns` points; each `p x draws`."""
    return [each.drawn for each in _sample(beliefs, points, seed, draws, conditioned=False)]


def sampled(beliefs: Sequence[Belief], points: Tensor, seed: int, draws: int = DRAWS) -> list[Sampled]:
    """Each outcome given joint draws at `p x columns` points, p > 0."""
    return _sample(beliefs, points, seed, draws, conditioned=True)


def _sample(beliefs: Sequence[Belief], points: Tensor, seed: int, draws: int, *, conditioned: bool) -> list[Sampled]:
    p = len(points)
    uniform = sobol(p * len(beliefs), draws, seed).to(points.device)
    normal = torch.special.ndtri(uniform.clamp(1e-6, 1 - 1e-6)).reshape(draws, len(beliefs), p)
    return [
        _one(
            belief, points, normal[:, k].T, np.random.default_rng([seed, k]).permutation(draws), conditioned=conditioned
        )
        for k, belief in enumerate(beliefs)
    ]


def _one(belief: Belief, points: Tensor, normal: Tensor, shuffled: NDArray[np.int64], *, conditioned: bool) -> Sampled:
    """Which draws are of which process is shuffled, so that no process goes with one of another outcome."""
    values = torch.empty_like(normal)
    processes, used = [], 0
    counts = shares([weight for weight, _ in belief.parts], len(shuffled))
    for (_, gp), count in zip(belief.parts, counts, strict=True):
        if not count:
            continue
        mine = torch.as_tensor(shuffled[used : used + count], device=points.device)
        used += count
        covariance = gp.covariance(points)
        covariance.diagonal().add_(EXACT)
        mean = gp.predict(points)[0]
        values[:, mine] = mean + safe_cholesky(covariance) @ normal[:, mine]
        if conditioned:
            processes.append(_given(gp, points, values[:, mine]))
    order = torch.as_tensor(np.argsort(shuffled, kind="stable"), device=points.device)
    return Sampled(tuple(processes), order, values)


def _given(gp: GaussianProcess, points: Tensor, values: Tensor) -> GaussianProcess:
    noise = torch.full_like(values[:, 0], EXACT - gp.hyper.noise)  # the shared noise, which is added, is taken back
    targets = torch.cat([gp.targets.expand(-1, values.shape[1]), values])
    return gp.of(torch.cat([gp.x, points]), targets, torch.cat([gp.noise, noise]))


def shares(weights: Sequence[float], count: int) -> list[int]:
    """How many of `count` each gets, by weight: the largest remainders get what is left.

    >>> shares([0.7, 0.25, 0.05], 8)
    [6, 2, 0]
    """
    exact = [weight * count for weight in weights]
    given = [int(each) for each in exact]
    by_rest = sorted(range(len(weights)), key=lambda k: given[k] - exact[k])
    for k in by_rest[: count - sum(given)]:
        given[k] += 1
    return given
