"""Proposers that fill the space and learn nothing: each says which row is next, where nobody has been."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from labd.planning.proposers.chance import any_row
from labd.planning.proposers.grid import grid_row
from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space
from labd.planning.spaces.start import farthest_row

Filler = Callable[[Space, Array, AbstractSet[bytes], int], Array | None]
"""Of the space, the rows that were tried, those that are taken, and a seed: the next row; None where none is free."""

FILLERS: Mapping[str, tuple[Filler, str]] = {
    "sobol": (farthest_row, "Space-filling: far from everything tried before."),
    "grid": (grid_row, "The next point of a grid over the space."),
    "random": (any_row, "Drawn at random from the space."),
}
"""By the name of the strategy; and what is said of it."""
