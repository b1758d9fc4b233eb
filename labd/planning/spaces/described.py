"""Options told apart by what describes them: numbers that a person gives, or the molecule itself.

Descriptors of all sizes and units are brought to a few columns without correlation, in which two options of the
parameter lie at distance 1 on (the root of the mean square) average: as far apart as options without descriptors.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from labd.domain.problem import Categorical
from labd.planning.spaces.molecules import molecules
from labd.planning.spaces.numeric import Array

COLUMNS = 8
"""No more columns than this are kept of what describes an option."""
KEPT = 0.95
"""So much of the variance over the options is kept, at least, where so few columns can hold it."""
ALIKE = 1e-6
"""Options nearer than this are described alike."""
RESIDUAL = 0.1
"""How far apart are options that are described alike: they may yet differ."""


def description(parameter: Categorical) -> Array:
    """What the model sees of each option; `options x columns`. Raises `InvalidInput` for what is no molecule."""
    numbers = tuple(
        tuple(sorted(parameter.descriptors[each].items())) for each in parameter.options if parameter.descriptors
    )
    written = tuple((each, parameter.smiles[each]) for each in parameter.options if parameter.smiles)
    return _description(parameter.name, len(parameter.options), numbers, written)


@lru_cache(64)
def _description(
    name: str, options: int, numbers: tuple[tuple[tuple[str, float], ...], ...], written: tuple[tuple[str, str], ...]
) -> Array:
    blocks = [np.array([[value for _, value in each] for each in numbers])] if numbers else []
    blocks += molecules(name, written) if written else []
    scaled = [each for each in (apart_by_one(standard(block)) for block in blocks) if each.shape[1]]
    if not scaled:  # all are described alike
        return math.sqrt(0.5) * np.eye(options)
    found = apart_by_one(_few_columns(np.concatenate(scaled, axis=1)))
    return np.concatenate([found, _residual(found)], axis=1)


def standard(block: Array) -> Array:
    """Each column with mean 0 and deviation 1 over the options, without those that are the same for all."""
    scaled = block / np.maximum(np.abs(block).max(0), np.finfo(float).tiny)  # first, so that no square overflows
    spread = scaled.std(0)
    varied = spread > 1e-9
    return np.asarray((scaled[:, varied] - scaled[:, varied].mean(0)) / spread[varied])


def apart_by_one(table: Array) -> Array:
    """The table, with a mean square distance of 1 between its rows (two different ones); nothing of no columns."""
    if len(table) < 2 or not table.shape[1]:
        return table[:, :0]
    around = table - table.mean(0)
    return np.asarray(around / math.sqrt(2 * np.square(around).sum() / (len(table) - 1)))


def _few_columns(table: Array) -> Array:
    """Principal components, the first first; `table` has mean 0. Their signs are made the same everywhere."""
    left, sizes, _ = np.linalg.svd(table, full_matrices=False)
    share = np.cumsum(sizes**2) / np.square(sizes).sum()
    count = min(int(np.searchsorted(share, KEPT)) + 1, COLUMNS, len(sizes))
    found = left[:, :count] * sizes[:count]
    largest = found[np.abs(found).argmax(0), np.arange(count)]
    return np.asarray(found * np.sign(largest))


def _residual(table: Array) -> Array:
    """Columns that tell apart what is described alike: as many as the largest such group has members, or none."""
    _, group = np.unique(np.round(table / ALIKE), axis=0, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], group[order])  # where each one's group begins
    place = np.empty(len(table), dtype=int)
    place[order] = np.arange(len(table)) - starts
    width = int(place.max()) + 1
    return table[:, :0] if width == 1 else RESIDUAL * math.sqrt(0.5) * np.eye(width)[place]
