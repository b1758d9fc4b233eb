"""How good what a planner found is: the truth of the best point so far, between the middle of the space (regret 1) and
the optimum (0)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .cases import LIMITED, WANTED, Case, Point

Trace = list[float | None]
"""By trial: the best so far; None until there is one."""


def trace(case: Case, points: Sequence[Point]) -> Trace:
    """The best true value (with two objectives: hypervolume) among the points so far that gave a result, keep the limit
    and were measured at the full fidelity."""
    best: float | None = None
    front: list[tuple[float, float]] = []
    out: Trace = []
    for point in points:
        value = case.truth(point)
        if case.has_failed(point) or not case.counts(point) or (case.limited and value[LIMITED] > 0):
            out.append(best)
            continue
        if case.reference is not None:
            front.append((value["y0"], value["y1"]))
            best = hypervolume(front, case.reference)
        else:
            best = value[WANTED] if best is None else max(best, value[WANTED])
        out.append(best)
    return out


def hypervolume(front: Iterable[tuple[float, float]], reference: tuple[float, float]) -> float:
    """The area between two maximised objectives' points and the reference."""
    area, height = 0.0, reference[1]
    for one, other in sorted((p for p in front if p[0] > reference[0] and p[1] > reference[1]), reverse=True):
        if other > height:
            area += (one - reference[0]) * (other - height)
            height = other
    return area


def regret(best: float | None, optimum: float, middle: float) -> float:
    """1 at the middle of the space (and where there is nothing yet), 0 at the optimum."""
    return 1.0 if best is None else (optimum - best) / (optimum - middle)


def regrets(found: Trace, spent: Sequence[float], optimum: float, middle: float, budget: int) -> list[float]:
    """The regret after 1, 2, ... `budget` units of cost."""
    out = []
    for paid in range(1, budget + 1):
        values = [best for best, cost in zip(found, spent, strict=True) if cost <= paid + 1e-9]
        out.append(regret(values[-1] if values else None, optimum, middle))
    return out


def until(curve: Sequence[float], level: float = 0.1) -> int:
    """The cost until the regret is at most the level; one more than the budget when it never is."""
    return next((paid for paid, value in enumerate(curve, 1) if value <= level + 1e-9), len(curve) + 1)
