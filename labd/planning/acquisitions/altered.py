"""Acquisitions that are made of another: with a term beside it, or with an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from labd.planning.acquisitions.protocol import Acquisition


class Late(Exception):
    """The time of a strategy is up."""


@dataclass(frozen=True, slots=True)
class Plus:
    """An acquisition and a term of its own, which autograd can differentiate, added up: both are logarithms."""

    acquisition: Acquisition
    term: Callable[[Tensor], Tensor]
    """`k x columns` to `k`."""

    @property
    def device(self) -> torch.device:
        """That of the acquisition."""
        return self.acquisition.device

    def __call__(self, at: Tensor) -> Tensor:
        """By point; `k x columns` to `k`."""
        return self.acquisition(at) + self.term(at)

    def with_gradient(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """The values `k` at `k x columns` points, and their gradients `k x columns`."""
        value, slope = self.acquisition.with_gradient(at)
        with torch.enable_grad():
            here = at.detach().clone().requires_grad_()
            more = self.term(here)
            (steeper,) = torch.autograd.grad(more.sum(), here)
        return value + more.detach(), slope + steeper

    def exploration(self, at: Tensor) -> float:
        """That of the acquisition."""
        return self.acquisition.exploration(at)


@dataclass(frozen=True, slots=True)
class Until:
    """An acquisition that raises `Late` where it is asked after its time: this alone depends on the clock."""

    acquisition: Acquisition
    end: float
    """Of `time.monotonic`."""

    @property
    def device(self) -> torch.device:
        """That of the acquisition."""
        return self.acquisition.device

    def __call__(self, at: Tensor) -> Tensor:
        """By point; `k x columns` to `k`. Raises `Late`."""
        in_time(self.end)
        return self.acquisition(at)

    def with_gradient(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """The values `k` at `k x columns` points, and their gradients `k x columns`. Raises `Late`."""
        in_time(self.end)
        return self.acquisition.with_gradient(at)

    def exploration(self, at: Tensor) -> float:
        """That of the acquisition."""
        return self.acquisition.exploration(at)


def in_time(end: float) -> None:
    """Raises `Late` after `end`, of `time.monotonic`."""
    if time.monotonic() > end:
        raise Late
