"""What drives the outcome, and one sentence that says why a point was chosen."""

from __future__ import annotations

import numpy as np

from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space
from labd.planning.surrogates.belief import Belief

SAMPLES = 128
"""Points in each of the two samples; with 1,024 the parameters were ranked no better."""


def importance(space: Space, belief: Belief, seed: int) -> dict[str, float]:
    """By parameter, its share in what moves the posterior mean over the space: total effects, brought to sum 1.

    Two samples of points are drawn; in the first, one parameter at a time is taken from the second, and half the
    squared change of the mean is averaged.

    Source: M. J. W. Jansen, Analysis of variance designs for model output, 1999.
    """
    first, second = two_samples(space, seed)
    if not len(first):
        return dict.fromkeys(space.names, 1 / len(space.names))
    sets = [first]
    for k in range(len(space.axes)):
        mixed = first.copy()
        mixed[:, k] = second[:, k]
        sets.append(mixed)
    features = space.features(np.concatenate(sets)).to(belief.main.x.device)
    mean = belief.expected(features).cpu().numpy()
    by_set = mean.reshape(len(sets), len(first))
    effects = np.square(by_set[1:] - by_set[0]).mean(1)
    total = float(effects.sum())
    shares = effects / total if total > 1e-24 else np.full(len(effects), 1 / len(effects))
    return dict(zip(space.names, shares.tolist(), strict=True))


def two_samples(space: Space, seed: int) -> tuple[Array, Array]:
    """Two samples of rows that know nothing of each other; as many of both."""
    first, second = _drawn(space, seed), _drawn(space, seed + 1)
    count = min(len(first), len(second))  # of a space with constraints there may be fewer than asked for
    # Two Sobol sets go through the space in step: drawn in any order, the second tells nothing of the first.
    return first[:count], np.random.default_rng(seed).permutation(second)[:count]


def _drawn(space: Space, seed: int) -> Array:
    if space.table is None:
        return space.sobol(SAMPLES, seed)
    valid = np.flatnonzero(~np.isnan(space.table[:, 0]))
    return space.table[np.random.default_rng(seed).choice(valid, SAMPLES)] if len(valid) else space.table[:0]


def number(value: float) -> str:
    """A number as a person writes it.

    >>> number(0.71234), number(1234.5), number(-2e-9)
    ('0.7123', '1234', '-2e-09')
    """
    return f"{value:.4g}"


def listed(words: list[str]) -> str:
    """Words in a row.

    >>> listed(["yield", "purity", "cost"])
    'yield, purity and cost'
    """
    return " and ".join(([", ".join(words[:-1])] if len(words) > 1 else []) + words[-1:])


def driver(shares: dict[str, float]) -> str:
    """What the sentence says of the most important parameter."""
    name, share = max(shares.items(), key=lambda each: each[1])
    if len(shares) == 1 or share < 1.2 / len(shares):
        return ""
    return f"; {name} matters most"
