"""The best free row of a table: all of it, or, of a very long one, a part that is drawn and then followed uphill."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet

import numpy as np

from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import key
from labd.planning.spaces.walk import Places

WHOLE_TABLE = 200_000
"""A table with no more rows than this is scored whole."""
DRAWN = 100_000
"""Of a longer one so many rows are scored first."""
FOLLOWED = 8
"""So many of the best are followed: the nearest to each are scored, and so on."""
NEAREST = 4_000
ROUNDS = 4
CHUNK = 32_768
"""Rows that are scored at once: bounds the memory of a large pool."""


def best_place(
    rows: Array,
    score: Callable[[Array], Array],
    features: Callable[[Array], Array],
    taken: AbstractSet[bytes],
    seed: int,
) -> int | None:
    """The place of the best row that is not taken; None when all are. Rows that may not be tried have no coordinates.

    `features` says where rows lie for the model: of a very long table the nearest to the best are looked at there."""
    places = np.flatnonzero(~np.isnan(rows[:, 0]))
    if len(places) <= WHOLE_TABLE:
        scores = in_chunks(score, rows, places)
    else:
        places, scores = _followed(rows, places, score, features, seed)
    for at in np.argsort(-scores, kind="stable"):
        if key(rows[places[at]]) not in taken:
            return int(places[at])
    return None if len(places) == int((~np.isnan(rows[:, 0])).sum()) else _any_free(rows, taken)


def in_chunks(score: Callable[[Array], Array], rows: Array, places: Places) -> Array:
    """The score at each of these places."""
    parts = [score(rows[places[start : start + CHUNK]]) for start in range(0, len(places), CHUNK)]
    return np.concatenate(parts) if parts else np.empty(0)


def _followed(
    rows: Array, places: Places, score: Callable[[Array], Array], features: Callable[[Array], Array], seed: int
) -> tuple[Places, Array]:
    """The places of a long table that were scored, and their scores."""
    drawn = np.sort(np.random.default_rng(seed).choice(places, DRAWN, replace=False))
    scores, looked = np.full(len(rows), -np.inf), np.zeros(len(rows), dtype=bool)
    scores[drawn], looked[drawn] = in_chunks(score, rows, drawn), True
    followed: set[int] = set()
    for _ in range(ROUNDS):
        best = np.argsort(-scores, kind="stable")[: 4 * FOLLOWED]
        heads = [int(place) for place in best if int(place) not in followed][:FOLLOWED]
        if not heads or (followed and scores[heads[0]] < scores[best[0]]):
            break  # the best of all has been followed, and nothing better was found about it
        followed |= set(heads)
        near = _nearest(rows, places, features, heads)
        new = near[~looked[near]]
        scores[new], looked[new] = in_chunks(score, rows, new), True
    found = np.flatnonzero(looked)
    return found, scores[found]


def _nearest(rows: Array, places: Places, features: Callable[[Array], Array], heads: list[int]) -> Places:
    """The places of the rows that are nearest to any of the heads."""
    centres = features(rows[heads])
    apart = np.concatenate(
        [
            _squared(features(rows[places[start : start + CHUNK]]), centres).astype(np.float32)
            for start in range(0, len(places), CHUNK)
        ]
    )
    near = np.argpartition(apart, NEAREST, axis=0)[:NEAREST]
    return np.unique(places[near.ravel()])


def _squared(one: Array, other: Array) -> Array:
    return np.asarray((one * one).sum(1)[:, None] + (other * other).sum(1)[None] - 2 * one @ other.T)


def _any_free(rows: Array, taken: AbstractSet[bytes]) -> int | None:
    """The first place that is not taken."""
    places = np.flatnonzero(~np.isnan(rows[:, 0]))
    return next((int(place) for place in places if key(rows[place]) not in taken), None)
