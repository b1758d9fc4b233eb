"""How far a point is from what was tried, as the model sees it: in units of its lengthscales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor

from labd.domain.problem import Neighbour, Observation
from labd.planning.spaces.axes import Array
from labd.planning.surrogates.belief import Belief

NEAREST = 3
"""So many neighbours are told."""
REACH = 1.0
"""In lengthscales: further than this, one measurement tells little of another."""
STRICT = 1e3
"""How heavily it weighs that the shares of a point between others sum to 1."""
ROUGHLY = 200
"""Of more points than this only the nearest span what was tried."""


def distances(belief: Belief, at: Tensor, others: Tensor) -> Array:
    """From one point (`columns`) to each of the others (`k x columns`), in lengthscales, averaged over the members of
    the belief by weight; `k`."""
    total = torch.zeros_like(others[:, 0])
    for weight, gp in belief.parts:
        total += weight * ((others - at) / gp.hyper.lengthscales[gp.groups]).square().sum(1).sqrt()
    return np.asarray(total.cpu().numpy())


def nearest(observations: Sequence[Observation], apart: Array) -> tuple[Neighbour, ...]:
    """The nearest past trials, the nearest first; `apart` is each one's distance."""
    order = np.argsort(apart, kind="stable")[:NEAREST]
    return tuple(Neighbour(trial=observations[int(i)].trial, distance=float(apart[i])) for i in order)


def extrapolates(belief: Belief, at: Tensor, others: Tensor) -> bool:
    """Whether a point lies further than a lengthscale outside what the others span (their convex hull)."""
    apart = distances(belief, at, others)
    if not len(apart) or apart.min() <= REACH:
        return not len(apart)
    near = np.argsort(apart, kind="stable")[:ROUGHLY].copy()
    outside = sum(
        weight * _to_hull((others[near] - at) / gp.hyper.lengthscales[gp.groups]) for weight, gp in belief.parts
    )
    return outside > REACH


def _to_hull(corners: Tensor) -> float:
    """How far the origin is from the convex hull of points, `k x columns`.

    Source: C. L. Lawson and R. J. Hanson, Solving least squares problems, 1974, chapter 23 (a sum of shares, weighted
    heavily, within non-negative least squares)."""
    points = corners.cpu().numpy()
    size = STRICT * max(float(np.abs(points).max()), 1.0)
    matrix = np.vstack([points.T, np.full(len(points), size)])
    aim = np.zeros(len(matrix))
    aim[-1] = size
    try:
        shares, _ = nnls(matrix, aim)
    except RuntimeError:  # it did not come to an end: then the nearest corner is what is known
        return float(np.sqrt(np.square(points).sum(1)).min())
    return float(np.linalg.norm(points.T @ (shares / shares.sum())))
