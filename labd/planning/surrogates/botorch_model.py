"""labd's Gaussian processes as a BoTorch model, so that BoTorch's acquisition functions work over them.

Nothing is fitted by GPyTorch: the posterior is the closed form, with labd's priors, and autograd differentiates it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from botorch.models.model import Model
from botorch.posteriors.gpytorch import GPyTorchPosterior
from gpytorch.distributions import MultitaskMultivariateNormal, MultivariateNormal
from torch import Tensor

from labd.planning.surrogates.gp import JITTER, GaussianProcess


class ClosedForm(Model):
    """One process an outcome, independent of one another, which need not share their points."""

    def __init__(self, processes: Sequence[GaussianProcess]) -> None:
        super().__init__()
        self.processes = list(processes)

    @property
    def num_outputs(self) -> int:
        """How many outcomes."""
        return len(self.processes)

    @property
    def batch_shape(self) -> torch.Size:
        """One model, not a batch of them."""
        return torch.Size([])

    def posterior(
        self,
        X: Tensor,  # noqa: N803 (BoTorch calls it by this name)
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,  # noqa: FBT001, FBT002 (as BoTorch has it)
        posterior_transform: Any = None,
    ) -> Any:
        """The joint posterior of the noiseless outcomes (or of measurements) at `... x q x columns` points."""
        wanted = range(self.num_outputs) if output_indices is None else output_indices
        each = [_normal(self.processes[k], X, noisy=observation_noise is not False) for k in wanted]
        joint = each[0] if len(each) == 1 else MultitaskMultivariateNormal.from_independent_mvns(each)
        posterior = GPyTorchPosterior(joint)
        return posterior if posterior_transform is None else posterior_transform(posterior)


def _normal(gp: GaussianProcess, at: Tensor, *, noisy: bool) -> MultivariateNormal:
    batch, (q, columns) = at.shape[:-2], at.shape[-2:]
    mean = gp.predict(at.reshape(-1, columns))[0][:, 0].reshape(*batch, q)
    covariance = torch.vmap(gp.covariance)(at.reshape(-1, q, columns))
    extra = gp.hyper.noise if noisy else 0.0
    covariance = covariance + (extra + JITTER) * torch.eye(q, dtype=at.dtype, device=at.device)
    return MultivariateNormal(mean, covariance.reshape(*batch, q, q))
