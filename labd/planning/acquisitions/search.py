"""Finding the row where the acquisition is highest, among those that are still free."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize

from labd.planning.acquisitions.acquisition import Acquisition
from labd.planning.spaces.axes import Array, OptionAxis
from labd.planning.spaces.space import Space, key

SCATTERED = 512
"""Space-filling candidates."""
NEARBY = 32
"""Candidates about each of the best points, for each of the reaches."""
REACHES = (0.02, 0.1, 0.3)
STARTS = 5
"""Candidates that are improved by gradients."""
APART = 0.05
"""How far these must differ in one coordinate."""
COMBINED = 4096
"""Candidates that go through all combinations of the stepped parameters, where those are no more than this."""
SWEEPS = 3
"""How often gradient search and going through the steps alternate."""


class Search:
    """One search: the space, the acquisition over it, and the rows that are taken."""

    def __init__(self, space: Space, acquisition: Acquisition, taken: AbstractSet[bytes], seed: int) -> None:
        self.space, self.acquisition, self.taken = space, acquisition, taken
        self.seed, self.chance = seed, np.random.default_rng(seed)
        self.device = acquisition.parts[0][1].gp.x.device
        self.columns = torch.as_tensor(space.first_column[space.moving], device=self.device)

    def score(self, rows: Array) -> Array:
        """The acquisition at each row."""
        return np.asarray(self.acquisition(self.space.features(rows).to(self.device)).cpu().numpy())

    def best_of(self, rows: Array) -> int | None:
        """The place of the best free row of a table; None when all are taken."""
        free = np.array([i for i in np.flatnonzero(~np.isnan(rows[:, 0])) if key(rows[i]) not in self.taken], dtype=int)
        return int(free[self.score(rows[free]).argmax()]) if len(free) else None

    def best_anywhere(self, good: Array) -> Array | None:
        """The best free row of an open space; `good` are rows near which to look closer."""
        rows = self.space.admitted(self._candidates(good))
        if not len(rows):
            return self.space.any_free(self.taken)
        scores = self.score(rows)
        order = np.argsort(-scores, kind="stable")
        found = [self._improve(rows[i].copy()) for i in self._spread_out(rows, order)]
        found.sort(key=lambda each: -each[0])
        for row in [row for _, row in found] + [rows[i] for i in order]:
            snapped = self.space.snapped(row)
            if key(snapped) not in self.taken and self.space.feasible.allowed(snapped[None])[0]:
                return snapped
        return self.space.any_free(self.taken)

    def _candidates(self, good: Array) -> Array:
        sets = [self.space.sobol(SCATTERED, self.seed)]
        for reach in REACHES:
            near = np.repeat(good, NEARBY, axis=0)
            moving = self.space.moving
            step = self.chance.normal(0, reach, (len(near), len(moving)))
            near[:, moving] = np.clip(near[:, moving] + step, 0, 1)
            sets.append(near)
            if self.space.stepped:
                sets.append(self._other_steps(near))
        if self.space.stepped and self.space.combinations <= COMBINED:
            sets.append(self._combined(good))
        return np.concatenate(sets)

    def _other_steps(self, rows: Array) -> Array:
        """The rows with about half of their stepped parameters drawn anew."""
        drawn = self.space.spread(self.chance.random(rows.shape))
        anew = self.chance.random(rows.shape) < 0.5
        anew[:, self.space.moving] = False
        return np.where(anew, drawn, rows)

    def _combined(self, good: Array) -> Array:
        """Every combination of the stepped parameters with the moving ones of good and of scattered rows."""
        combinations = self.space.level_rows()
        each = min(max(COMBINED // len(combinations), 1), 16)
        moving = np.concatenate([good, self.space.sobol(each, self.seed + 1)])[:each]
        rows = np.repeat(combinations, len(moving), axis=0)
        rows[:, self.space.moving] = np.tile(moving[:, self.space.moving], (len(combinations), 1))
        return rows

    def _spread_out(self, rows: Array, order: NDArray[np.intp]) -> list[int]:
        picked: list[int] = []
        for place in order:
            if all(np.abs(rows[place] - rows[other]).max() > APART for other in picked):
                picked.append(int(place))
            if len(picked) == STARTS:
                break
        return picked

    def _improve(self, row: Array) -> tuple[float, Array]:
        """Gradients for the moving parameters, going through the values of the others, until neither helps."""
        value = self._climb(row)
        for _ in range(SWEEPS if self.space.stepped else 0):
            before = value
            value = self._step(row)
            if value <= before + 1e-6:
                break
            value = self._climb(row)
        return value, row

    def _climb(self, row: Array) -> float:
        moving = self.space.moving
        x = self.space.features(row[None])[0].to(self.device)
        if not moving:
            return float(self.acquisition(x[None])[0])

        def downhill(at: Array) -> tuple[float, Array]:
            x[self.columns] = torch.as_tensor(at, device=self.device)
            value, slope = self.acquisition.with_gradient(x)
            return -float(value), -slope[self.columns].cpu().numpy()

        still = self.space.feasible.inactive(row)[moving]
        bounds = [(at, at) if fixed else (0.0, 1.0) for at, fixed in zip(row[moving], still, strict=True)]
        sums = self.space.feasible.for_slsqp(row)
        how: dict[str, Any] = {"method": "SLSQP", "constraints": sums} if sums else {"method": "L-BFGS-B"}
        before = row[moving].copy()
        found = minimize(downhill, before, jac=True, bounds=bounds, options={"maxiter": 60}, **how)
        row[moving] = np.clip(found.x, 0, 1)
        if sums and not self.space.feasible.allowed(row[None])[0]:
            row[moving] = before
            return float(self.score(row[None])[0])
        return -float(found.fun)

    def _step(self, row: Array) -> float:
        """Set each stepped parameter, one after the other, to its best value; the acquisition there."""
        value = -np.inf
        for place in self.space.stepped:
            levels = self.space.levels(place)
            rows = np.repeat(row[None], len(levels), axis=0)
            rows[:, place] = levels
            rows = self.space.admitted(rows)
            if len(rows):
                scores = self.score(rows)
                row[:], value = rows[int(scores.argmax())], float(scores.max())
        return value


def nearest_rows(space: Space, rows: Array) -> Array:
    """The rows of the space that are nearest to observed ones, which may lie outside."""
    inside = rows.copy()
    for k, each in enumerate(space.axes):
        if each.only is not None:
            inside[:, k] = each.only
        elif isinstance(each, OptionAxis):
            inside[:, k] = np.clip(inside[:, k], 0, each.width - 1)
        elif each.levels is None:
            inside[:, k] = np.clip(inside[:, k], 0, 1)
        else:
            inside[:, k] = each.levels[np.abs(inside[:, k, None] - each.levels[None]).argmin(1)]
    return inside
