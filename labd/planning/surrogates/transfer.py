"""Learning from earlier campaigns: a source counts as far as it goes with what this campaign measures.

One process is learnt of this campaign and of the sources together (`labd.planning.surrogates.joint`), with each source
and with all of them, and one of this campaign alone. They are weighed by how little this campaign's measurements
surprise them, each given all others; those with sources speak as long as they weigh more than the one without, and then
alone: what it does not know yet would make it look everywhere. A source that misleads is so switched off.

Source: M. Feurer and others, Practical transfer learning for Bayesian optimization, 2018 (an ensemble that drops what
misleads).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from labd.planning.surrogates.belief import Belief, weigh
from labd.planning.surrogates.fit import Family, learn
from labd.planning.surrogates.gp import GaussianProcess
from labd.planning.surrogates.joint import Joined, Source, joined

FROM = 3
"""From so many measurements on they say which source is right; before that all count the same, and nothing else does:
two measurements teach nothing alone."""


def learn_with(sources: Sequence[Source], x: Tensor, target: Tensor, noise: Tensor, groups: Tensor) -> Belief:
    """What is believed of an outcome, with and without the sources; arguments and answer as of `learn`."""
    sets = [(each,) for each in sources] + ([tuple(sources)] if len(sources) > 1 else [])
    helped: list[GaussianProcess] = []
    for each in sets:
        found = [joined(each, x, target, noise, groups, family) for family in Family]
        helped.append(max(found, key=lambda pair: pair[0])[1])
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
        if isinstance(gp, Joined):
            for link in gp.past.links:
                found[link.name] = found.get(link.name, 0.0) + weight / len(gp.past.links)
    return found
