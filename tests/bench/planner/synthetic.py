"""The cases that need no data: one a kind of problem, three where parameters are continuous and nothing else."""

from __future__ import annotations

import math

import numpy as np

from .cases import Box, Case, Choice, Levels, Point
from .functions import (
    HARTMANN_WEIGHTS,
    blend,
    branin,
    consecutive,
    coordinates,
    currin,
    hartmann,
    levy,
    styblinski,
)

ACTIVE = (3, 7, 12, 16)
"""The four of twenty parameters that matter."""
EARLIER = 30
"""So many observations of an earlier campaign."""
LIGANDS = {"l1": (1.0, 1.0), "l2": (1.6, 2.2), "l3": (0.5, 0.2), "l4": (0.3, 1.0), "l5": (2.2, 4.0), "l6": (0.9, 0.5)}
"""By ligand: how it scales the two rates."""
SOLVENTS = {"s1": (1.0, 1.0), "s2": (1.3, 0.7), "s3": (0.4, 0.6), "s4": (0.8, 2.0)}


def _box(count: int, low: float = 0.0, high: float = 1.0) -> tuple[Box, ...]:
    return tuple(Box(f"x{i}", low, high) for i in range(count))


REACTOR = (Box("celsius", 20, 120), Box("minutes", 1, 60), Box("loading", 0.2, 5), Box("excess", 1, 3))


def _reaction(point: Point) -> dict[str, float]:
    one, two = LIGANDS.get(str(point.get("ligand")), (1.0, 1.0)), SOLVENTS.get(str(point.get("solvent")), (1.0, 1.0))
    celsius, minutes, loading, excess = (float(point[each.name]) for each in REACTOR)
    return {"y": consecutive(celsius, minutes, loading, excess, one[0] * two[0], one[1] * two[1])}


def _edge(point: Point) -> float:
    """Above 0 beyond an edge that runs past the best hill of four-dimensional Hartmann."""
    return float(point["x2"]) - 0.3 * float(point["x0"]) - 0.42 + 0.06 * math.sin(7 * float(point["x3"]))


def _limited(point: Point) -> dict[str, float]:
    return {"y": hartmann(coordinates(point, 4)), "c": _edge(point)}


def _two(point: Point) -> dict[str, float]:
    a, b = coordinates(point, 2)
    return {"y0": -branin(15 * a - 5, 15 * b), "y1": -currin(a, b)}


def _cheap(point: Point) -> dict[str, float]:
    short = 1 - float(point["s"])
    weights = HARTMANN_WEIGHTS - short * np.array([0.1, -0.6, 0.8, 0.4])
    return {"y": hartmann(coordinates(point, 4), weights, 0.08 * short)}


def _earlier(truth: str) -> tuple[tuple[Point, float], ...]:
    """Points of an earlier campaign: of a shifted and scaled sibling of Hartmann's six, or of nothing like it."""
    chance = np.random.default_rng(30)
    units = chance.random((EARLIER, 6))
    if truth == "related":
        weights = HARTMANN_WEIGHTS * np.array([1.3, 0.8, 1.1, 0.9])
        values = np.array([40 + 25 * hartmann(unit, weights, 0.04) for unit in units])
    else:
        values = np.array([levy(8 * unit[::-1] - 4) for unit in units])
    values = values + chance.normal(0, 0.02 * values.std(), EARLIER)
    return tuple(
        ({f"x{i}": float(v) for i, v in enumerate(unit)}, float(y)) for unit, y in zip(units, values, strict=True)
    )


def synthetic() -> list[Case]:
    """All of them, without their optima."""
    return [
        Case("syn_hartmann6", _box(6), lambda p: {"y": hartmann(coordinates(p, 6))}),
        Case("syn_levy5", _box(5, -10, 10), lambda p: {"y": levy(coordinates(p, 5))}),
        Case("syn_reaction", REACTOR, _reaction),
        Case(
            "mixed_reaction",
            (*REACTOR, Choice("ligand", tuple(LIGANDS)), Choice("solvent", tuple(SOLVENTS))),
            _reaction,
        ),
        Case("noisy_styblinski4", _box(4, -5, 5), lambda p: {"y": styblinski(coordinates(p, 4))}, noise={"y": 12.0}),
        Case("limited4", _box(4), _limited, limited=True, noise={"y": 0.02, "c": 0.005}),
        Case(
            "simplex7",
            _box(7),
            lambda p: {"y": blend(coordinates(p, 7))},
            mixture=True,
            noise={"y": 0.02},
        ),
        Case("many20", _box(20), lambda p: {"y": hartmann(coordinates(p, 20)[list(ACTIVE)])}),
        Case("mo_branin_currin", _box(2), _two, objectives=("y0", "y1"), reference=(-18.0, -6.0)),
        Case(
            "fidelity4",
            (*_box(4), Levels("s", (0.2, 0.5, 1.0))),
            _cheap,
            fidelity="s",
            price=lambda p: float(p["s"]),
        ),
        Case(
            "failing4",
            _box(4),
            lambda p: {"y": hartmann(coordinates(p, 4))},
            fails=lambda p: _edge(p) > 0.1,
        ),
        Case("wrong4", _box(4), lambda p: {"y": hartmann(coordinates(p, 4))}, noise={"y": 0.05}, corrupted=0.15),
        *(
            Case(
                f"transfer_{kind}",
                _box(6),
                lambda p: {"y": hartmann(coordinates(p, 6))},
                earlier=_earlier(kind),
                without="syn_hartmann6",
            )
            for kind in ("related", "unrelated")
        ),
    ]
