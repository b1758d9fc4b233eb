"""The optics of the line: what two quadrupoles and a slit make of the ring's beam, without any noise.

In each plane the beam's matrix of second moments S = ((size^2, c), (c, angle^2)) is carried to the sample by thin
lenses and by drifts: S -> M S M^T with M = D(L3) Q2 D(L2) Q1 D(L1). What focuses one plane defocuses the other:

    D(L) = ((1, L), (0, 1))         Q = ((1, 0), (-+K, 1)),  K = current * STRENGTH

A slit before the first lens lets a share of the beam through and narrows its angle, and what comes through far from the
axis the lenses focus badly. A narrow slit so gives a small and faint spot, a wide one a bright and blurred one: the
flux density on the sample has a best slit, and, since two lenses of opposite sign must focus both planes, one best pair
of currents.

Source: H. Wiedemann, Particle Accelerator Physics, 4th ed. 2015, chapters 7 and 8 (thin lenses, beam matrix). The
numbers are invented.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ..telling import Optimum, Point

DRIFTS_M = (4.0, 1.2, 3.0)
STRENGTH = 0.030
"""Of a lens, 1/m an ampere."""
SOURCE_MM = (0.25, 0.12)
"""Size of the source, horizontal and vertical; standard deviations, as are all sizes."""
SOURCE_MRAD = (0.30, 0.22)
FLOOR_UM = 18.0
"""What the detector's screen blurs."""
ABERRATION_UM_MM2 = 40.0
"""What the lenses blur of a beam as wide as the slit."""
RING_MA = 200.0
FLUX = 100.0
"""With open slit and full ring, 1e9/s."""
SLIT_MM = 1.1
"""The slit that lets 63 percent through."""
BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"focus": (5.0, 45.0), "defocus": (5.0, 45.0), "slit": (0.2, 4.0)}
)
"""A, A and mm."""


class Spot(NamedTuple):
    """The beam on the sample."""

    horizontal_um: float
    vertical_um: float
    flux: float
    """1e9/s at a full ring."""

    @property
    def size_um(self) -> float:
        """The geometric mean of the two."""
        return math.sqrt(self.horizontal_um * self.vertical_um)

    @property
    def density(self) -> float:
        """Flux over the area of the spot, 1e9/(s mm^2)."""
        return self.flux / (2 * math.pi * self.horizontal_um * self.vertical_um) * 1e6


def spot(focus_a: float, defocus_a: float, slit_mm: float) -> Spot:
    """The spot with these currents in the quadrupoles and this slit."""
    passed = -math.expm1(-slit_mm / SLIT_MM)
    sizes = []
    for plane, sign in enumerate((1.0, -1.0)):
        angle = SOURCE_MRAD[plane] * math.sqrt(passed)
        lenses = (sign * focus_a * STRENGTH, -sign * defocus_a * STRENGTH)
        size_mm = _size(SOURCE_MM[plane], angle, lenses)
        sizes.append(math.hypot(1000 * size_mm, ABERRATION_UM_MM2 * slit_mm**2, FLOOR_UM))
    return Spot(sizes[0], sizes[1], FLUX * passed)


def _size(size_mm: float, angle_mrad: float, lenses: tuple[float, float]) -> float:
    """The size on the sample, in mm, of a beam that begins upright: the first row of M does it."""
    in_size, in_angle = (1.0, 0.0), (0.0, 1.0)  # the rows of M; a drift adds the second to the first
    for drift, lens in zip(DRIFTS_M, (*lenses, 0.0), strict=True):
        in_size = (in_size[0] + drift * in_angle[0], in_size[1] + drift * in_angle[1])
        in_angle = (in_angle[0] - lens * in_size[0], in_angle[1] - lens * in_size[1])
    return math.hypot(in_size[0] * size_mm, in_size[1] * angle_mrad)


def true_outcomes(point: Point) -> Mapping[str, float]:
    """The noiseless outcomes at `focus`, `defocus` (A) and `slit` (mm), with the beam in the middle."""
    found = spot(float(point["focus"]), float(point["defocus"]), float(point["slit"]))
    return {"flux_density": found.density, "spot": found.size_um, "flux": found.flux}


OPTIMUM = Optimum(
    "flux_density",
    "maximise",
    379.0682,
    MappingProxyType({"focus": 23.62316, "defocus": 25.91754, "slit": 0.868955}),
)
"""By differential evolution over the bounds."""
