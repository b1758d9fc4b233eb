"""The chemistry of the furnace: what a mixture of three oxides conducts after firing, without any noise.

Lanthana, zirconia and tantala (mass fractions that add up to 1, lithium in excess) form a garnet that conducts lithium:

    sigma = phase(x) formed(T, t) kept(T, t) sigma_25(x) exp(-E(x) / k (1 / T_m - 1 / 298.15 K)) + insulator

    phase   = 1 / (1 + exp((r(x) - 1) / WIDTH))     within the ellipse r < 1 around the garnet; beyond it others form
    formed  = 1 - exp(-(k_f t)^2)                   nuclei that grow; k_f of Arrhenius
    kept    = exp(-(k_l + UPTAKE_PER_H) t)          lithium leaves the hot powder (k_l of Arrhenius, steeper), and
                                                    alumina of the crucible enters it
    E       = 0.30 eV + 6 eV (tantala - 0.12)^2     tantalum makes vacancies, and too much of it traps them

The best composition so lies near the boundary of the phase, and the best firing between raw and leached.

Source: the law of formation is that of M. Avrami, Kinetics of phase change II, J. Chem. Phys. 8 (1940) 212. The
constants are invented.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from ..telling import Optimum, Point

OXIDES = ("lanthana", "zirconia", "tantala")
BOLTZMANN_EV = 8.617333262e-5
"""eV/K."""
ROOM_K = 298.15
REFERENCE_K = 1323.15
"""Where the rates of firing are given: 1050 degC."""
CENTRE = {"lanthana": 0.60, "zirconia": 0.33, "tantala": 0.07}
AXES = {"lanthana": 0.16, "zirconia": 0.20, "tantala": 0.09}
WIDTH = 0.10
UPTAKE_PER_H = 0.02
INSULATOR = 1e-4
"""mS/cm."""
BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "lanthana": (0.2, 0.8),
        "zirconia": (0.1, 0.6),
        "tantala": (0.0, 0.3),
        "temperature": (850.0, 1250.0),
        "dwell": (1.0, 20.0),
    }
)
"""Mass fractions, degC and h."""


def rate(at_reference: float, energy_ev: float, temperature_c: float) -> float:
    """An Arrhenius constant in the unit of `at_reference`."""
    difference = 1.0 / (temperature_c + 273.15) - 1.0 / REFERENCE_K
    return at_reference * math.exp(-energy_ev / BOLTZMANN_EV * difference)


def purity(composition: Mapping[str, float]) -> float:
    """The share of the garnet that the composition allows; fractions need not add up to 1."""
    total = sum(composition[name] for name in OXIDES)
    squares = (((composition[name] / total - CENTRE[name]) / AXES[name]) ** 2 for name in OXIDES)
    return 1.0 / (1.0 + math.exp((math.sqrt(sum(squares)) - 1.0) / WIDTH))


def fired(temperature_c: float, dwell_h: float) -> tuple[float, float]:
    """The share that has formed, and the share of lithium that is still there."""
    formed = -math.expm1(-((rate(0.16, 2.2, temperature_c) * dwell_h) ** 2))
    return formed, math.exp(-(rate(0.02, 4.0, temperature_c) + UPTAKE_PER_H) * dwell_h)


def conductivity(
    composition: Mapping[str, float], formed: float, kept: float, measured_at_c: float = ROOM_K - 273.15
) -> float:
    """In mS/cm, measured at a temperature in degC."""
    total = sum(composition[name] for name in OXIDES)
    tantala = composition["tantala"] / total
    energy_ev = 0.30 + 6.0 * (tantala - 0.12) ** 2
    vacancies = 0.15 + tantala / 0.12
    warmth = math.exp(-energy_ev / BOLTZMANN_EV * (1.0 / (measured_at_c + 273.15) - 1.0 / ROOM_K))
    trapped = math.exp(-(energy_ev - 0.30) / (BOLTZMANN_EV * ROOM_K))
    return purity(composition) * formed * kept * 0.9 * vacancies * trapped * warmth + INSULATOR


def true_outcomes(point: Point) -> Mapping[str, float]:
    """The noiseless outcomes at the three fractions, `temperature` (degC) and `dwell` (h)."""
    composition = {name: float(point[name]) for name in OXIDES}
    formed, kept = fired(float(point["temperature"]), float(point["dwell"]))
    return {"conductivity": conductivity(composition, formed, kept), "purity": 100.0 * purity(composition) * formed}


OPTIMUM = Optimum(
    "conductivity",
    "maximise",
    0.642682,
    MappingProxyType(
        {"lanthana": 0.578001, "zirconia": 0.295627, "tantala": 0.126373, "temperature": 1057.612, "dwell": 9.1014}
    ),
)
"""By differential evolution over the bounds."""
