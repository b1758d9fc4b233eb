"""A grid over the space: its corners first, then ever finer.

Points of one fineness are gone through in leaps of the golden section, so that a grid that is broken off has been all
over the space. Source: the leaps are J. G. van der Corput's idea of 1935 with the golden section in place of two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import numpy as np

from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space, key
from labd.planning.spaces.start import farthest_row

GOLDEN = (math.sqrt(5) - 1) / 2
FINEST = 6
"""So often the gaps are halved: 65 values of each number."""
LOOKED_AT = 4096
"""So many points that are taken or cannot be tried are passed over; then the farthest of some is taken."""


def grid_row(space: Space, tried: Array, taken: AbstractSet[bytes], seed: int) -> Array | None:
    """The next free row of the grid; None when all rows are taken."""
    rows = _of_table(space.table) if space.table is not None else _of_space(space)
    for looked, row in enumerate(rows):
        if key(row) not in taken:
            return row
        if space.table is None and looked > LOOKED_AT + len(taken):
            break
    return farthest_row(space, tried, taken, seed)


def _of_table(table: Array) -> Iterator[Array]:
    known = np.flatnonzero(~np.isnan(table[:, 0]))
    return (np.asarray(table[known[place]]) for place in _leaps(len(known)))


def _of_space(space: Space) -> Iterator[Array]:
    for halvings in range(FINEST + 1):
        sizes = [len(each.levels) if each.levels is not None else 2**halvings + 1 for each in space.axes]
        for place in _leaps(math.prod(sizes)):
            at = np.empty((1, len(sizes)))
            for k, (size, step) in enumerate(zip(sizes, np.unravel_index(place, sizes), strict=True)):
                at[0, k] = (step + 0.5) / size if space.axes[k].levels is not None else step / (size - 1)
            rows = map(space.suggested, space.admitted(space.spread(at)))
            yield from (row for row in rows if row is not None)


def _leaps(count: int) -> Iterator[int]:
    """Each of so many places once."""
    leap = max(round(count * GOLDEN), 1)
    while math.gcd(leap, count) != 1:
        leap += 1
    return ((leap * turn) % count for turn in range(count))
