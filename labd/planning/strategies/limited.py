"""What is wanted within limits of other outcomes: improvement over the best that keeps them, times the chance to."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from labd.planning.acquisitions.limits import LimitedImprovement, Within, all_kept, best_kept
from labd.planning.acquisitions.noisy import Noisy
from labd.planning.acquisitions.protocol import Acquisition
from labd.planning.acquisitions.sampled import sampled
from labd.planning.explanations.explain import listed, number
from labd.planning.spaces.axes import Array
from labd.planning.strategies.data import Data, Learnt, having
from labd.planning.strategies.question import Question
from labd.planning.strategies.single import Improvement
from labd.planning.strategies.standing import standing
from labd.planning.surrogates.belief import Belief

BELOW_ALL = 1.0
"""Where no point keeps all limits, improvement is counted from so many deviations below the worst: then what counts is
the chance to keep them."""


class Limits:
    """What is learnt of the outcomes that have limits."""

    def __init__(self, data: Data) -> None:
        self.wanted = data.question.problem.limits
        self.outcomes = tuple(data.outcome(each.outcome, 1.0) for each in self.wanted)
        self.within = tuple(
            Within(
                -math.inf if limit.low is None else learnt.standard.target(limit.low),
                math.inf if limit.high is None else learnt.standard.target(limit.high),
            )
            for limit, learnt in zip(self.wanted, self.outcomes, strict=True)
        )

    @property
    def beliefs(self) -> list[Belief]:
        """Of each limited outcome."""
        return [each.belief for each in self.outcomes]

    def log_chance(self, at: Tensor) -> Tensor:
        """The logarithm of the probability that all are kept, by point; `k x columns` to `k`."""
        found = [
            within.log_chance(*learnt.belief.predict(at))
            for within, learnt in zip(self.within, self.outcomes, strict=True)
        ]
        return torch.stack(found).sum(0)

    def kept(self, at: Tensor) -> Tensor:
        """Which points are likelier than not to keep all; without limits, every one; `k x columns` to `k`."""
        if not self.wanted:
            return torch.ones(len(at), dtype=torch.bool, device=at.device)
        return self.log_chance(at) > math.log(0.5)

    @property
    def bounds(self) -> str:
        """What is to be kept, in words."""
        return listed([_bounds(each.outcome, each.low, each.high) for each in self.wanted])

    def beyond(self, first: int) -> list[Callable[[Tensor], Tensor]]:
        """BoTorch's form of the limits, of samples whose last dimension has these outcomes from place `first` on: each
        is negative where a bound is kept."""
        return [partial(_beyond, k=k, within=within) for k, within in enumerate(self.within, first)]

    @property
    def named(self) -> str:
        """What a method's name says of them."""
        return "+limits" if self.wanted else ""

    def beside(self, *wanted: Learnt) -> tuple[Learnt, ...]:
        """The limited outcomes and those that are wanted, each once."""
        return tuple({each.name: each for each in (*self.outcomes, *wanted)}.values())

    def notes(self, at: Tensor) -> list[str]:
        """What is to be said of a point (`1 x columns`): the chance that they are kept."""
        if not self.wanted:
            return []
        names = listed([each.name for each in self.outcomes])
        kept = "keeps its limit" if len(self.outcomes) == 1 else "keep their limits"
        return [f"{100 * math.exp(float(self.log_chance(at)[0])):.0f} % chance that {names} {kept}"]


class Limited:
    """Log noisy expected improvement of what is wanted, times the chance to keep all limits."""

    def __init__(self, question: Question) -> None:
        self.plain = Improvement(question)
        self.data, self.wanted = self.plain.data, self.plain.wanted
        self.limits = Limits(self.data)
        self.outcomes = self.limits.beside(*self.plain.outcomes)

    @property
    def method(self) -> str:
        """That of the unlimited improvement, `noisy`, and `limits`."""
        return self.plain.method.replace("-logei", "-lognei") + self.limits.named

    @property
    def belief(self) -> Belief:
        """Of what is wanted."""
        return self.wanted.belief

    @property
    def importance(self) -> dict[str, float]:
        """By parameter, its share in what is wanted."""
        return self.plain.importance

    def acquisition(self, waiting: Tensor, seed: int) -> Noisy:
        """Improvement over the best of the points that keep all limits, in each draw."""
        beliefs, within = [self.belief, *self.limits.beliefs], self.limits.within
        floor = float(self.wanted.believed().min()) - BELOW_ALL

        def is_best(draws: list[Tensor]) -> Tensor:
            worth = torch.where(all_kept(draws[0], draws[1:], within), draws[0], floor)
            return (worth == worth.amax(0)) & (worth > floor)

        points = standing(self.data, beliefs, waiting, seed, is_best)
        outcomes = sampled(beliefs, points, seed)
        best = best_kept(outcomes[0].drawn, [each.drawn for each in outcomes[1:]], within, floor)
        return Noisy(tuple(outcomes), LimitedImprovement(best, within), self.data.success)

    def good(self, count: int) -> Array:
        """The best rows by the mean, those first that are likelier than not to keep all limits."""
        rows, means = self.wanted.rows, self.wanted.believed()
        chance = self.limits.log_chance(self.data.features(rows))
        worth = torch.where(chance > math.log(0.5), means - means.min() + 1, chance)
        order = torch.argsort(worth, descending=True, stable=True).cpu().numpy()
        return np.asarray(rows[order[:count]])

    def appeal(self) -> str:
        """Improvement, and within what."""
        kept = self.limits.kept(self.data.features(self.wanted.rows))
        if not bool(kept.any()):
            return f"Promises most for the chance that it keeps {self.limits.bounds}, which no trial is expected to yet"
        return f"{self.plain.appeal(kept)}, where {self.limits.bounds}"

    def notes(self, at: Tensor) -> list[str]:
        """The chance that the limits are kept."""
        return self.limits.notes(at)

    def improvement(self, acquisition: Acquisition, at: Tensor) -> float | None:
        """What is expected above the best that keeps the limits, times the chance to keep them."""
        if not self.wanted.name:
            return None
        return math.exp(float(acquisition(at)[0])) * self.wanted.standard.unit


def _beyond(values: Tensor, k: int, within: Within) -> Tensor:
    return torch.maximum(within.low - values[..., k], values[..., k] - within.high)


def _bounds(outcome: str, low: float | None, high: float | None) -> str:
    """A limit in words.

    >>> _bounds("purity", 95.0, None), _bounds("ph", 6.5, 7.5)
    ('purity ≥ 95', '6.5 ≤ ph ≤ 7.5')
    """
    if low is not None and high is not None:
        return f"{number(low)} ≤ {outcome} ≤ {number(high)}"
    return f"{outcome} ≥ {number(low)}" if low is not None else f"{outcome} ≤ {number(high or 0.0)}"


def limits_learnable(question: Question) -> bool:
    """Whether every limited outcome was measured at least once."""
    return all(having(question, [each.outcome]) for each in question.problem.limits)
