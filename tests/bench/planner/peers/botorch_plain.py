"""Plain BoTorch as its tutorials give it: SingleTaskGP and qLogNEI, or qLogNEHVI; MultiTaskGP where there is an earlier
campaign; SingleTaskMultiFidelityGP where there are fidelities.

The fidelity is chosen after the point, which is sought at the full one: that whose squared correlation with the full
one there is largest for its cost. Source: D. Huang and others, Sequential kriging optimization using multiple-fidelity
evaluations, 2006. Failed trials count as the worst that was measured.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import cast

import torch
from botorch.acquisition.acquisition import AcquisitionFunction
from botorch.acquisition.fixed_feature import FixedFeatureAcquisitionFunction
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.acquisition.objective import GenericMCObjective
from botorch.fit import fit_gpytorch_mll
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.gp_regression_fidelity import SingleTaskMultiFidelityGP
from botorch.models.gp_regression_mixed import MixedSingleTaskGP
from botorch.models.gpytorch import GPyTorchModel
from botorch.models.model import Model
from botorch.models.model_list_gp_regression import ModelListGP
from botorch.models.multitask import MultiTaskGP
from botorch.models.transforms.outcome import Standardize
from botorch.optim.optimize import optimize_acqf, optimize_acqf_discrete
from botorch.optim.optimize_mixed import optimize_acqf_mixed_alternating
from botorch.posteriors.gpytorch import GPyTorchPosterior
from botorch.sampling.normal import SobolQMCNormalSampler
from gpytorch.mlls import ExactMarginalLogLikelihood, SumMarginalLogLikelihood
from torch import Tensor

from ..cases import LIMITED, Case, Choice, Levels, Point, Tried, with_worst

warnings.filterwarnings("ignore")
torch.set_default_dtype(torch.double)


class Plain:
    """Fitted anew at each ask."""

    @staticmethod
    def supports(case: Case) -> bool:
        return True

    def __init__(self, case: Case, seed: int) -> None:
        torch.manual_seed(seed)
        self._case, self._seed = case, seed
        self._options = [i for i, each in enumerate(case.parameters) if isinstance(each, Choice)]
        self._onehot = case.pool is not None and bool(self._options)
        self._fidelity = next((i for i, each in enumerate(case.parameters) if each.name == case.fidelity), None)
        self._pool = self._code(case.pool) if case.pool is not None else None

    def ask(self, history: Sequence[Tried]) -> Point:
        case = self._case
        known = with_worst(history)
        at = self._code([each.point for each in known])
        names = [*case.objectives, *([LIMITED] if case.limited else [])]
        model = self._model(at, torch.tensor([[each.measured[name] for name in names] for each in known]))
        acquisition = self._acquisition(model, at)
        if self._pool is not None and case.pool is not None:
            done = {case.key(each.point) for each in history}
            left = [i for i, row in enumerate(case.pool) if case.key(row) not in done]
            best, _ = optimize_acqf_discrete(acquisition, 1, self._pool[left], max_batch_size=1024)
            return case.pool[left[int((self._pool[left] - best).abs().sum(1).argmin())]]
        return self._decode(self._fidelity_for(model, self._best(acquisition)))

    def _code(self, points: Sequence[Point]) -> Tensor:
        if self._onehot:
            return torch.tensor(self._case.encode(points) * math.sqrt(2))
        return torch.tensor(
            [
                [
                    float(each.options.index(str(point[each.name])))
                    if isinstance(each, Choice)
                    else (float(point[each.name]) - each.low) / (each.high - each.low)
                    for each in self._case.parameters
                ]
                for point in points
            ]
        )

    def _decode(self, at: Tensor) -> Point:
        point: Point = {}
        for each, value in zip(self._case.parameters, at.tolist(), strict=True):
            if isinstance(each, Choice):
                point[each.name] = each.options[round(value)]
            else:
                number = each.low + min(max(value, 0.0), 1.0) * (each.high - each.low)
                levels = each.values if isinstance(each, Levels) else (number,)
                point[each.name] = min(levels, key=lambda level: abs(level - number))
        return point

    def _single(self, at: Tensor, target: Tensor) -> GPyTorchModel:
        if self._fidelity is not None:
            return SingleTaskMultiFidelityGP(at, target, data_fidelities=[self._fidelity])
        if self._case.earlier:
            before = self._code([point for point, _ in self._case.earlier])
            values = torch.tensor([[value] for _, value in self._case.earlier])
            task = torch.cat([torch.zeros(len(at), 1), torch.ones(len(before), 1)])
            rows = torch.cat([torch.cat([at, before]), task], 1)
            every = torch.cat([_standard(target), _standard(values)])  # each in its own units, as its tutorial advises
            return MultiTaskGP(rows, every, task_feature=-1, output_tasks=[0], outcome_transform=Standardize(1))
        if self._options and not self._onehot:
            return MixedSingleTaskGP(at, target, cat_dims=self._options)
        return SingleTaskGP(at, target)

    def _model(self, at: Tensor, targets: Tensor) -> Model:
        models = [self._single(at, targets[:, [column]]) for column in range(targets.shape[1])]
        if len(models) == 1:
            fit_gpytorch_mll(ExactMarginalLogLikelihood(models[0].likelihood, models[0]))
            return models[0]
        model = ModelListGP(*models)
        fit_gpytorch_mll(SumMarginalLogLikelihood(model.likelihood, model))
        return model

    def _acquisition(self, model: Model, at: Tensor) -> AcquisitionFunction:
        sampler = SobolQMCNormalSampler(torch.Size([128]), seed=self._seed)
        reference = self._case.reference
        if reference is not None:
            return qLogNoisyExpectedHypervolumeImprovement(
                model, list(reference), at, sampler=sampler, prune_baseline=True
            )
        if self._case.limited:
            return qLogNoisyExpectedImprovement(
                model,
                at,
                sampler=sampler,
                prune_baseline=True,
                objective=GenericMCObjective(_first),
                constraints=[_second],
            )
        if self._fidelity is not None:
            base = at.clone()
            base[:, self._fidelity] = 1.0
            every = qLogNoisyExpectedImprovement(model, base, sampler=sampler, prune_baseline=True)
            return FixedFeatureAcquisitionFunction(every, at.shape[1], [self._fidelity], [1.0])
        return qLogNoisyExpectedImprovement(model, at, sampler=sampler, prune_baseline=True)

    def _best(self, acquisition: AcquisitionFunction) -> Tensor:
        free = [each for each in self._case.parameters if each.name != self._case.fidelity]
        if self._options:
            tops = [len(each.options) - 1.0 if isinstance(each, Choice) else 1.0 for each in free]
            levels = {i: list(range(len(free[i].options))) for i in self._options}  # type: ignore[union-attr]
            found, _ = optimize_acqf_mixed_alternating(
                acquisition,
                torch.tensor([[0.0] * len(free), tops]),
                cat_dims=levels,
                q=1,
                raw_samples=256,
                num_restarts=8,
            )
        else:
            sums = [(torch.arange(len(free)), torch.ones(len(free)), 1.0)] if self._case.mixture else None
            bounds = torch.tensor([[0.0] * len(free), [1.0] * len(free)])
            found, _ = optimize_acqf(
                acquisition, bounds, q=1, num_restarts=10, raw_samples=256, equality_constraints=sums
            )
        return found[0]

    def _fidelity_for(self, model: Model, at: Tensor) -> Tensor:
        place = self._fidelity
        if place is None:
            return at
        levels = next(each for each in self._case.parameters if isinstance(each, Levels))
        units = [(value - levels.low) / (levels.high - levels.low) for value in levels.values]
        rows = torch.stack([torch.cat([at[:place], torch.tensor([unit]), at[place:]]) for unit in units])
        with torch.no_grad():
            spread = cast("GPyTorchPosterior", model.posterior(rows)).distribution.covariance_matrix
        worth = spread[:, -1] ** 2 / (spread.diagonal() * spread[-1, -1])
        cost = torch.tensor([self._case.costs(self._decode(row)) for row in rows])
        return rows[int((worth / cost).argmax())]


def _first(values: Tensor, X: Tensor | None = None) -> Tensor:  # noqa: N803, BoTorch's name
    return values[..., 0]


def _second(values: Tensor) -> Tensor:
    return values[..., 1]


def _standard(values: Tensor) -> Tensor:
    return (values - values.mean()) / values.std()
