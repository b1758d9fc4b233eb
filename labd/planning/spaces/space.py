"""The space that is searched: rows of coordinates, their features for the model, and which rows are taken.

A row has one coordinate a parameter (`labd.planning.spaces.axes`). Its features have one column for a number and for a
scale; for a categorical one column an option, or a few of what describes the options.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
import torch

from labd.domain.errors import InvalidInput
from labd.domain.problem import Excluded, Parameters, Problem, Scalar
from labd.planning.spaces.axes import Array, Axis, ContinuousAxis, LevelAxis, OptionAxis, OrderedAxis, axis, held
from labd.planning.spaces.bounded import Mask
from labd.planning.spaces.feasible import Feasible
from labd.planning.spaces.numeric import DIGITS, FAR
from labd.planning.spaces.sobol import sobol

WHOLE = 20_000
"""A finite space with no more points than this is gone through whole, like a pool."""
MOST = 0.8
"""So large a share of what was tried says how far a parameter reaches."""
FINER = (DIGITS, 9, 12, 16)
"""Digits that numbers are rounded to, one after the other."""


def _given(problem: Problem, axes: Sequence[Axis]) -> dict[int, float]:
    """The coordinates of what is given and not chosen."""
    places = {each.name: k for k, each in enumerate(axes)}
    given = {places[name]: value for name, value in problem.context.items() if name in places}
    return {k: float(axes[k].coordinates([value])[0]) for k, value in given.items()}


class Space:
    """The parameters of a problem, and its pool if it has one."""

    def __init__(self, problem: Problem, whole: Space | None = None, fixed: Mapping[int, float] | None = None) -> None:
        self.problem = problem
        self.whole = whole or self
        """The space in which nothing is held for a run."""
        axes = [axis(parameter) for parameter in problem.parameters]
        fixed = _given(problem, axes) | dict(fixed or {})
        self.axes = [held(each, fixed[k]) if k in fixed else each for k, each in enumerate(axes)]
        self.names = [each.name for each in self.axes]
        self.units: Array = np.ones(len(self.axes)) if whole is None else whole.units
        """By parameter: what the model takes for its range, in ranges of today."""
        self.pool = problem.pool
        self.feasible = Feasible(problem, self.axes)
        widths = [each.width for each in self.axes]
        self.groups = np.repeat(np.arange(len(widths)), widths)
        """The parameter of each feature column."""
        self.first_column = np.concatenate([[0], np.cumsum(widths)[:-1]]).astype(int)
        self.moving = [k for k, each in enumerate(self.axes) if each.levels is None]
        """The parameters that a gradient can move."""
        self.stepped = [k for k, each in enumerate(self.axes) if each.levels is not None]
        """The parameters whose values are gone through."""
        counts = [each.count for each in self.axes]
        self.count = None if None in counts else math.prod(c for c in counts if c is not None)
        self.combinations = math.prod(len(self.levels(k)) for k in self.stepped)
        self.table = self._table()
        """All rows that can be tried, where they can be gone through; else None."""

    def stretched(self, units: Array) -> Space:
        """The same space, of which the model sees each number in these units."""
        made = copy.copy(self)
        made.units, made.whole = units, made
        return made

    def reach(self, tried: Array) -> Array:
        """By parameter: in how many ranges of today nearly all that was tried lies; 1 where that is within the bounds.
        So what was tried before bounds were narrowed is not out of the model's reach."""
        found = np.ones(len(self.axes))
        for k, each in enumerate(self.axes):
            if len(tried) and not isinstance(each, OptionAxis | OrderedAxis):
                found[k] = min(max(float(np.quantile(np.abs(2 * tried[:, k] - 1), MOST)), 1.0), FAR)
        return found

    def within(self, row: Array) -> Space:
        """The part of the space that shares with this row what is the same for all trials of a run."""
        shared = [k for k, each in enumerate(self.problem.parameters) if each.per == "batch"]
        return Space(self.problem, self.whole, {k: float(row[k]) for k in shared}) if shared else self

    def levels(self, place: int) -> Array:
        """The coordinates that a stepped parameter can take."""
        levels = self.axes[place].levels
        return np.empty(0) if levels is None else levels

    def _table(self) -> Array | None:
        if self.pool is not None:
            known = None if self.whole is self else self.whole.table  # what may not be tried in the whole is gone there
            rows = self.rows(self.pool) if known is None else known.copy()
            rows[~(self._inside(rows) & self.feasible.allowed(rows))] = np.nan  # its place in the pool stays
            return rows
        if self.count is not None and self.count <= WHOLE and not self.moving:
            return self.admitted(self.level_rows())
        return None

    def _inside(self, rows: Array) -> Mask:
        """Which rows lie within today's bounds, and have what is held."""
        inside = np.ones(len(rows), dtype=bool)
        for k, each in enumerate(self.axes):
            inside &= (rows[:, k] >= 0) & (isinstance(each, OptionAxis) | (rows[:, k] <= 1))
            inside &= True if each.only is None else rows[:, k] == each.only
        return inside

    def admitted(self, rows: Array) -> Array:
        """The rows, brought to where they may be tried, and each once; without those that cannot be brought there."""
        if self.feasible.is_free:
            return rows
        rows = self.feasible.brought_in(rows)
        return np.asarray(rows[np.sort(np.unique(rows, axis=0, return_index=True)[1])])

    def level_rows(self) -> Array:
        """Every combination of the stepped parameters, the moving ones at 0; `combinations x parameters`."""
        rows = np.zeros((self.combinations, len(self.axes)))
        grids = np.meshgrid(*[self.levels(k) for k in self.stepped], indexing="ij")
        for k, grid in zip(self.stepped, grids, strict=True):
            rows[:, k] = grid.ravel()
        return rows

    def rows(self, points: Sequence[Parameters]) -> Array:
        """The coordinates of points; `points x parameters`. Raises `InvalidInput` for an incomplete point."""
        out = np.empty((len(points), len(self.axes)))
        for k, each in enumerate(self.axes):
            try:
                out[:, k] = each.coordinates([point[each.name] for point in points]) + 0.0
            except KeyError as missing:
                raise InvalidInput(
                    f"A point lacks the parameter {missing}.", "Every point names all of them."
                ) from None
        return self.feasible.canonical(out)

    def parameters(self, row: Array) -> dict[str, Scalar]:
        """The point at a row, within the bounds and rounded to values that exist; to more digits where a constraint
        would be broken by rounding."""
        made: dict[str, Scalar] = {}
        for digits in FINER:
            for each, t in zip(self.axes, row, strict=True):
                at = float(t)
                made[each.name] = each.value(at, digits) if isinstance(each, ContinuousAxis) else each.value(at)
            if not self.feasible.bounds or self.keeps(made):
                break
        return made

    def keeps(self, point: Parameters) -> bool:
        """Whether a point keeps every constraint, as the domain says."""
        return not any(
            each.excludes(point) if isinstance(each, Excluded) else each.broken(point)
            for each in self.problem.constraints
        )

    def suggested(self, row: Array) -> Array | None:
        """The row of the point that would be suggested for this row; None where that may not be tried."""
        made = self.parameters(row)
        return np.asarray(self.rows([made])[0]) if self.keeps(made) else None

    def features(self, rows: Array) -> torch.Tensor:
        """What the model sees; `rows x columns`, float64."""
        columns = [each.columns(rows[:, k]) / self.units[k] for k, each in enumerate(self.axes)]
        return torch.tensor(np.concatenate(columns, axis=1), dtype=torch.float64)

    def spread(self, uniform: Array) -> Array:
        """Rows from points of the unit cube, `m x parameters`."""
        columns = [
            each.spread(uniform[:, k]) if each.only is None else np.full(len(uniform), each.only)
            for k, each in enumerate(self.axes)
        ]
        return np.stack(columns, axis=1)

    def sobol(self, count: int, seed: int) -> Array:
        """Scrambled Sobol rows, `count x parameters`; fewer where few may be tried."""

        def draw(many: int) -> Array:
            return self.spread(sobol(len(self.axes), many, seed).numpy())

        return draw(count) if self.feasible.is_free else self.feasible.spread(draw, count, seed)

    def is_empty(self) -> bool:
        """Whether nothing may be tried, as far as looking about shows."""
        if self.table is not None:
            return bool(np.isnan(self.table[:, :1]).all())
        return not len(self.sobol(64, 0)) and self.any_free(set()) is None

    def any_free(self, taken: AbstractSet[bytes]) -> Array | None:
        """The first row of a finite space that is not taken; None when there is none."""
        rows = (row for row in self._every_row() if self.feasible.is_free or self._may_be(row))
        return next((row for row in rows if key(row) not in taken), None)

    def _may_be(self, row: Array) -> bool:
        """Whether a row is as it would be suggested."""
        return bool(self.feasible.allowed(row[None])[0]) and key(self.feasible.canonical(row[None])[0]) == key(row)

    def _every_row(self) -> Iterator[Array]:
        """All rows of a finite space, one after the other, however many; none of an infinite one."""
        for number in range(self.count or 0):
            rest, row = number, np.empty(len(self.axes))
            for k, each in enumerate(self.axes):
                rest, place = divmod(rest, each.count or 1)
                if isinstance(each, LevelAxis) and each.only is None:
                    row[k] = each.coordinates([each.low + place])[0]
                else:
                    row[k] = self.levels(k)[place]
            yield row


def key(row: Array) -> bytes:
    """What tells rows apart."""
    return row.tobytes()
