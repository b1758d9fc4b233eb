"""BoTorch with relevance pursuit, as its tutorial gives it: each measurement may have noise of its own.

Source: S. Ament and others, Robust Gaussian processes via relevance pursuit, 2024.
"""

from __future__ import annotations

from botorch.fit import fit_gpytorch_mll
from botorch.models.model import Model
from botorch.models.robust_relevance_pursuit_model import RobustRelevancePursuitSingleTaskGP
from gpytorch.mlls import ExactMarginalLogLikelihood
from torch import Tensor

from ..cases import Case
from .botorch_plain import Plain


class Robust(Plain):
    """For the cases with wrong measurements."""

    @staticmethod
    def supports(case: Case) -> bool:
        return case.corrupted > 0

    def _model(self, at: Tensor, targets: Tensor) -> Model:
        model = RobustRelevancePursuitSingleTaskGP(at, targets)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        return model
