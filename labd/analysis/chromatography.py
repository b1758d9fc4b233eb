"""`chromatogram_yield`: from a chromatogram with an internal standard to yield and turnover."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from labd.analysis.errors import AnalysisError
from labd.analysis.function import AnalysisFunction, number
from labd.domain.analysis import Signature
from labd.domain.capability import Json, Slot
from labd.domain.problem import Censored, Measurement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SHOULDER = 0.1
"""The share of a window, at either end, through whose mean its baseline is drawn."""
DETECTION = 5.0
"""A peak stands out by so many standard deviations of the noise."""
FEWEST_POINTS = 20
"""A window with fewer readings cannot be integrated."""
NORMAL_MAD = 0.6745
"""The median absolute deviation of a standard normal variable."""


class Peak(NamedTuple):
    """What stands in a window."""

    area: float
    """Absorbance times time above the baseline."""
    deviation: float
    """Standard deviation of the area by the noise of the detector alone."""
    found: bool
    """Otherwise the area is the least that would have been found."""
    saturated: bool
    """The area is the least that it can have been."""


def chromatogram_yield(inputs: Mapping[str, Json], settings: Mapping[str, Any]) -> dict[str, Measurement]:
    """`yield` in percent and `turnover` in mol of product a mol of catalyst, by the internal standard method.

    With A the peak areas, f the response factors (area a concentration) of product P and standard S, c_S the known
    concentration of the standard and c_lim that of the limiting reagent before the reaction:

        c_P   = (A_P / f_P) / (A_S / f_S) c_S            the injected volume cancels
        yield = 100 c_P / c_lim
        turnover = yield / loading                       loading in mol% of the limiting reagent, as dosed

    A peak's area is the integral over its retention window above a straight line between the window's shoulders. The
    standard error is that of the ratio, in quadrature: detector noise over both windows and their baselines (its size
    from the median absolute second difference, which peaks do not move), and the known `repeatability` of an area,
    twice.

    The outcomes are censored where the ratio is only known on one side: below, at the detection limit, where no product
    stands out of the noise, and below where the standard saturates the detector; above where the product does.

    Raises `AnalysisError`: no standard, so nothing was injected; a detector that both peaks saturate; times that do not
    increase; what is no number.

    Source: D. C. Harris, Quantitative Chemical Analysis, 9th ed. (2016), section 5-4, internal standards.
    """
    times, absorbance = _trace(inputs)
    noise = _noise(absorbance)
    most = settings.get("saturation", math.inf)
    standard = _peak(times, absorbance, settings["standard_window"], noise, most)
    if not standard.found:
        raise AnalysisError("There is no peak of the internal standard.", "The injection was probably lost: repeat it.")
    product = _peak(times, absorbance, settings["product_window"], noise, most)
    if standard.saturated and product.saturated:
        raise AnalysisError(
            f"The detector is saturated by both peaks: {absorbance.max():.4g} of at most {most:g}.",
            "Dilute the sample or inject less.",
        )
    censored: Censored | None = "above" if product.saturated else None
    if standard.saturated or not product.found:
        censored = "below"
    factor = (
        100.0
        * settings["standard_response"]
        / settings["product_response"]
        * settings["standard_concentration"]
        / settings["limiting_concentration"]
        / standard.area
    )
    share = factor * product.area
    repeatability = share * math.sqrt(2) * settings.get("repeatability", 0.0)
    by_standard = share * standard.deviation / standard.area
    error = math.hypot(factor * product.deviation, by_standard, repeatability)
    loading = number(inputs["loading"], "The loading")
    if loading <= 0:
        raise AnalysisError(f"The loading is {loading:g} percent; a turnover needs some catalyst.", "Look at the dose.")
    return {
        "yield": Measurement(mean=share, standard_error=error, censored=censored),
        "turnover": Measurement(mean=share / loading, standard_error=error / loading, censored=censored),
    }


def _trace(inputs: Mapping[str, Json]) -> tuple[Array, Array]:
    """Times and absorbance. Raises `AnalysisError` when they are no chromatogram."""
    import numpy as np

    columns = []
    for name in ("times", "absorbance"):
        readings = inputs[name]
        if not isinstance(readings, list):
            raise AnalysisError(f"The {name} of the chromatogram are no list.", "Look at the instrument's report.")
        columns.append(np.array([number(each, f"One of the {name}") for each in readings]))
    times, absorbance = columns
    if len(times) != len(absorbance) or len(times) < FEWEST_POINTS:
        counts = f"{len(times)} times and {len(absorbance)} readings"
        raise AnalysisError(f"The chromatogram has {counts}.", f"It needs as many of each, {FEWEST_POINTS} at least.")
    if not (np.diff(times) > 0).all():
        raise AnalysisError("The times of the chromatogram do not increase.", "Look at the instrument's report.")
    return times, absorbance


def _noise(absorbance: Array) -> float:
    """The standard deviation of one reading: a second difference of white noise has sqrt(6) times as much."""
    import numpy as np

    second = np.diff(absorbance, 2)
    return float(np.median(np.abs(second - np.median(second))) / NORMAL_MAD / math.sqrt(6))


def _peak(times: Array, absorbance: Array, window: tuple[float, float], noise: float, most: float) -> Peak:
    """What stands in the window `[from, to]`."""
    import numpy as np
    from scipy.integrate import trapezoid
    from scipy.signal import find_peaks

    inside = (times >= window[0]) & (times <= window[1])
    at, height = times[inside], absorbance[inside]
    if len(at) < FEWEST_POINTS:
        raise AnalysisError(
            f"The chromatogram has {len(at)} readings from {window[0]:g} to {window[1]:g}.",
            f"A window needs {FEWEST_POINTS}: look at the retention windows, or at how long was recorded.",
        )
    margin = max(2, round(SHOULDER * len(at)))
    ends = height[:margin].mean(), height[-margin:].mean()
    centres = at[:margin].mean(), at[-margin:].mean()
    above = height - (ends[0] + (ends[1] - ends[0]) * (at - centres[0]) / (centres[1] - centres[0]))
    width = 5  # readings: a peak is wider than this, a spike is not
    smooth = np.convolve(above, np.ones(width) / width, mode="same")
    limit = max(DETECTION * noise / math.sqrt(width), 1e-12)
    found = len(find_peaks(smooth, height=limit, prominence=limit)[0]) > 0
    # readings, less a line through two means of `margin` of them: they share those, hence the minus
    deviation = noise * float(at[-1] - at[0]) * math.sqrt(0.5 / margin - 1.0 / len(at))
    area = float(trapezoid(above, at)) if found else DETECTION * deviation
    return Peak(area, deviation, found, bool(height.max() >= most))


_WINDOW = Slot(type="array", low=0, description="retention times from and to, in the unit of the chromatogram")

CHROMATOGRAM_YIELD = AnalysisFunction(
    Signature(
        inputs=("times", "absorbance", "loading"),
        outcomes=("yield", "turnover"),
        settings={
            "product_window": _WINDOW,
            "standard_window": _WINDOW,
            "product_response": Slot(low=1e-12, description="area a unit of concentration"),
            "standard_response": Slot(low=1e-12, description="area a unit of concentration"),
            "standard_concentration": Slot(low=1e-12, description="of the internal standard"),
            "limiting_concentration": Slot(low=1e-12, description="of the limiting reagent at the start"),
            "saturation": Slot(optional=True, description="the absorbance from which on the detector is not linear"),
            "repeatability": Slot(low=0, optional=True, description="relative standard deviation of a peak's area"),
        },
    ),
    chromatogram_yield,
)
