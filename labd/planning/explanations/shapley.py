"""What each coordinate contributes to the difference of a value between two rows.

The coordinates are the players of a game, worth what the value is where they stand as in one row and the others as in
the other. A coordinate's part is its marginal worth, averaged over the orders in which the players may come: so the
parts sum to the whole difference, equal players get equal parts, and one that changes nothing gets nothing.
Source: L. S. Shapley, A value for n-person games, 1953.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from labd.planning.spaces.axes import Array

EXACT = 8
"""With no more players than this all 2^players coalitions are valued: the parts are exact."""
BUDGET = 320
"""About so many rows are valued where there are more players."""
SEED = 5
"""Of the orders that are drawn then: always the same, so that the same question has the same answer."""

Places = NDArray[np.intp]
Valued = Callable[[Array], Array]
"""From rows, `m x coordinates`, to values, `m` or `m x columns`."""


def attributions(value: Valued, start: Array, end: Array) -> Array:
    """Each coordinate's part in `value(end) - value(start)`; `coordinates`, or `coordinates x columns`.

    Exact up to 8 coordinates that differ. With more, averaged over orders that are drawn in pairs, one the reverse of
    the other; the sum is the whole difference then, too. Source: R. Mitchell and others, Sampling permutations for
    Shapley value estimation, Journal of Machine Learning Research 23 (2022), section 4 (antithetic pairs)."""
    players = np.flatnonzero(start != end)
    parts = (_exact if len(players) <= EXACT else _sampled)(value, start, end, players)
    out = np.zeros((len(start), *parts.shape[1:]))
    out[players] = parts
    return out


def is_exact(start: Array, end: Array) -> bool:
    """Whether the parts are exact, or estimated from some orders."""
    return int((start != end).sum()) <= EXACT


def _exact(value: Valued, start: Array, end: Array, players: Places) -> Array:
    count = len(players)
    if not count:
        return value(start[None])[:0]
    coalitions = np.arange(2**count)
    members = (coalitions[:, None] >> np.arange(count)) & 1
    rows = np.repeat(start[None], len(coalitions), axis=0)
    rows[:, players] = np.where(members, end[players], start[players])
    worth = value(rows)
    share = np.array([1 / (count * math.comb(count - 1, size)) for size in range(count)])
    sizes = members.sum(1)
    parts = []
    for player in range(count):
        without = coalitions[members[:, player] == 0]
        gained = worth[without | (1 << player)] - worth[without]
        parts.append(np.tensordot(share[sizes[without]], gained, 1))
    return np.array(parts)


def _sampled(value: Valued, start: Array, end: Array, players: Places) -> Array:
    count = len(players)
    chance = np.random.default_rng(SEED)
    pairs = max(2, BUDGET // (2 * count))
    drawn = [chance.permutation(count) for _ in range(pairs)]
    orders = np.array([order for each in drawn for order in (each, each[::-1])])
    come = np.argsort(orders, axis=1)  # when each player comes
    joined = come[:, None, :] < np.arange(1, count)[None, :, None]
    between = np.repeat(start[None], len(orders) * (count - 1), axis=0)
    between[:, players] = np.where(joined.reshape(-1, count), end[players], start[players])
    worth = value(np.concatenate([start[None], end[None], between]))
    ways = worth[2:].reshape(len(orders), count - 1, *worth.shape[1:])
    first = np.broadcast_to(worth[0], ways[:, :1].shape)
    last = np.broadcast_to(worth[1], ways[:, :1].shape)
    steps = np.diff(np.concatenate([first, ways, last], axis=1), axis=1)
    gained = np.zeros((count, *worth.shape[1:]))
    for order, step in zip(orders, steps, strict=True):
        gained[order] += step
    return np.asarray(gained / len(orders))
