"""Points drawn at random."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import numpy as np

from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space, key
from labd.planning.spaces.start import farthest_row

DRAWS = 128
"""So many, until one is free."""


def any_row(space: Space, tried: Array, taken: AbstractSet[bytes], seed: int) -> Array | None:
    """A free row, each as likely as any other; None when all are taken."""
    chance = np.random.default_rng(seed)
    if space.table is not None:
        places = chance.permutation(np.flatnonzero(~np.isnan(space.table[:, 0])))
        found = next((place for place in places if key(space.table[place]) not in taken), None)
        return None if found is None else np.asarray(space.table[found])

    def draw(many: int) -> Array:
        return space.spread(chance.random((many, len(space.axes))))

    rows = draw(DRAWS) if space.feasible.is_free else space.feasible.spread(draw, DRAWS, seed)
    free = next((row for row in map(space.suggested, rows) if row is not None and key(row) not in taken), None)
    return farthest_row(space, tried, taken, seed) if free is None else free
