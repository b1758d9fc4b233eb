"""What the detector of the bench's HPLC sees of a sample.

A chromatogram is a sum of Gaussian peaks, of which each has an area of its response factor times the injected amount,
on a drifting baseline with white noise, cut off where the detector saturates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .world import Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

RUN_MIN = 6.0
POINTS = 600
NOMINAL_UL = 10.0
"""The injection volume to which the response factors refer."""
SATURATION_MAU = 3000.0
NOISE_MAU = 0.25
AREA_SHARE = 0.01
"""Standard deviation of a peak's area, of the area."""
RETENTION_MIN = 0.004
"""Standard deviation of a run's retention times."""


class Compound(NamedTuple):
    """Where a compound elutes, how broadly, and how strongly it absorbs."""

    retention_min: float
    width_min: float
    """Standard deviation of the peak."""
    response: float
    """Area in mAU min for a concentration of 1 mM."""


COMPOUNDS = {
    "boronic_acid_m": Compound(1.20, 0.040, 0.90),
    "arene_m": Compound(2.10, 0.042, 1.10),
    "standard_m": Compound(2.80, 0.045, 2.00),
    "aryl_halide_m": Compound(3.60, 0.048, 1.60),
    "product_m": Compound(4.40, 0.052, 2.40),
}
"""By the field of `Sample` that has the concentration."""
SOLVENT = Compound(0.60, 0.030, 3.0)
"""The front of the solvent; its response is an area in mAU min."""


def chromatogram(sample: Sample | None, volume_ul: float, noise: np.random.Generator) -> tuple[Array, Array]:
    """Times in minutes and absorbance in mAU; of None, where nothing was injected, the baseline alone."""
    import numpy as np

    times: Array = RUN_MIN / POINTS * np.arange(POINTS, dtype=np.float64)
    phase, drift, shift = noise.uniform(0, 2 * np.pi), noise.normal(0, 0.8), noise.normal(0, RETENTION_MIN)
    absorbance = 4.0 + drift * times + 0.6 * np.sin(2 * np.pi * times / 9.0 + phase)
    absorbance += noise.normal(0, NOISE_MAU, POINTS)
    if sample is not None:
        absorbance += _peak(times, SOLVENT, SOLVENT.response)
        for field, compound in COMPOUNDS.items():
            concentration_mm = 1000.0 * float(getattr(sample, field))
            area = compound.response * concentration_mm * volume_ul / NOMINAL_UL * (1 + AREA_SHARE * noise.normal())
            absorbance += _peak(times - shift, compound, area)
    return times, np.minimum(absorbance, SATURATION_MAU)


def _peak(times: Array, compound: Compound, area: float) -> Array:
    import numpy as np

    place = (times - compound.retention_min) / compound.width_min
    height = area / (compound.width_min * np.sqrt(2 * np.pi))
    result: Array = height * np.exp(-0.5 * place * place)
    return result
