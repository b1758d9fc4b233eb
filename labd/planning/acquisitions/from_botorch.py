"""Any BoTorch acquisition function, for one point at a time, as an acquisition of the one search.

BoTorch 0.18 compiles a C++ kernel at the first use of its multi-objective acquisition functions, under a lock that a
process which is killed meanwhile leaves behind for ever. It is not loaded here: its pure form gives the same values.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from botorch.acquisition.multi_objective import logei
from torch import Tensor

logei._load_attempted = True  # there is no public switch; a test holds it

CHUNK = 512
"""Points whose joint posteriors with the baseline are held at once."""


class FromBotorch:
    """A BoTorch acquisition function of `k x 1 x columns` points; `sure` is what it would promise without doubt."""

    def __init__(self, function: Callable[[Tensor], Tensor], device: torch.device) -> None:
        self.function, self.device = function, device

    def __call__(self, at: Tensor) -> Tensor:
        """By point; `k x columns` to `k`."""
        return torch.cat([self.function(part[:, None]) for part in torch.split(at, CHUNK)])

    def with_gradient(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """The values `k` at `k x columns` points, and their gradients `k x columns`, by autograd."""
        with torch.enable_grad():
            here = at.detach().clone().requires_grad_()
            values = self.function(here[:, None])
            (slope,) = torch.autograd.grad(values.sum(), here)
        return values.detach(), slope
