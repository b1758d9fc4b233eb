"""What a measurement would teach: on which side of a target the outcome lies, and what it is everywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from labd.planning.acquisitions.noisy import log_improvement
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.gp import GaussianProcess


def believing(belief: Belief, waiting: Tensor) -> Belief:
    """The belief as if each of the points `waiting` (`p x columns`) had been measured, and found as expected.

    Source: D. Ginsbourger and others, Kriging is well-suited to parallelize optimization, 2010 (the believer).
    """
    if not len(waiting):
        return belief
    return Belief(tuple((weight, _believing(gp, waiting)) for weight, gp in belief.parts))


def _believing(gp: GaussianProcess, waiting: Tensor) -> GaussianProcess:
    expected = gp.predict(waiting)[0]
    return gp.of(
        torch.cat([gp.x, waiting]),
        torch.cat([gp.targets, expected]),
        torch.cat([gp.noise, gp.noise.median().expand(len(waiting))]),
    )


def misjudgement(belief: Belief, target: float) -> Callable[[Tensor], Tensor]:
    """The logarithm of how far the outcome is expected to lie beyond a target, on the side where it is believed not to
    lie: the largest where the model may err most about the side.

    Source: after P. Ranjan and others, Sequential experiment design for contour estimation from complex computer codes,
    2008, and B. Bryan and others, Active learning for identifying function threshold boundaries, 2005.
    """

    def value(at: Tensor) -> Tensor:
        mean, deviation = belief.predict(at)
        return log_improvement(-(mean - target).abs(), deviation, torch.zeros_like(mean))

    return value


def variance_reduction(beliefs: Sequence[Belief], reference: Tensor) -> Callable[[Tensor], Tensor]:
    """The logarithm of how much a measurement lowers the variance, on the mean over `reference` points `r x columns`;
    of a mixture, by weight; of several outcomes, in sum, in standard units.

    Source: D. Cohn, Neural network exploration using optimal experiment design, 1996 (integrated variance).
    """
    parts = [part for belief in beliefs for part in belief.parts]

    def of(gp: GaussianProcess, at: Tensor) -> Tensor:
        known = float(gp.noise.median()) + gp.hyper.noise
        own = gp.predict(at)[1].square()
        return gp.covariance(at, reference).square().mean(1) / (own + known + 1e-9)

    def value(at: Tensor) -> Tensor:
        return torch.stack([weight * of(gp, at) for weight, gp in parts]).sum(0).clamp_min(1e-30).log()

    return value
