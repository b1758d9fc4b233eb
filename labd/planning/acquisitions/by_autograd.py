"""An acquisition of any function that autograd can differentiate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from labd.planning.acquisitions.acquisition import SuccessModel

CHUNK = 256
"""Points whose values are worked out at once: bounds the memory of a large pool."""


def only_knowledge(at: Tensor) -> float:
    """Nothing is promised but knowledge: all of it comes from not knowing."""
    del at
    return 1.0


@dataclass(frozen=True, slots=True)
class ByAutograd:
    """A value of points, plus the log probability of success."""

    value: Callable[[Tensor], Tensor]
    """`k x columns` to `k`."""
    device: torch.device
    success: SuccessModel | None = None
    explored: Callable[[Tensor], float] = only_knowledge
    """The part of what one point (`columns`) promises that comes from not knowing; 0..1."""

    def __call__(self, at: Tensor) -> Tensor:
        """By point; `k x columns` to `k`."""
        found = torch.cat([self.value(part) for part in torch.split(at, CHUNK)])
        return found if self.success is None else found + self.success.log_probability(at)

    def with_gradient(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """The values `k` at `k x columns` points, and their gradients `k x columns`."""
        with torch.enable_grad():
            here = at.detach().clone().requires_grad_()
            values = self.value(here)
            (slope,) = torch.autograd.grad(values.sum(), here)
        value = values.detach()
        if self.success is not None:
            chance, d_chance = self.success.with_gradient(at)
            value, slope = value + chance, slope + d_chance
        return value, slope

    def exploration(self, at: Tensor) -> float:
        """As `explored` says."""
        return self.explored(at)
