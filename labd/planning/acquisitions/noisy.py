"""What a point promises given draws of what is known: exact by draw, averaged over draws, differentiable."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from labd.planning.acquisitions.acquisition import SuccessModel, log_h
from labd.planning.acquisitions.sampled import Sampled

CHUNK = 64
"""Points whose promises, draw by draw, are held at once: they stay in the processor's cache."""
CERTAIN = 1e-9
"""A deviation that stands for none."""

Promise = Callable[[Sequence[Tensor], Sequence[Tensor]], Tensor]
"""From the means and deviations of each outcome, `k x draws` each, to the logarithm of what each draw promises,
`k x draws`. Differentiable by autograd."""


class _LogH(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor) -> Tensor:
        value, slope = log_h(z)
        ctx.save_for_backward(slope)
        return value

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        (slope,) = ctx.saved_tensors
        return torch.mul(upstream, slope)


def log_improvement(mean: Tensor, deviation: Tensor, over: Tensor) -> Tensor:
    """The logarithm of the expected improvement of a normal value over a threshold; all of one shape."""
    value: Tensor = _LogH.apply((mean - over) / deviation)  # type: ignore[no-untyped-call]
    return value + deviation.log()


@dataclass(frozen=True, slots=True)
class Noisy:
    """The logarithm of the mean of a promise over draws, plus the log probability of success."""

    outcomes: tuple[Sampled, ...]
    promise: Promise
    success: SuccessModel | None

    @property
    def device(self) -> torch.device:
        """Where the processes are."""
        return self.outcomes[0].drawn.device

    def __call__(self, at: Tensor) -> Tensor:
        """By point; `k x columns` to `k`."""
        value = torch.cat([self._promised(part) for part in torch.split(at, CHUNK)])
        return value if self.success is None else value + self.success.log_probability(at)

    def _promised(self, at: Tensor) -> Tensor:
        found = [each.predict(at) for each in self.outcomes]
        return _mean(self.promise([mean for mean, _ in found], [deviation for _, deviation in found]))

    def with_gradient(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """The values `k` at `k x columns` points, and their gradients `k x columns`: those of the processes in closed
        form, that of the promise by autograd."""
        found = [each.with_gradient(at) for each in self.outcomes]
        with torch.enable_grad():
            moments = [part.detach().clone().requires_grad_() for each in found for part in each[:2]]
            values = _mean(self.promise(moments[::2], moments[1::2]))
            pulls = torch.autograd.grad(values.sum(), moments, allow_unused=True)
        slopes = [slope for each in found for slope in each[2:]]
        parts = [(slope * pull[:, None]).sum(2) for slope, pull in zip(slopes, pulls, strict=True) if pull is not None]
        value, slope = values.detach(), torch.stack(parts).sum(0)
        if self.success is not None:
            chance, d_chance = self.success.with_gradient(at)
            value, slope = value + chance, slope + d_chance
        return value, slope

    def exploration(self, at: Tensor) -> float:
        """1 - what a point would promise if the model were certain of its mean / what it does promise."""
        found = [each.predict(at[None]) for each in self.outcomes]
        means = [mean for mean, _ in found]
        promised = float(_mean(self.promise(means, [deviation for _, deviation in found]))[0])
        sure = float(_mean(self.promise(means, [torch.full_like(mean, CERTAIN) for mean in means]))[0])
        return min(max(1 - math.exp(min(sure - promised, 0.0)), 0.0), 1.0)


def _mean(by_draw: Tensor) -> Tensor:
    return torch.logsumexp(by_draw, 1) - math.log(by_draw.shape[1])
