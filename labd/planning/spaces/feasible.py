"""What may be tried: sums and formulas between bounds, values that exclude one another, parameters that mean nothing
elsewhere. Everything here is on rows of coordinates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from labd.domain.problem import Condition, Excluded, Linear, Nonlinear, Problem, Scalar
from labd.planning.spaces.axes import Array, Axis, OptionAxis, OrderedAxis
from labd.planning.spaces.bounded import Formula, Mask, Sum, off
from labd.planning.spaces.walk import Places, shared_out, walked

PROJECTIONS = 80
"""Rounds of projecting onto one constraint after the other, at most."""
CLOSE = 1e-12
"""What is left then is rounding."""
SWEEPS = 4
"""So often the values of the stepped parameters are gone through, to bring a row in."""
LEVELS = 64
"""No more values of a parameter than this are looked at for it."""
EASY = 0.2
"""Where so many of all rows may be tried, the others are left out; elsewhere they are brought in."""


class Feasible:
    """What a problem's constraints and conditions make of rows."""

    def __init__(self, problem: Problem, axes: Sequence[Axis]) -> None:
        self.axes = axes
        self.moving = np.array([k for k, each in enumerate(axes) if each.levels is None], dtype=int)
        places = {each.name: k for k, each in enumerate(axes)}
        self.bounds: list[Sum | Formula] = [
            Sum(each, axes, places) if isinstance(each, Linear) else Formula(each, axes, places)
            for each in problem.constraints
            if isinstance(each, Linear | Nonlinear)
        ]
        """The sums and formulas."""
        self.excluded = [
            [(places[name], self._coordinates(places[name], values)) for name, values in each.values.items()]
            for each in problem.constraints
            if isinstance(each, Excluded)
        ]
        self.conditions = [
            (places[each.name], places[each.when.parameter], self._values(places, each.when))
            for each in problem.parameters
            if each.when is not None
        ]
        self.is_free = not (self.bounds or self.excluded or self.conditions)
        """Whether every row may be tried as it is."""

    def _coordinates(self, place: int, values: Sequence[Scalar]) -> Array:
        return self.axes[place].coordinates(list(values))

    def _values(self, places: dict[str, int], when: Condition) -> Array:
        return self._coordinates(places[when.parameter], when.values)

    def canonical(self, rows: Array) -> Array:
        """The rows with what means nothing in them at its lowest value, so that two that do the same are the same."""
        rows = rows.copy()
        for _ in self.conditions:  # as often as one may hang on another
            for place, other, values in self.conditions:
                rows[~_among(rows[:, other], values), place] = 0.0
        return rows

    def meaningless(self, rows: Array) -> Mask:
        """Which parameters mean nothing in each row; `rows x parameters`."""
        mask = np.zeros(rows.shape, dtype=bool)
        for place, other, values in self.conditions:
            mask[:, place] |= ~_among(rows[:, other], values)
        return mask

    def allowed(self, rows: Array) -> Mask:
        """Which of the rows may be tried."""
        mask = np.ones(len(rows), dtype=bool)
        for each in self.bounds:
            mask &= each.kept(rows)
        for pairs in self.excluded:
            mask &= ~np.logical_and.reduce([_among(rows[:, place], values) for place, values in pairs])
        return mask

    def brought_in(self, rows: Array) -> Array:
        """The rows, moved to where they may be tried if a move can do it, without those that may not be.

        What moves is projected on one constraint after the other, the nearest point of each (of a formula, as its
        gradient says); then each stepped parameter is set to the value that leaves least to be mended.
        Source: alternating projections, J. von Neumann, Functional Operators II, 1950."""
        if self.is_free or not len(rows):
            return rows
        rows = self.canonical(rows)
        if not self.bounds:
            return rows[self.allowed(rows)]
        out = np.flatnonzero(~self.allowed(rows))
        if len(out):
            rows[out] = self._projected(rows[out])
            out = out[~self.allowed(rows[out])]
        for _ in range(SWEEPS if len(self.moving) < len(self.axes) else 0):
            if not len(out):
                break
            rows[out] = self._projected(self._stepped(rows[out]))
            out = out[~self.allowed(rows[out])]
        return rows[self.allowed(rows)]

    def _projected(self, rows: Array) -> Array:
        free = np.zeros(rows.shape, dtype=bool)
        free[:, self.moving] = True
        free &= ~self.meaningless(rows)
        out = np.flatnonzero(free.any(1))
        for _ in range(PROJECTIONS):
            if not len(out):
                break
            some, furthest = rows[out], np.zeros(len(out))
            for each in self.bounds:
                away = off(each, some)
                furthest = np.maximum(furthest, np.abs(away))
                if away.any():
                    slope = np.where(free[out], each.slope(some), 0.0)
                    square = np.square(slope).sum(1)
                    step = np.where(square > 1e-300, away / np.maximum(square, 1e-300), 0.0)
                    some = np.where(free[out], np.clip(some - step[:, None] * slope, 0, 1), some)
            rows[out] = some
            out = out[furthest > CLOSE]
        return rows

    def beside(self, row: Array, place: int, levels: Array) -> Array:
        """Rows that may be tried, in which one parameter has one of these values: the others as they are, or moved to
        make up for it, or one of the others changed."""
        rows = np.repeat(row[None], len(levels), axis=0)
        rows[:, place] = levels
        rows = self.canonical(rows)
        allowed = self.allowed(rows)
        if allowed.all() or not self.bounds:
            return rows[allowed]
        out = rows[~allowed]
        found = [rows[allowed], self._projected(out.copy())]
        for each in self.bounds:
            away, slope = off(each, out), each.slope(out)
            for other in np.flatnonzero(slope.any(0)):
                if other != place and self.axes[int(other)].only is None:
                    swapped = out.copy()
                    with np.errstate(all="ignore"):
                        at = out[:, other] - away / slope[:, other]
                    swapped[:, other] = self._nearest(int(other), np.nan_to_num(at, nan=0.0))
                    found.append(self.canonical(swapped))
        made = np.concatenate(found)
        return made[self.allowed(made)]

    def _nearest(self, place: int, coordinates: Array) -> Array:
        levels = self.axes[place].levels
        if levels is None:
            return np.clip(coordinates, 0, 1)
        return np.asarray(levels[np.abs(levels[None] - coordinates[:, None]).argmin(1)])

    def _stepped(self, rows: Array) -> Array:
        """Each stepped parameter that stands in a sum or formula, set to its best value, one after the other; each row
        begins with another, so that none of them bears the most."""
        stands = np.any([each.slope(rows[:1])[0] != 0 for each in self.bounds], axis=0)
        stepped = [k for k, each in enumerate(self.axes) if each.levels is not None and each.only is None and stands[k]]
        rows, begins = rows.copy(), np.arange(len(rows)) % max(len(stepped), 1)
        for turn in range(len(stepped)):
            for start in range(min(len(stepped), len(rows))):
                which = begins == start
                rows[which] = self._with_best_value(rows[which], stepped[(start + turn) % len(stepped)])
        return self.canonical(rows)

    def _with_best_value(self, rows: Array, k: int) -> Array:
        """The rows with that value of one parameter that leaves least to be mended."""
        levels = np.asarray(self.axes[k].levels)
        some = levels[np.unique(np.linspace(0, len(levels) - 1, LEVELS).astype(int))]
        near = np.abs(levels[None] - rows[:, k, None]).argmin(1)
        beside = levels[np.clip(near[:, None] + np.arange(-4, 5), 0, len(levels) - 1)]
        tried = np.concatenate([rows[:, k, None], beside, np.broadcast_to(some, (len(rows), len(some)))], axis=1)
        each = np.repeat(rows, tried.shape[1], axis=0)
        each[:, k] = tried.ravel()
        best = self._left(self.canonical(each)).reshape(tried.shape).argmin(1)
        rows = rows.copy()
        rows[:, k] = tried[np.arange(len(rows)), best]
        return rows

    def _left(self, rows: Array) -> Array:
        """How much is left to be mended, of what the moving parameters cannot."""
        least = np.zeros(len(rows))
        for each in self.bounds:
            reach = np.abs(each.slope(rows)[:, self.moving]).sum(1) / 2 if len(self.moving) else 0.0
            least += np.maximum(np.abs(off(each, rows)) - reach, 0) + 1e-6 * np.abs(off(each, rows))
        return least

    def spread(self, draw: Callable[[int], Array], count: int, seed: int) -> Array:
        """About so many rows, evenly over what may be tried; `draw` gives rows of the whole space."""
        rows = draw(count)
        if not self.bounds:
            return self.brought_in(rows)
        mask = self.allowed(self.canonical(rows))
        if mask.mean() >= EASY:
            more = self.canonical(draw(int(count / mask.mean()) + 8))
            return more[self.allowed(more)][:count]
        chance = np.random.default_rng(seed)
        rows = self.canonical(rows)
        return np.concatenate([self._even(rows[each], chance) for each in self._alike(rows)])

    def _alike(self, rows: Array) -> list[Places]:
        """The places of rows in which the same parameters mean something."""
        _, kind = np.unique(self.meaningless(rows), axis=0, return_inverse=True)
        return [np.flatnonzero(kind == each) for each in range(int(kind.max()) + 1)]

    def _even(self, rows: Array, chance: np.random.Generator) -> Array:
        """Rows in which the same parameters mean something, brought in and then spread evenly."""
        open_ = [not isinstance(each, OptionAxis | OrderedAxis) and each.only is None for each in self.axes]
        parts = np.flatnonzero(np.array(open_) & ~self.meaningless(rows[:1])[0])
        moving = np.intersect1d(parts, self.moving)
        rows, is_even = shared_out(rows, parts, self.bounds, chance)
        for k in np.setdiff1d(parts, moving):
            rows[:, k] = self._nearest(int(k), rows[:, k])
        rows = self.brought_in(rows)
        if not len(rows) or not len(moving) or (is_even and len(moving) == len(parts)):
            return rows
        return walked(rows, moving, self.bounds, self.allowed, chance)

    def for_slsqp(self, row: Array) -> list[dict[str, Any]]:
        """The sums and formulas over the moving coordinates, the rest of the row as it is, as SciPy's `minimize` takes
        them."""
        found: list[dict[str, Any]] = []
        for each in self.bounds:
            if each.is_tight:
                found.append(self._side("eq", each, row, 1.0, each.low))
                continue
            if np.isfinite(each.low):
                found.append(self._side("ineq", each, row, 1.0, each.low))
            if np.isfinite(each.high):
                found.append(self._side("ineq", each, row, -1.0, each.high))
        return found

    def _side(self, kind: str, bound: Sum | Formula, row: Array, sign: float, at: float) -> dict[str, Any]:
        def whole(x: Array) -> Array:
            there = row[None].copy()
            there[0, self.moving] = np.clip(x, 0, 1)
            return there

        return {
            "type": kind,
            "fun": lambda x: sign * (np.nan_to_num(float(bound.total(whole(x))[0]), nan=-sign * 1e6) - at),
            "jac": lambda x: sign * bound.slope(whole(x))[0, self.moving],
        }


def _among(column: Array, values: Array) -> Mask:
    return np.asarray((np.abs(column[:, None] - values[None]) <= 1e-9).any(1))
