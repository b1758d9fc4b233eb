"""The space-filling start: before there is anything to learn from, go where nobody has been."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import numpy as np

from labd.planning.spaces.axes import Array, OptionAxis
from labd.planning.spaces.space import Space, key

CANDIDATES = 128


def farthest_row(space: Space, tried: Array, taken: AbstractSet[bytes], seed: int) -> Array | None:
    """Of some scrambled Sobol rows (or rows of the pool), the free one farthest from all that were tried.

    Distances are measured around the corner, as if each parameter were a ring, so that the edges of the space are
    not preferred to its middle. None when all rows are taken. Source: D. P. Mitchell, Spectrally optimal sampling for
    distribution ray tracing, 1991 (the best candidate); the ring is the usual remedy for its edges.
    """
    rows = _candidates(space, taken, seed)
    if not len(rows):
        return None if space.table is not None else space.any_free(taken)
    if not len(tried):
        return np.asarray(rows[0])
    here, there = _ring(space.whole, rows), _ring(space.whole, tried)
    options = np.array([isinstance(each, OptionAxis) for each in space.axes])
    apart = np.abs(here[:, None] - there[None]) % 1.0
    apart = np.where(options, 0.5 * (apart > 0), np.minimum(apart, 1 - apart))
    return np.asarray(rows[int((apart * apart).sum(2).min(1).argmax())])


def _candidates(space: Space, taken: AbstractSet[bytes], seed: int) -> Array:
    if space.table is None:
        rows = [space.suggested(row) for row in space.sobol(CANDIDATES, seed)]
        free = [row for row in rows if row is not None and key(row) not in taken]
        return np.stack(free) if free else np.empty((0, len(space.axes)))
    order = np.random.default_rng(seed).permutation(np.flatnonzero(~np.isnan(space.table[:, 0])))
    chosen: list[int] = []
    for place in order:
        if key(space.table[place]) not in taken:
            chosen.append(int(place))
        if len(chosen) == CANDIDATES:
            break
    return space.table[chosen]


def _ring(space: Space, rows: Array) -> Array:
    """Coordinates on a ring: a parameter with m levels keeps one gap between its last and its first."""
    out = rows.copy()
    for k, each in enumerate(space.axes):
        levels = each.levels if space.pool is None or space.table is None else np.unique(space.table[:, k])
        if levels is not None and not isinstance(each, OptionAxis):
            m = len(levels)
            out[:, k] = (rows[:, k] * (m - 1) + 0.5) / m
        elif isinstance(each, OptionAxis):
            out[:, k] = rows[:, k] / (len(each.options) + 1.0)
    return out
