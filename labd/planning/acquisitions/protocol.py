"""What the search asks of an acquisition, whoever made it."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class Acquisition(Protocol):
    """How much an experiment promises at each point: larger is better, and no more is said of the scale."""

    @property
    def device(self) -> torch.device:
        """Where the points have to be."""

    def __call__(self, at: Tensor) -> Tensor:
        """By point; features `k x columns` to `k`."""

    def with_gradient(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """The values `k` at `k x columns` points, and their gradients `k x columns`."""

    def exploration(self, at: Tensor) -> float:
        """The part of what one point (`columns`) promises that comes from not knowing; 0..1."""
