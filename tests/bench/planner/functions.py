"""Functions whose best value is known or can be found: what stands for nature in the synthetic cases."""

from __future__ import annotations

import math

import numpy as np

from .cases import Array, Point

HARTMANN_WEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])
HARTMANN_WIDTHS = np.array(
    [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)
HARTMANN_PLACES = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def coordinates(point: Point, count: int) -> Array:
    """The values of `x0`, `x1`, ...; `count`."""
    return np.array([point[f"x{i}"] for i in range(count)], float)


def hartmann(x: Array, weights: Array = HARTMANN_WEIGHTS, shift: float = 0.0) -> float:
    """Four smooth hills, up to six parameters. Source: J. K. Hartman, Some experiments in global optimization, 1973."""
    d = len(x)
    apart = (HARTMANN_WIDTHS[:, :d] * (x - shift - HARTMANN_PLACES[:, :d]) ** 2).sum(1)
    return float(weights @ np.exp(-apart))


def levy(x: Array) -> float:
    """Many ripples on a slope, best 0 at 1. Source: A. V. Levy, A. Montalvo, The tunneling algorithm, 1985."""
    w = 1 + (x - 1) / 4
    middle = ((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(math.pi * w[:-1] + 1) ** 2)).sum()
    last = (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)
    return -float(math.sin(math.pi * w[0]) ** 2 + middle + last)


def styblinski(x: Array) -> float:
    """Two valleys a parameter, one deeper. Source: M. A. Styblinski, T.-S. Tang, Neural Networks 3, 1990."""
    return -float((x**4 - 16 * x**2 + 5 * x).sum()) / 2


def branin(x: float, y: float) -> float:
    """Three equal valleys. Source: F. H. Branin, IBM J. Res. Dev. 16, 1972."""
    slope = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return slope**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def currin(x: float, y: float) -> float:
    """Source: C. Currin and others, JASA 86, 1991."""
    falling = 1 - (math.exp(-1 / (2 * y)) if y > 0 else 0.0)
    return falling * (2300 * x**3 + 1900 * x * x + 2092 * x + 60) / (100 * x**3 + 500 * x * x + 4 * x + 20)


def consecutive(
    celsius: float, minutes: float, loading: float, excess: float, speed: float = 1.0, bite: float = 1.0
) -> float:
    """Yield in percent of the middle one of A -> B -> C, first order each, by Arrhenius: a curved ridge.

    `loading` is the catalyst's in mol percent, `excess` the equivalents of the other reagent; `speed` and `bite` scale
    the two rates, as a ligand or a solvent would.
    """
    inverse = 1 / 8.314e-3 * (1 / (celsius + 273.15) - 1 / 353.15)
    one = 0.08 * speed * (loading / 2) ** 0.7 * excess**0.5 * math.exp(-65 * inverse)
    two = 0.012 * bite * loading**0.3 * math.exp(-105 * inverse)
    two = two if abs(one - two) > 1e-9 * one else one * (1 + 1e-6)
    middle = one / (two - one) * (math.exp(-one * minutes) - math.exp(-two * minutes))
    return float(100 * middle * (1 - 0.06 * (excess - 1.4) ** 2))


def blend(parts: Array) -> float:
    """A formulation: what each of up to seven parts brings, what pairs do together, and one narrow good recipe.

    Source of the pairs: H. Scheffé, Experiments with mixtures, 1958.
    """
    d = len(parts)
    chance = np.random.default_rng(58)
    alone, pairs = chance.uniform(0, 1, d), np.triu(chance.normal(0, 2.0, (d, d)), 1)
    recipe = np.array([0.35, 0.25, 0.2, 0.1, 0.05, 0.05, 0.0][:d])
    hill = 2.5 * math.exp(-float(((parts - recipe) ** 2).sum()) / (2 * 0.12**2))
    return float(alone @ parts + parts @ pairs @ parts) + hill
