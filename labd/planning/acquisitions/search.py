"""Finding the row where the acquisition is highest, among those that are still free."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize

from labd.planning.acquisitions.protocol import Acquisition
from labd.planning.acquisitions.table import best_place
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
HALVINGS = 8
"""Steps on the way back to where the guard lets a row pass."""
COMBINED = 4096
"""Candidates that go through all combinations of the stepped parameters, where those are no more than this."""
TOGETHER = 8
"""Steps that all of them climb; only the highest is then climbed to its summit."""
CLIMB = 60
"""Steps of a climb, at most."""
SUMMIT = 1e-6
"""A step that gains no more than this share ends a climb."""
SWEEPS = 3
"""How often gradient search and going through the steps alternate."""


class Guard(Protocol):
    """What lets rows pass, for other reasons than the space's own."""

    def __call__(self, rows: Array) -> NDArray[np.bool_]:
        """By row, whether it may be tried."""


class Search:
    """One search: the space, the acquisition over it, and the rows that are taken."""

    def __init__(
        self, space: Space, acquisition: Acquisition, taken: AbstractSet[bytes], seed: int, guard: Guard | None = None
    ) -> None:
        self.space, self.acquisition, self.taken, self.guard = space, acquisition, taken, guard
        self.seed, self.chance = seed, np.random.default_rng(seed)
        self.device = acquisition.device
        self.columns = torch.as_tensor(space.first_column[space.moving], device=self.device)
        self.units = space.units[space.moving]

    def score(self, rows: Array) -> Array:
        """The acquisition at each row; minus infinity where the guard does not let it pass."""
        scores = np.asarray(self.acquisition(self.space.features(rows).to(self.device)).cpu().numpy())
        return scores if self.guard is None else np.where(self.guard(rows), scores, -np.inf)

    def best_of(self, rows: Array) -> int | None:
        """The place of the best free row of a table; None when all are taken."""
        place = best_place(rows, self.score, lambda some: self.space.features(some).numpy(), self.taken, self.seed)
        return None if place is None or not self._passes(rows[place]) else place

    def _passes(self, row: Array) -> bool:
        return self.guard is None or bool(self.guard(row[None])[0])

    def best_anywhere(self, good: Array) -> Array | None:
        """The best free row of an open space; `good` are rows near which to look closer."""
        rows = self._free(self.space.admitted(self._candidates(good)))
        rows = rows if self.guard is None else rows[self.guard(rows)]
        if not len(rows):
            return self._any_free()
        scores = self.score(rows)
        order = np.argsort(-scores, kind="stable")
        begun = rows[self._spread_out(rows, order)]
        found, values = self._improved(begun.copy())
        if self.guard is not None:
            found, values = self._pulled_back(begun, found, self.guard)
        for row in [*found[np.argsort(-values, kind="stable")], *rows[order]]:
            found_at = self.space.suggested(row)
            if found_at is not None and key(found_at) not in self.taken and self._passes(found_at):
                return found_at
        return self._any_free()

    def _any_free(self) -> Array | None:
        """Any row at all; none where the search is guarded."""
        return self.space.any_free(self.taken) if self.guard is None else None

    def _pulled_back(self, begun: Array, found: Array, guard: Guard) -> tuple[Array, Array]:
        """What the guard does not let pass, moved back on its way until it does; and the acquisition there. Between
        values that are gone through there is no way: these stay as they were."""
        there = begun.copy()
        there[:, self.space.moving] = found[:, self.space.moving]
        near, far = np.zeros(len(found)), np.ones(len(found))
        for _ in range(HALVINGS):
            middle = 0.5 * (near + far)
            passes = guard(begun + middle[:, None] * (there - begun))
            near, far = np.where(passes, middle, near), np.where(passes, far, middle)
        rows = np.where(guard(found)[:, None], found, begun + near[:, None] * (there - begun))
        return rows, self.score(rows)

    def _free(self, rows: Array) -> Array:
        """The rows that are not taken; where something moves, a row that is taken is a way to others."""
        if self.space.moving or not self.taken:
            return rows
        return rows[[key(row) not in self.taken for row in rows]]

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

    def _improved(self, rows: Array) -> tuple[Array, Array]:
        """Gradients for the moving parameters, going through the values of the others, until neither helps; the rows
        and the acquisition there."""
        values = self._climb(rows)
        better = np.arange(len(rows) if self.space.stepped else 0)
        for _ in range(SWEEPS):
            before = values[better]
            stepped = rows[better]
            values[better] = [self._step(row) for row in stepped]
            rows[better] = stepped
            better = better[values[better] > before + 1e-6]
            if not len(better):
                break
            climbed = rows[better]
            values[better] = self._climb(climbed)
            rows[better] = climbed
        return rows, values

    def _climb(self, rows: Array) -> Array:
        """Move the rows to where the acquisition is highest, each by itself though all at once; the values there."""
        if not self.space.moving:
            return self.score(rows)
        before = rows.copy()
        if self.space.feasible.bounds:
            for row in rows:
                self._climb_within(row)
                back = self.space.feasible.brought_in(row[None])
                row[:] = back[0] if len(back) else row
            gone = ~self.space.feasible.allowed(rows)
            rows[gone] = before[gone]
        else:
            self._climb_freely(rows)
        return self.score(rows)

    def _climb_freely(self, rows: Array) -> None:
        """All rows some way up, together, and then the highest to its summit: together, the steepest of them would say
        when all are there."""
        if len(rows) > 1:
            self._climb_together(rows, TOGETHER)
        highest = int(self.score(rows).argmax())
        self._climb_together(rows[highest : highest + 1], CLIMB)

    def _climb_together(self, rows: Array, steps: int) -> None:
        """One search over the coordinates of all rows: the sum of their values is highest where each of them is."""
        moving = self.space.moving
        x = self.space.features(rows).to(self.device)

        def downhill(at: Array) -> tuple[float, Array]:
            x[:, self.columns] = torch.as_tensor(at.reshape(len(rows), -1) / self.units, device=self.device)
            value, slope = self.acquisition.with_gradient(x)
            return -float(value.sum()), -(slope[:, self.columns].cpu().numpy() / self.units).ravel()

        low, high = np.zeros((len(rows), len(moving))), np.ones((len(rows), len(moving)))
        still = self.space.feasible.meaningless(rows)[:, moving]
        if still.all():
            return
        at = rows[:, moving]
        low[still] = high[still] = at[still]
        found = minimize(
            downhill,
            at.ravel(),
            jac=True,
            method="L-BFGS-B",
            bounds=Bounds(low.ravel(), high.ravel()),
            options={"maxiter": steps, "ftol": SUMMIT},
        )
        rows[:, moving] = np.clip(found.x.reshape(len(rows), -1), 0, 1)

    def _climb_within(self, row: Array) -> None:
        moving = self.space.moving
        x = self.space.features(row[None]).to(self.device)

        def downhill(at: Array) -> tuple[float, Array]:
            x[0, self.columns] = torch.as_tensor(at / self.units, device=self.device)
            value, slope = self.acquisition.with_gradient(x)
            return -float(value[0]), -slope[0, self.columns].cpu().numpy() / self.units

        still = self.space.feasible.meaningless(row[None])[0, moving]
        if still.all():
            return
        bounds = [(at, at) if fixed else (0.0, 1.0) for at, fixed in zip(row[moving], still, strict=True)]
        found = minimize(
            downhill,
            row[moving].copy(),
            jac=True,
            method="SLSQP",
            bounds=bounds,
            constraints=self.space.feasible.for_slsqp(row),
            options={"maxiter": CLIMB},
        )
        row[moving] = np.clip(found.x, 0, 1)

    def _step(self, row: Array) -> float:
        """Set each stepped parameter, one after the other, to its best value; the acquisition there."""
        value = -np.inf
        for place in self.space.stepped:
            rows = self._free(self.space.feasible.beside(row, place, self.space.levels(place)))
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
            inside[:, k] = np.clip(inside[:, k], 0, len(each.options) - 1)
        elif each.levels is None:
            inside[:, k] = np.clip(inside[:, k], 0, 1)
        else:
            inside[:, k] = each.levels[np.abs(inside[:, k, None] - each.levels[None]).argmin(1)]
    return inside
