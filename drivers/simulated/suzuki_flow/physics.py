"""The chemistry of the bench: what comes out of the reactor, without any noise.

An aryl bromide (A, 100 mM) is coupled with a boronic acid (B, 140 mM) to a biaryl nitrile (P), in plug flow at constant
temperature, so that a volume element reacts like a stirred vial for the residence time:

    dA/dt = -r - s              r = k c A B / (K + B)      coupling: oxidative addition limits where B is plentiful
    dB/dt = -r - k_pd B         s = k_s c^2 A              dehalogenation by two palladium centres
    dP/dt =  r - k_h P                                     the nitrile hydrolyses in the hot base
    dc/dt = -k_d c                                         the catalyst falls out as palladium black

Every constant follows Arrhenius around 70 degC with an *apparent* energy; that of the catalyst's loss is high, for it
is cooperative. Each ligand so has a window of temperature of its own, between too slow and too short-lived, and a
loading beyond which more palladium destroys more than it couples: eight optima of unequal height, of which the highest
(L3) lies inside the space, and the others end at the longest residence time.

The ligands are invented; the scheme is the usual one. Source: A. J. J. Lennox, G. C. Lloyd-Jones, Selection of boron
reagents for Suzuki-Miyaura coupling, Chem. Soc. Rev. 43 (2014) 412; the search space is that of B. J. Reizman et al.,
Suzuki-Miyaura cross-coupling optimization enabled by automated feedback, React. Chem. Eng. 1 (2016) 658.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

GAS_CONSTANT = 8.314462618e-3
"""kJ/(mol K)."""
REFERENCE_K = 343.15
"""Where the constants are given: 70 degC."""
ARYL_HALIDE_M = 0.100
BORONIC_ACID_M = 0.140
HALF_SATURATION_M = 0.020
"""The boronic acid at which transmetalation takes as long as oxidative addition."""


class Arrhenius(NamedTuple):
    """A rate constant: its value at 70 degC and its apparent activation energy."""

    at_reference: float
    energy_kj_mol: float

    def at(self, temperature_c: float) -> float:
        """The constant at a temperature, in the unit of `at_reference`."""
        difference = 1.0 / (temperature_c + 273.15) - 1.0 / REFERENCE_K
        return self.at_reference * math.exp(-self.energy_kj_mol / GAS_CONSTANT * difference)


PROTODEBORONATION = Arrhenius(6.0e-4, 92.0)
"""1/s."""
HYDROLYSIS = Arrhenius(6.0e-4, 72.0)
"""1/s."""


@dataclass(frozen=True, slots=True)
class Ligand:
    """What a ligand makes of palladium."""

    coupling: Arrhenius
    """1/(M s)."""
    deactivation: Arrhenius
    """1/s."""
    side: Arrhenius
    """1/(M^2 s)."""


LIGANDS: Mapping[str, Ligand] = MappingProxyType(
    {
        "L0": Ligand(Arrhenius(7.5, 70), Arrhenius(0.016, 130), Arrhenius(15000, 80)),
        "L1": Ligand(Arrhenius(4.5, 75), Arrhenius(0.016, 150), Arrhenius(7000, 75)),
        "L2": Ligand(Arrhenius(13.0, 60), Arrhenius(0.09, 110), Arrhenius(40000, 70)),
        "L3": Ligand(Arrhenius(15.0, 88), Arrhenius(4.5e-3, 150), Arrhenius(8000, 65)),
        "L4": Ligand(Arrhenius(3.0, 70), Arrhenius(0.025, 120), Arrhenius(9000, 75)),
        "L5": Ligand(Arrhenius(1.5, 85), Arrhenius(0.005, 160), Arrhenius(2500, 70)),
        "L6": Ligand(Arrhenius(7.0, 65), Arrhenius(0.04, 105), Arrhenius(16000, 70)),
        "L7": Ligand(Arrhenius(2.4, 95), Arrhenius(0.005, 185), Arrhenius(3000, 75)),
    }
)

BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"residence_time": (60.0, 600.0), "temperature": (30.0, 110.0), "loading": (0.5, 2.5)}
)
"""s, degC and mol% of the aryl halide."""


class Mixture(NamedTuple):
    """What flows out of the reactor, in mol/L."""

    aryl_halide: float
    boronic_acid: float
    product: float
    arene: float
    """The dehalogenated side product."""


def react(
    ligand: str,
    residence_time_s: float,
    temperature_c: float,
    loading_percent: float,
    *,
    aryl_halide_m: float = ARYL_HALIDE_M,
    boronic_acid_m: float = BORONIC_ACID_M,
) -> Mixture:
    """The mixture after the residence time, by numerical integration (relative error below 1e-6)."""
    from scipy.integrate import solve_ivp  # a driver starts without waiting for it

    kinetics = LIGANDS[ligand]
    coupling, side = kinetics.coupling.at(temperature_c), kinetics.side.at(temperature_c)
    deactivation = kinetics.deactivation.at(temperature_c)
    protodeboronation, hydrolysis = PROTODEBORONATION.at(temperature_c), HYDROLYSIS.at(temperature_c)
    palladium = loading_percent / 100.0 * aryl_halide_m

    def rates(t: float, amounts: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        aryl_halide, boronic_acid, product, _ = amounts
        catalyst = palladium * math.exp(-deactivation * t)
        boronic_acid = max(boronic_acid, 0.0)
        coupled = coupling * catalyst * aryl_halide * boronic_acid / (HALF_SATURATION_M + boronic_acid)
        lost = side * catalyst * catalyst * aryl_halide
        return (
            -coupled - lost,
            -coupled - protodeboronation * boronic_acid,
            coupled - hydrolysis * product,
            lost,
        )

    start = (aryl_halide_m, boronic_acid_m, 0.0, 0.0)
    solution = solve_ivp(rates, (0.0, residence_time_s), start, method="LSODA", rtol=1e-7, atol=1e-10)
    return Mixture(*(max(float(amount), 0.0) for amount in solution.y[:, -1]))


class Outcomes(NamedTuple):
    """What a campaign looks for."""

    yield_percent: float
    turnover: float
    """mol of product a mol of palladium."""


def true_outcomes(parameters: Mapping[str, float | str]) -> Outcomes:
    """The noiseless outcomes at `ligand`, `residence_time` (s), `temperature` (degC) and `loading` (mol%)."""
    loading = float(parameters["loading"])
    mixture = react(
        str(parameters["ligand"]), float(parameters["residence_time"]), float(parameters["temperature"]), loading
    )
    share = 100.0 * mixture.product / ARYL_HALIDE_M
    return Outcomes(share, share / loading)


class Optimum(NamedTuple):
    """The best yield, and where."""

    parameters: Mapping[str, float | str]
    yield_percent: float


OPTIMUM = Optimum(
    MappingProxyType({"ligand": "L3", "residence_time": 172.47, "temperature": 74.283, "loading": 0.9589}), 55.6104
)
"""By Nelder-Mead from the best of 300 random points of each ligand; the next best ligand (L0) ends at 30.31 percent."""


def true_optimum() -> Optimum:
    """The best yield that this chemistry can give inside `BOUNDS`, and where."""
    return OPTIMUM
