"""Rows spread evenly over what sums and formulas allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from labd.planning.spaces.axes import Array
from labd.planning.spaces.bounded import Formula, Mask, Sum

Places = NDArray[np.intp]
"""Which parameters, or which rows."""

STRIDES = 16
"""Steps of the random walk, at least; and so many more for each parameter that moves:"""
STRIDES_EACH = 3
SHRINKS = 4
"""So often a step that would leave is made shorter, before the row stays where it is."""
STILL = 1e-12
"""A pace below this is none."""


def walked(
    rows: Array,
    moving: Places,
    bounds: Sequence[Sum | Formula],
    allowed: Callable[[Array], Mask],
    chance: np.random.Generator,
) -> Array:
    """Rows that may all be tried, after a random walk each, in which these coordinates move; they still may be tried.

    Each step goes along a random line on which no tight sum changes, to anywhere between the ends that the other sums
    and the coordinates' bounds leave; where a formula is broken there, the line is made shorter.
    Sources: hit-and-run, R. L. Smith, Operations Research 32, 1984; the shrinking of R. M. Neal, Slice sampling, 2003.
    """
    sums = [each for each in bounds if isinstance(each, Sum) and each.weights[moving].any()]
    tight = [each.weights[moving] for each in sums if each.is_tight]
    loose = [each for each in sums if not each.is_tight]
    formulas = any(isinstance(each, Formula) for each in bounds)
    within = _null_space(np.array(tight)) if tight else np.eye(len(moving))
    if not np.abs(within).max() > STILL:
        return rows
    for _ in range(STRIDES + STRIDES_EACH * len(moving)):
        way = chance.normal(size=(len(rows), len(moving))) @ within
        least, most = _reach(rows, moving, way, loose)
        for _ in range(SHRINKS if formulas else 1):
            step = least + chance.random(len(rows)) * (most - least)
            there = rows.copy()
            there[:, moving] = np.clip(rows[:, moving] + step[:, None] * way, 0, 1)
            kept = allowed(there) if formulas else np.ones(len(rows), dtype=bool)
            rows = np.where(kept[:, None], there, rows)
            if kept.all():
                break
            least = np.where(kept, 0.0, np.where(step < 0, step, least))
            most = np.where(kept, 0.0, np.where(step > 0, step, most))
    return rows[allowed(rows)]


def shared_out(
    rows: Array, parts: Places, bounds: Sequence[Sum | Formula], chance: np.random.Generator
) -> tuple[Array, bool]:
    """Rows of the unit cube, with each total that a sum of positive parts bounds shared out at random among these
    coordinates; and whether that is all there is to do: they lie evenly over what may be tried.

    Of a total that is only at most so much, one part more takes the rest. Where a part is full, the others get less
    than they should: a walk mends that. Source: L. Devroye, Non-Uniform Random Variate Generation, 1986, chapter 5."""
    rows, even = rows.copy(), len(bounds) == 1
    for each in bounds:
        weights = each.weights[parts] if isinstance(each, Sum) else -np.ones(1)
        if not isinstance(each, Sum) or not np.isfinite(each.high) or (weights < 0).any() or not weights.any():
            even = False
            continue
        taking = parts[weights > 0]
        room = each.high - each.total(rows) + rows[:, taking] @ each.weights[taking]
        shares = -np.log1p(-np.clip(rows[:, taking], 0, 1 - 1e-12))
        rest = 0.0 if each.is_tight else chance.exponential(size=len(rows))
        shares *= (np.maximum(room, 0) / np.maximum(shares.sum(1) + rest, STILL))[:, None] / each.weights[taking]
        even &= bool((shares <= 1).all()) and (each.is_tight or not np.isfinite(each.low))
        rows[:, taking] = np.clip(shares, 0, 1)
    return rows, even


def _reach(rows: Array, moving: Places, way: Array, loose: Sequence[Sum]) -> tuple[Array, Array]:
    """How far each row may go along its way, backwards and forwards, until it meets a bound."""
    spans = [(rows[:, moving], way, 0.0, 1.0)]
    spans += [(each.total(rows)[:, None], (way @ each.weights[moving])[:, None], each.low, each.high) for each in loose]
    least, most = np.full(len(rows), -np.inf), np.full(len(rows), np.inf)
    for here, pace, low, high in spans:
        still = np.abs(pace) < STILL
        safe = np.where(still, 1.0, pace)
        one, other = (low - here) / safe, (high - here) / safe
        least = np.maximum(least, np.where(still, -np.inf, np.minimum(one, other)).max(1))
        most = np.minimum(most, np.where(still, np.inf, np.maximum(one, other)).min(1))
    return np.minimum(np.nan_to_num(least, neginf=0.0), 0), np.maximum(np.nan_to_num(most, posinf=0.0), 0)


def _null_space(matrix: Array) -> Array:
    """A square matrix that projects onto the directions along which no tight sum changes."""
    return np.eye(matrix.shape[1]) - np.linalg.pinv(matrix) @ matrix
