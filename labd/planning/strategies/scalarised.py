"""Several objectives as one that counts the worst of them: reaches every part of a front, and any goals together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from labd.domain.problem import Goal
from labd.planning.acquisitions.by_autograd import ByAutograd
from labd.planning.acquisitions.limits import all_kept
from labd.planning.explanations.explain import listed
from labd.planning.spaces.axes import Array
from labd.planning.strategies.several import Several
from labd.planning.strategies.standing import standing

ALSO = 0.05
"""How much the sum counts beside the worst. Source: J. Knowles, ParEGO, 2006."""
SAMPLES = 64
MOST = 8
"""So many points are improved on: the time of BoTorch's function grows with them."""


class Chebyshev(Several):
    """BoTorch's log noisy expected improvement of the augmented Chebyshev scalarisation.

    The weights are the objectives' where they differ; otherwise they are drawn anew for each trial, which leads along
    the whole front. Each objective is brought to 0..1 over what was observed; one that is to match a target counts by
    its distance.
    """

    @property
    def method(self) -> str:
        """`chebyshev`, who learnt, and `qlognei`."""
        return f"chebyshev-{self.data.learners}-qlognei" + self.limits.named

    @cached_property
    def known(self) -> tuple[Array, Tensor]:
        """The rows at which something was measured, and how good each objective is there: `rows x objectives`."""
        rows = np.unique(np.concatenate([each.rows for each in self.wanted]), axis=0)
        at = self.data.features(rows)
        return rows, self._worth([each.belief.predict(at)[0] for each in self.wanted])

    def _worth(self, values: Sequence[Tensor]) -> Tensor:
        """Larger is better; the last dimension is the objective."""
        found = []
        for objective, learnt, each in zip(self.objectives, self.wanted, values, strict=False):
            matched = objective.goal is Goal.MATCH and objective.target is not None
            found.append(-(each - learnt.standard.target(objective.target or 0.0)).abs() if matched else each)
        return torch.stack(found, -1)

    def _scalarised(self, values: Sequence[Tensor], weights: Tensor) -> Tensor:
        low, high = self.known[1].amin(0), self.known[1].amax(0)
        shares = weights * (self._worth(values) - low) / torch.where(high - low > 1e-9, high - low, 1.0)
        return shares.amin(-1) + ALSO * shares.sum(-1)

    def _weights(self, seed: int) -> Tensor:
        given = np.array([each.weight for each in self.objectives])
        if len(set(given.tolist())) == 1:
            given = np.random.default_rng(seed).dirichlet(np.ones(len(given)))
        return torch.as_tensor(given / given.sum(), dtype=torch.float64, device=self.data.device)

    def acquisition(self, waiting: Tensor, seed: int) -> ByAutograd:
        """Improvement of the scalarised objectives over the best that keeps all limits."""
        from botorch.acquisition.logei import qLogNoisyExpectedImprovement
        from botorch.acquisition.objective import GenericMCObjective
        from botorch.sampling.normal import SobolQMCNormalSampler

        from labd.planning.acquisitions.from_botorch import from_botorch
        from labd.planning.surrogates.botorch_model import ClosedForm

        weights, m, within = self._weights(seed), len(self.wanted), self.limits.within
        beliefs = [each.belief for each in self.wanted] + self.limits.beliefs

        def is_best(draws: list[Tensor]) -> Tensor:
            worth = self._scalarised(draws[:m], weights)
            worth = torch.where(all_kept(draws[0], draws[m:], within), worth, -math.inf)
            return (worth == worth.amax(0)) & torch.isfinite(worth)

        def scalarised(values: Tensor, X: Any = None) -> Tensor:  # noqa: ARG001, N803 (so BoTorch calls it)
            return self._scalarised(list(values[..., :m].unbind(-1)), weights)

        points = standing(self.data, beliefs, waiting, seed, is_best, MOST)
        function = qLogNoisyExpectedImprovement(
            ClosedForm([each.main for each in beliefs]),
            points,
            sampler=SobolQMCNormalSampler(torch.Size([SAMPLES]), seed=seed % 2**31),
            objective=GenericMCObjective(scalarised),
            constraints=self.limits.beyond(m) or None,
            prune_baseline=False,
            cache_root=False,
        )
        made = from_botorch(function, self.data.device, self.data.success)
        best = float(self._scalarised([each.predict(points)[0] for each in beliefs[:m]], weights).max())

        def explored(at: Tensor) -> float:
            means = [each.predict(at[None])[0] for each in beliefs[:m]]
            sure = max(float(self._scalarised(means, weights)[0]) - best, 0.0)
            return min(max(1 - sure / max(math.exp(float(made.value(at[None])[0])), 1e-12), 0.0), 1.0)

        return replace(made, explored=explored)

    def good(self, count: int) -> Array:
        """The best rows by the weights that are given, or by equal ones."""
        rows, worth = self.known
        low, reach = worth.amin(0), worth.amax(0) - worth.amin(0)
        shares = (worth - low) / torch.where(reach > 1e-9, reach, 1.0)
        shares = shares * torch.tensor([each.weight for each in self.objectives], device=worth.device)
        order = torch.argsort(shares.amin(1) + ALSO * shares.sum(1), descending=True, stable=True)
        return np.asarray(rows[order[:count].cpu().numpy()])

    def appeal(self) -> str:
        """Improvement of the worst."""
        names = listed([each.outcome for each in self.objectives])
        return f"Highest expected improvement of the worse of {names}, each weighed"
