"""Measurements of several fidelities: what each teaches about the outcome at the target, for what it costs."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from labd.planning.acquisitions.by_autograd import ByAutograd
from labd.planning.acquisitions.knowledge import believing
from labd.planning.acquisitions.noisy import log_improvement
from labd.planning.acquisitions.protocol import Acquisition
from labd.planning.explanations.explain import number
from labd.planning.spaces.axes import Array
from labd.planning.strategies.limited import BELOW_ALL, Limits
from labd.planning.strategies.pricing import Pricing
from labd.planning.strategies.question import Question
from labd.planning.strategies.single import Improvement
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.gp import GaussianProcess

SAME = 1e-9
"""Coordinates that differ by no more are the same."""
LEAST = 1e-9
"""The smallest deviation by which a mean is taken to move."""


class FidelityAware:
    """The logarithm of what a measurement promises for its cost.

    At the target fidelity: expected improvement over the best that was measured there. Elsewhere: knowledge alone. A
    measurement at (x, s) moves the mean at (x, target) by a normal amount, of deviation
    cov((x, s), (x, target)) / √(var(x, s) + noise), and what counts is how far it is expected to come past the best
    mean at the target, from above or from below.
    Source: after D. Huang and others, Sequential kriging optimization using multiple-fidelity evaluations, 2006, and
    P. Frazier and others, The knowledge-gradient policy, 2009.
    """

    def __init__(self, question: Question) -> None:
        self.plain = Improvement(question)
        self.data, self.wanted, problem = self.plain.data, self.plain.wanted, question.problem
        self.limits = Limits(self.data)
        self.outcomes = self.limits.beside(*self.plain.outcomes)
        self.fidelity = problem.fidelity
        self.pricing = Pricing(problem.cost, self.data) if problem.cost is not None else None
        place = self.data.space.names.index(self.fidelity.parameter) if self.fidelity is not None else 0
        self.place, self.at_target = place, float(question.space.rows([self._like(question)])[0, place])
        self.columns = torch.as_tensor(np.flatnonzero(question.space.groups == place), device=self.data.device)

    def _like(self, question: Question) -> dict[str, str | int | float]:
        point = dict(question.observations[0].parameters)
        return point | ({self.fidelity.parameter: self.fidelity.target} if self.fidelity is not None else {})

    @property
    def method(self) -> str:
        """`fidelity`, who learnt, and `logei`."""
        return f"fidelity-{self.plain.method}" + self.limits.named

    @property
    def belief(self) -> Belief:
        """Of what is wanted, at all fidelities."""
        return self.wanted.belief

    @property
    def importance(self) -> dict[str, float]:
        """By parameter, its share in what is wanted."""
        return self.plain.importance

    def _true(self, at: Tensor) -> Tensor:
        """The points, at the target fidelity."""
        row = self.data.question.tried[:1].copy()
        row[:, self.place] = self.at_target
        target = self.data.features(row)[0, self.columns]
        return at.index_copy(1, self.columns, target.expand(len(at), -1))

    def _best(self) -> Tensor:
        """What the model thinks of each point that was measured, at the target fidelity; of those that would break a
        limit there, that they are worse than all others."""
        true = self._true(self.data.features(self.wanted.rows))
        means = self.belief.predict(true)[0]
        return torch.where(self.limits.kept(true), means, means.min() - BELOW_ALL)

    def acquisition(self, waiting: Tensor, seed: int) -> ByAutograd:
        """What is learnt about improvement at the target, by cost."""
        del seed
        belief, means = believing(self.belief, waiting), self._best()
        best, held = means.max(), self._measured_true(means)

        def value(at: Tensor) -> Tensor:
            true = self._true(at)
            is_true = (at[:, self.columns] - true[:, self.columns]).abs().amax(1) < SAME
            at = torch.where(is_true[:, None], true, at)  # here nothing is promised along the fidelity
            each = [
                math.log(weight) + torch.where(is_true, self._gained(gp, true, held), self._taught(gp, at, true, best))
                for weight, gp in belief.parts
            ]
            gained = torch.logsumexp(torch.stack(each), 0)
            if self.pricing is not None:
                gained = gained - self.pricing(at).log()
            return gained + self.limits.log_chance(true) if self.limits.wanted else gained

        return ByAutograd(value, self.data.device, self.data.success)

    def _measured_true(self, means: Tensor) -> Tensor:
        """The best mean of the points that were measured at the target; a deviation below the worst without any."""
        true = torch.as_tensor(np.abs(self.wanted.rows[:, self.place] - self.at_target) < SAME, device=means.device)
        return means[true].max() if bool(true.any()) else means.min() - 1.0

    def _gained(self, gp: GaussianProcess, true: Tensor, held: Tensor) -> Tensor:
        mean, deviation = gp.predict(true)
        return log_improvement(mean[:, 0], deviation, held.expand_as(deviation))

    def _taught(self, gp: GaussianProcess, at: Tensor, true: Tensor, best: Tensor) -> Tensor:
        mean, own = gp.predict(true)[0][:, 0], gp.predict(at)[1]
        noise = float(gp.noise.median()) + gp.hyper.noise
        moved = gp.covariance(at, true).diagonal().abs() / (own.square() + noise).sqrt()
        return log_improvement(-(mean - best).abs(), moved.clamp_min(LEAST), torch.zeros_like(mean))

    def good(self, count: int) -> Array:
        """The rows that the model thinks best at the target fidelity, there."""
        order = torch.argsort(self._best(), descending=True, stable=True).cpu().numpy()
        rows = np.array(self.wanted.rows[order[:count]])
        rows[:, self.place] = self.at_target
        return rows

    def appeal(self) -> str:
        """What is learnt, and where it counts."""
        target = f"{self.fidelity.parameter} = {self.fidelity.target}" if self.fidelity is not None else "the target"
        told = f"Promises most, for its cost, about improvement at {target}"
        if not bool(self.limits.kept(self._true(self.data.features(self.wanted.rows))).any()):
            return f"{told}; no trial is expected to keep {self.limits.bounds} yet"
        best = number(self.wanted.standard.value(float(self._best().max())))
        return f"{told} on {best}, the model's best estimate so far"

    def notes(self, at: Tensor) -> list[str]:
        """What it costs, and the chance that the limits are kept."""
        asked = self.data.question.problem.cost
        told = []
        if self.pricing is not None and asked is not None:
            told.append(f"it costs {number(float(self.pricing(at)[0]))} {asked.unit}".rstrip())
        return told + self.limits.notes(at)

    def improvement(self, acquisition: Acquisition, at: Tensor) -> float | None:
        """What is expected above the best at the target, whatever it costs."""
        if not self.wanted.name:
            return None
        price = 1.0 if self.pricing is None else float(self.pricing(at)[0])
        best = float(self._best().max())
        return self.wanted.standard.apart(best, best + math.exp(float(acquisition(at)[0])) * price)
