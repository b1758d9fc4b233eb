"""The biology of the plate: how a strain grows, and how brightly it glows once it is induced, without any noise.

A culture of density N (as optical density) grows logistically, and makes fluorescent protein F from induction on:

    dN/dt = g N (1 - N / K)                g = MU gamma(T) (1 - burden e)
    dF/dt = brightness gamma(T) fold(T) e (1 - burden e) N
    e = leak + (1 - leak) I^n / (K_I^n + I^n)               Hill's induction by the inducer I

A cell that makes much protein grows less and has less to make it of: each strain has a burden, and so an inducer
concentration beyond which more is worse. Warmth speeds growth and unfolds the protein: there is a best temperature,
below that of growth. All rates are constant within a phase, so that the equations have closed solutions.

Source: gamma is the cardinal temperature model with inflection of L. Rosso, J. R. Lobry, J. P. Flandrois, An
unexpected correlation between cardinal temperatures of microbial growth highlighted by a new model, J. Theor. Biol. 162
(1993) 447.
The strains are invented.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..telling import Optimum, Point

MU_PER_H = 1.1
"""Growth rate at the best temperature."""
CARDINAL_C = (8.0, 39.0, 46.0)
"""Temperatures of E. coli: no growth below, best, no growth above."""
CAPACITY_OD = 1.6
UNFOLDING_C, UNFOLDING_WIDTH_K = 33.0, 1.8
"""Half of the protein folds at this temperature; how sharply that changes."""
INOCULUM_OD = 0.02
GROWTH_C, GROWTH_H = 37.0, 2.0
"""Before induction."""
INDUCTION_H = 3.0
AUTOFLUORESCENCE = 120.0
"""Of any cell, a unit of optical density."""


@dataclass(frozen=True, slots=True)
class Strain:
    """What a strain makes of the inducer."""

    brightness: float
    """Fluorescence an hour and unit of optical density, at full expression."""
    half_um: float
    """Inducer at half of the induction, umol/L."""
    hill: float
    leak: float
    burden: float


STRAINS: Mapping[str, Strain] = MappingProxyType(
    {
        "wt": Strain(0.0, 100.0, 1.0, 0.0, 0.0),
        "s1": Strain(5200.0, 40.0, 1.6, 0.02, 0.35),
        "s2": Strain(9800.0, 150.0, 2.0, 0.01, 0.72),
        "s3": Strain(4100.0, 15.0, 1.2, 0.10, 0.20),
        "s4": Strain(7600.0, 300.0, 2.4, 0.03, 0.88),
    }
)
"""`wt` is the wild type, which carries no gene for the protein."""
BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType({"inducer": (1.0, 1000.0), "temperature": (20.0, 40.0)})
"""umol/L and degC."""


@dataclass(frozen=True, slots=True)
class Culture:
    """What is in a well."""

    density: float
    """Optical density of the cells."""
    fluorescence: float = 0.0
    """Of the protein, in the reader's counts."""


def growth(temperature_c: float) -> float:
    """The rate's share of its best, by temperature.

    >>> growth(39.0), growth(5.0)
    (1.0, 0.0)
    """
    low, best, high = CARDINAL_C
    if not low < temperature_c < high:
        return 0.0
    above = (temperature_c - high) * (temperature_c - low) ** 2
    steepness = (best - low) * (temperature_c - best) - (best - high) * (best + low - 2 * temperature_c)
    return above / ((best - low) * steepness)


def folded(temperature_c: float) -> float:
    """The share of the protein that folds, by temperature."""
    return 1.0 / (1.0 + math.exp((temperature_c - UNFOLDING_C) / UNFOLDING_WIDTH_K))


def expression(strain: Strain, inducer_um: float) -> float:
    """From `leak` to 1, by Hill."""
    power: float = inducer_um**strain.hill
    half: float = strain.half_um**strain.hill
    return strain.leak + (1.0 - strain.leak) * power / (half + power)


def grown(name: str, culture: Culture, inducer_um: float, temperature_c: float, hours: float) -> Culture:
    """The culture after so many hours at that temperature; without inducer nothing is expressed."""
    strain = STRAINS[name]
    expressed = expression(strain, inducer_um) if inducer_um > 0 else 0.0
    vigour = 1.0 - strain.burden * expressed
    rate = MU_PER_H * growth(temperature_c) * vigour
    ratio = culture.density / CAPACITY_OD
    swollen = 1.0 + ratio * math.expm1(rate * hours)
    density = culture.density * math.exp(rate * hours) / swollen
    exposure = CAPACITY_OD / rate * math.log(swollen) if rate > 0 else culture.density * hours
    """The integral of the density over time."""
    made = strain.brightness * growth(temperature_c) * folded(temperature_c) * expressed * vigour * exposure
    return Culture(density, culture.fluorescence + made)


def true_outcomes(point: Point) -> Mapping[str, float]:
    """The noiseless outcome at `strain`, `inducer` (umol/L) and `temperature` (degC): what is above the wild type."""
    strain, temperature_c = str(point["strain"]), float(point["temperature"])
    before = grown(strain, Culture(INOCULUM_OD), 0.0, GROWTH_C, GROWTH_H)
    after = grown(strain, before, float(point["inducer"]), temperature_c, INDUCTION_H)
    return {"specific_fluorescence": after.fluorescence / after.density}


OPTIMUM = Optimum(
    "specific_fluorescence",
    "maximise",
    3993.0775,
    MappingProxyType({"strain": "s2", "inducer": 307.64, "temperature": 29.0972}),
)
"""By Nelder-Mead from nine points of each strain; the next best strain (s1) ends at 3532.5, outside the bounds."""
