"""What the families of priors together believe of an outcome."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from labd.planning.surrogates.gp import GaussianProcess

NEGLIGIBLE = 0.02
"""A family of less weight than this is left out."""


@dataclass(frozen=True, slots=True)
class Belief:
    """Gaussian processes over the same points, each with its weight; the weights sum to 1, the heaviest comes first."""

    parts: tuple[tuple[float, GaussianProcess], ...]

    @property
    def main(self) -> GaussianProcess:
        """The process of the largest weight."""
        return self.parts[0][1]

    @property
    def believed(self) -> Tensor:
        """The mean at the points that were measured; `n`."""
        return torch.stack([weight * gp.believed[:, 0] for weight, gp in self.parts]).sum(0)

    def size(self) -> int:
        """Bytes that it holds, roughly."""
        return sum(8 * len(gp.factor) * (len(gp.factor) + 3 * gp.x.shape[1]) for _, gp in self.parts)

    def expected(self, at: Tensor) -> Tensor:
        """The mean alone, `k`: that is the cheaper half of a prediction."""
        return torch.stack([weight * gp.expected(at)[:, 0] for weight, gp in self.parts]).sum(0)

    def predict(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """Mean `k` and standard deviation `k` of the mixture, of the noiseless outcome."""
        first, second = torch.zeros_like(at[:, 0]), torch.zeros_like(at[:, 0])
        for weight, gp in self.parts:
            mean, deviation = gp.predict(at)
            first += weight * mean[:, 0]
            second += weight * (deviation.square() + mean[:, 0].square())
        return first, (second - first.square()).clamp_min(0.0).sqrt()


def weigh(processes: list[GaussianProcess], power: float = 1.0) -> list[float]:
    """The weight of each: its leave-one-out density to a power, brought to sum 1; 0 where it is negligible.

    Source: Y. Yao and others, Using stacking to average Bayesian predictive distributions, 2018 (pseudo-BMA).
    """
    densities = torch.tensor([each.leave_one_out() for each in processes], dtype=torch.float64)
    weights = torch.softmax(power * densities, 0)
    weights = torch.where(weights < NEGLIGIBLE, 0.0, weights)
    return [float(each) for each in weights / weights.sum()]
