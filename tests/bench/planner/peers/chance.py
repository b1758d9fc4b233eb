"""Points by chance: what every planner has to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..cases import Case, Point, Tried


class Chance:
    """Rows of the pool, or points of the space, without a thought; always at full fidelity."""

    @staticmethod
    def supports(case: Case) -> bool:
        return True

    def __init__(self, case: Case, seed: int) -> None:
        self._case, self._chance = case, np.random.default_rng(seed)

    def ask(self, history: Sequence[Tried]) -> Point:
        case = self._case
        if case.pool is not None:
            done = {case.key(each.point) for each in history}
            left = [row for row in case.pool if case.key(row) not in done]
            return left[int(self._chance.integers(len(left)))]
        point = case.point(self._chance.random(len(case.parameters)))
        return point | {case.fidelity: case.full} if case.fidelity else point
