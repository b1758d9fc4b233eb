"""Learning from earlier campaigns: what a source expects is where this campaign begins, as far as it is right.

With a source, a process is learnt of what this campaign's outcome adds to the source's expectation, times a slope:

    outcome(x) ~ slope · source(x) + mean + f(x) + noise

It is as smooth as the source: campaigns differ where the source has its slopes. The slope is a ridge regression on the
points that were measured, towards a source that says as much as they spread. The process with each source, with all of
them, and the one without any are weighed by how little the measurements surprise them, each given all others; those
with sources speak as long as they weigh more than the one without, and then alone: what it does not know yet would make
it look everywhere. A source that misleads is so switched off. Every source is standardised by itself, so that only its
shape counts.

Sources: D. Golovin and others, Google Vizier, 2017 (a stack of processes on residuals); M. Feurer and others, Practical
transfer learning for Bayesian optimization, 2018 (an ensemble that drops what misleads).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from labd.planning.surrogates.belief import Belief, weigh
from labd.planning.surrogates.fit import learn
from labd.planning.surrogates.gp import GaussianProcess

FROM = 3
"""From so many measurements on they say which source is right; before that all count the same, and nothing else does:
two measurements teach nothing alone."""
ROUGH = 0.5
"""How far an outcome lies from a source's line, in its deviations: sets how soon the slope follows the measurements."""
STRAY, STRAYS = 0.3, (0.3, 0.6, 1.2)
"""What is added to a source deviates by so much, in the outcome's deviations, and by what it may be instead. Never by
nothing: however well a source has done so far, it may be wrong about its optimum."""
NOISY = 0.03
"""Noise, as a variance, that a campaign may have even if its sources had none."""
USUAL = 0.37
"""The lengthscale where no source knows better, for one parameter; it grows with the root of their number."""


@dataclass(frozen=True, slots=True)
class Source:
    """An earlier campaign's outcome, standardised by itself, larger is better."""

    name: str
    belief: Belief
    columns: Tensor
    """The columns of this problem's features that it knows, in its own order."""

    def __call__(self, at: Tensor) -> Tensor:
        """What it expects, by point; `k x columns` to `k`."""
        known = at[:, self.columns]
        return torch.stack([weight * gp.expected(known)[:, 0] for weight, gp in self.belief.parts]).sum(0)

    def with_gradient(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """What it expects, `k`, and the gradients `k x columns`, 0 in the columns that it does not know."""
        value, slope = torch.zeros_like(at[:, 0]), torch.zeros_like(at)
        for weight, gp in self.belief.parts:
            mean, _, d_mean, _ = gp.predict_with_gradient(at[:, self.columns])
            value = value + weight * mean[:, 0]
            slope[:, self.columns] += weight * d_mean[:, :, 0]
        return value, slope


@dataclass(frozen=True, slots=True)
class Expected:
    """The trend that sources give: the sum of what they expect, each times its slope."""

    terms: tuple[tuple[float, Source], ...]

    def __call__(self, at: Tensor) -> Tensor:
        """By point; `k x columns` to `k`."""
        return torch.stack([slope * source(at) for slope, source in self.terms]).sum(0)

    def with_gradient(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """By point, `k`, and the gradients `k x columns`."""
        found = [(slope, *source.with_gradient(at)) for slope, source in self.terms]
        value = torch.stack([slope * each for slope, each, _ in found]).sum(0)
        return value, torch.stack([slope * each for slope, _, each in found]).sum(0)


def learn_with(sources: Sequence[Source], x: Tensor, target: Tensor, noise: Tensor, groups: Tensor) -> Belief:
    """What is believed of an outcome, with and without the sources; arguments and answer as of `learn`."""
    sets = [(each,) for each in sources] + ([tuple(sources)] if len(sources) > 1 else [])
    helped = [_on_top_of(each, x, target, noise, groups) for each in sets]
    if len(target) < FROM:
        return Belief(tuple((1 / len(helped), gp) for gp in helped))
    alone = [gp for _, gp in learn(x, target, noise, groups).parts]
    weights = weigh([*alone, *helped])
    first, second = weights[: len(alone)], weights[len(alone) :]
    total, kept = max(
        (sum(second), [*zip(second, helped, strict=True)]),
        (sum(first), [*zip(first, alone, strict=True)]),
        key=lambda each: each[0],
    )
    parts = [(weight / total, gp) for weight, gp in kept if weight > 0]
    return Belief(tuple(sorted(parts, key=lambda part: -part[0])))


def trust(belief: Belief) -> dict[str, float]:
    """By source: the weight of the processes that build on it (shared out where they build on several)."""
    found: dict[str, float] = {}
    for weight, gp in belief.parts:
        if isinstance(gp.trend, Expected):
            for _, source in gp.trend.terms:
                found[source.name] = found.get(source.name, 0.0) + weight / len(gp.trend.terms)
    return found


def _on_top_of(sources: Sequence[Source], x: Tensor, target: Tensor, noise: Tensor, groups: Tensor) -> GaussianProcess:
    """The process of what the outcome adds to the sources: as smooth as they are, and as large as is most probable."""
    said = torch.stack([source(x) for source in sources], 1)
    slopes = _slopes(said, target, noise)
    rest, told = target - said @ slopes, 1 / (1 + noise)
    mean = float((told * rest).sum() / told.sum())
    terms = tuple((float(slope), source) for slope, source in zip(slopes, sources, strict=True))
    as_theirs = sum(slope**2 * source.belief.main.hyper.noise for slope, source in terms)
    main = sources[0].belief.main.hyper
    found: list[tuple[float, GaussianProcess]] = []
    for stray in STRAYS:
        for shared in (as_theirs, max(as_theirs, NOISY)):
            hyper = replace(main, lengthscales=_smoothness(sources, groups), noise=shared, mean=mean, scale=stray**2)
            gp = GaussianProcess(x, target[:, None], noise, groups, hyper, Expected(terms))
            found.append((gp.evidence() - 0.5 * math.log(stray / STRAY) ** 2, gp))
    return max(found, key=lambda each: each[0])[1]


def _smoothness(sources: Sequence[Source], groups: Tensor) -> Tensor:
    """By parameter: the shortest of the sources' lengthscales, and of what none of them knows what is usual."""
    factors = int(groups.max()) + 1
    found = torch.full((factors,), math.inf, dtype=torch.float64, device=groups.device)
    for source in sources:
        known = torch.unique(groups[source.columns])
        found[known] = torch.minimum(found[known], source.belief.main.hyper.lengthscales)
    return torch.where(found.isinf(), USUAL * math.sqrt(factors), found)


def _slopes(said: Tensor, target: Tensor, noise: Tensor) -> Tensor:
    """The slope of each source: ridge regression towards what spreads them, together, as far as the targets."""
    told = 1 / (ROUGH**2 + noise)
    here = said - (told[:, None] * said).sum(0) / told.sum()
    there = target - (told * target).sum() / told.sum()
    share = told / told.sum()
    wide, far = (share[:, None] * here.square()).sum(0).sqrt(), (share * there.square()).sum().sqrt()
    first = torch.where(wide > 1e-6, far / wide.clamp_min(1e-6), torch.ones_like(wide)) / said.shape[1]
    first = first if len(target) >= FROM else torch.ones_like(first) / said.shape[1]
    prior = torch.diag((0.5 * first).clamp_min(1e-9) ** -2)
    slopes: Tensor = torch.linalg.solve(
        here.T @ (told[:, None] * here) + prior, here.T @ (told * there) + prior @ first
    )
    return slopes
