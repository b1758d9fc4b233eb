"""What a trial costs, as the search sees it."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from labd.domain.problem import Categorical, Cost
from labd.planning.spaces.space import Space
from labd.planning.strategies.data import Data


class Pricing:
    """The cost of points, from their features; differentiable in those of numbers."""

    def __init__(self, cost: Cost, data: Data) -> None:
        self.fixed, self.device = cost.fixed, data.device
        self.numbers: list[tuple[int, float, float, float, bool, float]] = []
        """Column, its unit, lowest and highest value, whether by the logarithm, and the cost of a unit."""
        self.options: list[tuple[Tensor, Tensor, Tensor]] = []
        """Columns, the features of each option, and the cost of each."""
        for k, parameter in enumerate(data.question.problem.parameters):
            first = int(data.space.first_column[k])
            if isinstance(parameter, Categorical):
                if parameter.name in cost.options:
                    by_option = cost.options[parameter.name]
                    costs = [by_option.get(each, 0.0) for each in parameter.options]
                    prices = torch.tensor(costs, dtype=torch.float64, device=self.device)
                    columns, looks = _looks(data.space, k, len(parameter.options))
                    self.options.append((columns.to(self.device), looks.to(self.device), prices))
            elif cost.weights.get(parameter.name):
                low, high = float(data.space.axes[k].value(0.0)), float(data.space.axes[k].value(1.0))
                by_log = bool(getattr(parameter, "log", False))
                unit = float(data.space.units[k])
                self.numbers.append((first, unit, low, high, by_log, cost.weights[parameter.name]))

    def __call__(self, at: Tensor) -> Tensor:
        """By point; `k x columns` to `k`."""
        total = torch.full_like(at[:, 0], self.fixed)
        for column, unit, low, high, by_log, weight in self.numbers:
            share = unit * at[:, column]
            value = low * torch.exp(share * math.log(high / low)) if by_log else low + share * (high - low)
            total = total + weight * (value - low)
        for columns, looks, prices in self.options:
            apart = (at[:, None, columns] - looks).square().sum(2)
            total = total + prices[apart.argmin(1)]
        return total

    @property
    def varies(self) -> bool:
        """Whether trials differ in cost."""
        return bool(self.numbers or self.options)


def _looks(space: Space, place: int, count: int) -> tuple[Tensor, Tensor]:
    """The columns of a categorical parameter, and the features of each option in them."""
    columns = torch.as_tensor(np.flatnonzero(space.groups == place), device="cpu")
    rows = np.zeros((count, len(space.axes)))
    rows[:, place] = np.arange(count)
    return columns, space.features(rows)[:, columns]


def cooled(pricing: Pricing, data: Data) -> float:
    """How much cost counts for a choice: 1 while no more was spent than on the first trials, and less, as their share
    in all that was spent, from then on: a cheap search must not end as a search among the cheap.

    Source: after E. H. Lee and others, Cost-aware Bayesian optimization, 2020, whose share is of a budget, which is not
    known here.
    """
    asked = data.question
    spent = pricing(data.features(asked.tried)).cpu().tolist()
    spent = [each if seen.cost is None else seen.cost for each, seen in zip(spent, asked.observations, strict=True)]
    first = asked.problem.initial
    total = math.fsum(spent)
    return math.fsum(spent[:first]) / total if total > 0 else 1.0
