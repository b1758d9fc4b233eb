"""Chromatograms that this file draws itself, so that their areas are known exactly."""

import numpy as np
import pytest
from numpy.typing import NDArray

from labd.analysis import AnalysisError, analyse
from labd.domain.capability import Json
from labd.domain.problem import Measurement
from labd.domain.protocol import Analysis, OutcomeSpec

Array = NDArray[np.float64]
SETTINGS: dict[str, Json] = {
    "product_window": [4.0, 4.8],
    "standard_window": [2.4, 3.2],
    "product_response": 3.0,
    "standard_response": 2.0,
    "standard_concentration": 10.0,
    "limiting_concentration": 50.0,
    "saturation": 2000,
    "repeatability": 0.01,
}
INPUTS = {"times": "measure.times", "absorbance": "measure.absorbance", "loading": "prepare.loading"}
OUTCOMES = {"yield": OutcomeSpec(unit="percent", low=0, high=110), "turnover": OutcomeSpec(low=0)}


def peak(times: Array, at: float, area: float, width: float = 0.05) -> Array:
    drawn: Array = area / (width * np.sqrt(2 * np.pi)) * np.exp(-0.5 * ((times - at) / width) ** 2)
    return drawn


def trace(
    product: float = 60.0, standard: float = 20.0, noise: float = 0.2, seed: int = 0, points: int = 600
) -> tuple[Array, Array]:
    """By default: 20 mM of product of 50 mM at most, so a yield of 40 percent."""
    times: Array = np.linspace(0, 6, points)
    generator = np.random.default_rng(seed)
    baseline = 5 + 0.8 * times + 0.5 * np.sin(times) + generator.normal(0, noise, points)
    return times, baseline + peak(times, 2.8, standard) + peak(times, 4.4, product) + peak(times, 1.2, 80)


def analysed(times: Array, absorbance: Array, loading: float = 2.0, **settings: Json) -> dict[str, Measurement]:
    results: dict[str, dict[str, Json]] = {
        "measure": {"times": list(map(float, times)), "absorbance": list(map(float, absorbance))},
        "prepare": {"loading": loading},
    }
    step = Analysis(function="chromatogram_yield", inputs=INPUTS, settings=SETTINGS | settings)
    return analyse([step], OUTCOMES, {}, results)


def test_the_yield_is_the_ratio_of_areas_over_a_drifting_baseline() -> None:
    outcomes = analysed(*trace(noise=0.0))
    assert outcomes["yield"].mean == pytest.approx(40.0, rel=2e-3)
    assert outcomes["turnover"].mean == pytest.approx(outcomes["yield"].mean / 2.0)


def test_the_injected_volume_cancels() -> None:
    half = analysed(*trace(product=30.0, standard=10.0, noise=0.0))
    assert half["yield"].mean == pytest.approx(40.0, rel=4e-3)


def test_the_standard_error_is_the_scatter_of_repeated_measurements() -> None:
    yields = [analysed(*trace(product=6.0, noise=0.5, seed=seed), repeatability=0.0)["yield"] for seed in range(200)]
    scatter = float(np.std([each.mean for each in yields], ddof=1))
    assert np.mean([each.mean for each in yields]) == pytest.approx(4.0, abs=0.05)
    assert np.mean([each.standard_error or 0 for each in yields]) == pytest.approx(scatter, rel=0.2)


def test_the_repeatability_of_areas_counts_twice() -> None:
    outcomes = analysed(*trace(noise=0.0))
    assert outcomes["yield"].standard_error == pytest.approx(outcomes["yield"].mean * 0.01 * np.sqrt(2), rel=0.01)


def test_no_product_is_a_yield_below_the_detection_limit_and_no_zero() -> None:
    outcomes = analysed(*trace(product=0.0))
    assert outcomes["yield"].censored == outcomes["turnover"].censored == "below"
    assert 0 < outcomes["yield"].mean < 1.0
    least = analysed(*trace(product=60 * 2 * outcomes["yield"].mean / 40))
    assert least["yield"].censored is None, "twice the limit is found"


def test_a_lost_injection_is_no_measurement() -> None:
    times = np.linspace(0, 6, 600)
    for seed in range(50):
        with pytest.raises(AnalysisError, match="no peak of the internal standard"):
            analysed(times, 5 + 0.8 * times + np.random.default_rng(seed).normal(0, 0.2, 600))


def test_a_flat_line_is_no_measurement() -> None:
    with pytest.raises(AnalysisError, match="no peak of the internal standard"):
        analysed(np.linspace(0, 6, 600), np.zeros(600))


@pytest.mark.parametrize(
    ("product", "standard", "censored"), [(400.0, 50.0, "above"), (60.0, 400.0, "below"), (0.0, 400.0, "below")]
)
def test_a_saturated_peak_says_on_which_side_the_truth_lies(product: float, standard: float, censored: str) -> None:
    times, absorbance = trace(product=product, standard=standard, noise=0.1)
    seen, truth = analysed(times, np.minimum(absorbance, 2000))["yield"], 100 * product / 3 * 2 / standard * 10 / 50
    assert seen.censored == censored
    assert seen.mean < truth if censored == "above" else seen.mean > truth


def test_a_detector_saturated_by_both_peaks_is_no_measurement() -> None:
    times, absorbance = trace(product=400.0, standard=400.0)
    with pytest.raises(AnalysisError, match="saturated"):
        analysed(times, np.minimum(absorbance, 2000))


def test_what_saturates_outside_the_windows_does_not_matter() -> None:
    times, absorbance = trace()
    seen = analysed(times, np.minimum(absorbance + peak(times, 0.6, 900), 2000))
    assert seen["yield"].censored is None
    assert seen["yield"].mean == pytest.approx(40.0, rel=0.01)


@pytest.mark.parametrize("wrong", [float("nan"), None, "OVRFLW", True, float("inf")])
def test_what_is_no_number_is_no_measurement(wrong: Json) -> None:
    times, absorbance = trace()
    results: dict[str, dict[str, Json]] = {
        "measure": {"times": list(times), "absorbance": [*absorbance[:-1], wrong]},
        "prepare": {"loading": 2.0},
    }
    step = Analysis(function="chromatogram_yield", inputs=INPUTS, settings=SETTINGS)
    with pytest.raises(AnalysisError, match="no number"):
        analyse([step], OUTCOMES, {}, results)


def test_times_must_increase() -> None:
    times, absorbance = trace()
    with pytest.raises(AnalysisError, match="do not increase"):
        analysed(times[::-1], absorbance)


def test_as_many_times_as_readings() -> None:
    times, absorbance = trace()
    with pytest.raises(AnalysisError, match="599 times and 600 readings"):
        analysed(times[:-1], absorbance)


def test_a_window_that_was_not_recorded_is_said() -> None:
    times, absorbance = trace()
    with pytest.raises(AnalysisError, match="retention windows"):
        analysed(times, absorbance, product_window=[7.0, 8.0])


def test_a_turnover_needs_catalyst() -> None:
    with pytest.raises(AnalysisError, match="catalyst"):
        analysed(*trace(), loading=0.0)
