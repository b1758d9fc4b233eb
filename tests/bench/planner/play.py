"""One planner on one case from one seed."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from .cases import Case, Laboratory, Point, Tried
from .peers import Adapter
from .scoring import Trace, trace

BUDGET = 40
"""In trials at full fidelity."""
MOST = 80
"""No run has more trials than this, however cheap they are."""


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it."""

    problem: str
    planner: str
    version: str
    seed: int
    trace: Trace
    """By trial: the best true value so far."""
    cpu: list[float] = field(default_factory=list)
    """By ask: processor seconds; the first trials were given and have none."""
    spent: list[float] | None = None
    """By trial: what was spent so far; None where each costs 1."""
    snapped: int = 0
    """So many suggestions were not in the pool, or there already: the nearest free row was taken."""
    error: str | None = None

    @property
    def costs(self) -> list[float]:
        """By trial: what was spent so far."""
        return self.spent or [float(i) for i in range(1, len(self.trace) + 1)]

    def line(self) -> dict[str, object]:
        """As it is written: without what is empty."""
        kept = asdict(self) | {"trace": [_short(value) for value in self.trace]}
        return {name: value for name, value in kept.items() if value not in (None, 0, []) or name == "seed"}


def play(case: Case, planner: str, adapter: Adapter, seed: int, version: str, budget: int = BUDGET) -> Run:
    """Ask and measure until the budget is spent. An error of the planner ends the run, and stands in it."""
    laboratory = Laboratory(case, seed)
    history = [laboratory.measure(point) for point in case.first(seed)]
    spent = [float(i) for i in range(1, len(history) + 1)]
    cpu: list[float] = []
    snapped, error = 0, None
    player = adapter(case, seed)
    while spent[-1] < budget - 1e-9 and len(history) < MOST:
        began = time.process_time()
        try:
            point = player.ask(history)
        except Exception as failure:  # noqa: BLE001, a planner that fails is a finding
            traceback.print_exc(limit=4)
            error = f"{type(failure).__name__}: {failure}"[:200]
            break
        cpu.append(round(time.process_time() - began, 4))
        free = nearest_free(case, point, history)
        snapped += free is not point
        history.append(laboratory.measure(free))
        spent.append(round(spent[-1] + case.costs(free), 6))
    found = trace(case, [each.point for each in history])
    return Run(case.name, planner, version, seed, found, cpu, spent if case.price else None, snapped, error)


def nearest_free(case: Case, point: Point, history: Sequence[Tried]) -> Point:
    """The point itself; in a pool, where it is no free row, the nearest that is."""
    if case.pool is None:
        return point
    done = {case.key(each.point) for each in history}
    free = [row for row in case.pool if case.key(row) not in done]
    if any(case.key(row) == case.key(point) for row in free):
        return point
    apart = ((case.encode(free) - case.encode([point])) ** 2).sum(1)
    return free[int(apart.argmin())]


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.7g}")
