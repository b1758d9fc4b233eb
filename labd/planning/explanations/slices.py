"""What is expected along each parameter, the others as at the best point."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from labd.domain.problem import Slice
from labd.planning.explanations.explanation import Outlook
from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space

POINTS = 41
"""Along a number; no more levels or options than this are told, either."""


def slices(space: Space, outlook: Outlook, best: Array) -> Iterator[Slice]:
    """One a parameter, through the row `best`; without a parameter that means nothing there."""
    means_nothing = space.feasible.meaningless(best[None])[0]
    for place, each in enumerate(space.axes):
        if means_nothing[place]:
            continue
        at = np.linspace(0, 1, POINTS) if each.levels is None else each.levels
        if len(at) > POINTS:
            at = at[np.linspace(0, len(at) - 1, POINTS).round().astype(int)]
        rows = np.repeat(best[None], len(at), axis=0)
        rows[:, place] = at
        rows = space.feasible.canonical(rows)
        expected = outlook.predict(space.features(rows).to(outlook.belief.main.x.device))
        values = tuple(each.value(float(coordinate)) for coordinate in at)
        yield Slice(parameter=each.name, values=values, expected=tuple(expected))
