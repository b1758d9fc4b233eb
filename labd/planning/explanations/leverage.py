"""The optimum that the model expects, and where it would be without each single trial."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labd.domain.problem import Goal, Leverage, Objective, Optimum
from labd.planning.explanations.explanation import Outlook
from labd.planning.explanations.neighbours import distances
from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space
from labd.planning.surrogates.belief import Belief

SCATTERED = 512
"""Space-filling rows among which the optimum is sought, beside those that were tried."""
NEARBY = 64
"""Rows about the best that were tried, for each of the reaches."""
REACHES = (0.03, 0.1)
NEAREST = 3
"""So many of the best."""
LARGEST = 4096
"""Of a pool or a finite space no more rows than this are gone through."""
TOLD = 8
"""So many trials are told."""


def without_each(belief: Belief, at: Tensor) -> Tensor:
    """The posterior mean at `k x columns` points without each one of the `n` measurements, the hyperparameters as they
    are; `k x n`.

    The mean is linear in the targets: without a measurement it is what it is with that target where the others expect
    it. Source: as of `GaussianProcess.left_out`.
    """
    total = torch.zeros(len(at), len(belief.main.x), dtype=at.dtype, device=at.device)
    for weight, gp in belief.parts:
        unit = torch.eye(len(gp.x), dtype=at.dtype, device=at.device)
        weights = gp.of(gp.x, unit, gp.noise).expected(at) - gp.of(gp.x, 0 * unit, gp.noise).expected(at)
        expected, _ = gp.left_out()
        total += weight * (gp.predict(at)[0][:, :1] - weights * (gp.targets[:, 0] - expected))
    return total


class Optima:
    """Where one outcome is expected to be best, of a pool or of many rows of the space."""

    def __init__(
        self,
        space: Space,
        outlook: Outlook,
        objective: Objective,
        tried: Array,
        keeps: Callable[[Array], NDArray[np.bool_]],
        seed: int,
    ) -> None:
        """`tried` are the rows that were measured, in the order of the belief's points; `keeps` tells of rows whether
        the optimum may be there: where none may, it may be anywhere."""
        self.space, self.outlook, self.objective = space, outlook, objective
        rows = self._candidates(tried, seed)
        kept = keeps(rows)
        self.rows = rows[kept] if kept.any() else rows
        self.at = self._seen(self.rows)
        self.means = outlook.belief.predict(self.at)[0]

    def best(self) -> Optimum | None:
        """With all trials; None where nothing better is sought."""
        if not self._is_sought:
            return None
        at = int(self._worth(self.means).argmax())
        expected = self.outlook.predict(self.at[at][None])[0]
        return Optimum(parameters=self.space.parameters(self.rows[at]), expected=expected)

    def leverage(self, trials: Sequence[str]) -> tuple[Leverage, ...]:
        """Of the trials that were measured, those without which the optimum would move furthest."""
        belief = self.outlook.belief
        if not self._is_sought or len(trials) < 2 or any(len(gp.x) != len(trials) for _, gp in belief.parts):
            return ()  # the last: what was learnt is not of these trials alone
        without = without_each(belief, self.at)
        now, then = int(self._worth(self.means).argmax()), self._worth(without).argmax(0)
        moved = distances(belief, self.at[now], self.at[then])
        before = self.outlook.standard.value(float(self.means[now]))
        found = []
        for k in np.argsort(-moved, kind="stable")[:TOLD]:
            at = int(then[int(k)])
            expected = self.outlook.standard.value(float(without[at, int(k)]))
            found.append(
                Leverage(
                    trial=trials[int(k)],
                    parameters=self.space.parameters(self.rows[at]),
                    expected=expected,
                    moved=float(moved[int(k)]),
                    change=expected - before,
                )
            )
        return tuple(found)

    @property
    def _is_sought(self) -> bool:
        return self.objective.goal not in {Goal.LEVEL, Goal.MAP}

    def _worth(self, means: Tensor) -> Tensor:
        """Larger is better, whatever the goal."""
        if self.objective.goal is not Goal.MATCH or self.objective.target is None:
            return means
        target = self.outlook.standard.target(self.objective.target)
        return -(means - target).abs()

    def _candidates(self, tried: Array, seed: int) -> Array:
        table, chance = self.space.table, np.random.default_rng(seed)
        if table is not None:
            places = np.flatnonzero(~np.isnan(table[:, 0]))
            if len(places) > LARGEST:
                places = np.sort(chance.choice(places, LARGEST, replace=False))
            return np.concatenate([table[places], tried])
        believed = self._worth(self.outlook.belief.predict(self._seen(tried))[0]).cpu().numpy()
        near = np.repeat(tried[np.argsort(-believed, kind="stable")[:NEAREST]], NEARBY, axis=0)
        moving = self.space.moving
        sets = [self.space.sobol(SCATTERED, seed)]
        for reach in REACHES:
            rows = near.copy()
            rows[:, moving] = np.clip(near[:, moving] + chance.normal(0, reach, (len(near), len(moving))), 0, 1)
            sets.append(rows)
        return np.concatenate([self.space.admitted(np.concatenate(sets)), tried])

    def _seen(self, rows: Array) -> Tensor:
        return self.space.features(rows).to(self.outlook.belief.main.x.device)
