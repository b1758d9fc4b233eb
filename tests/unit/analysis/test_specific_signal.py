"""Wells with known contents."""

import math

import pytest

from labd.analysis import AnalysisError
from labd.analysis.plates import specific_signal

WELLS = {
    "signal": 1050.0,
    "amount": 0.55,
    "blank_signal": 50.0,
    "blank_amount": 0.05,
    "control_signal": 150.0,
    "control_amount": 1.05,
}


def test_blank_and_control_are_taken_off() -> None:
    (outcome,) = specific_signal(WELLS, {"least_amount": 0.1}).values()
    assert outcome.mean == pytest.approx(1000 / 0.5 - 100 / 1.0)
    assert outcome.standard_error is None


def test_a_shift_of_all_readings_and_a_brighter_lamp_change_what_they_must() -> None:
    shifted = {name: value + (7 if "signal" in name else 0.2) for name, value in WELLS.items()}
    brighter = {name: value * (3 if "signal" in name else 1) for name, value in WELLS.items()}
    plain = specific_signal(WELLS, {"least_amount": 0.1})["specific_signal"].mean
    assert specific_signal(shifted, {"least_amount": 0.1})["specific_signal"].mean == pytest.approx(plain)
    assert specific_signal(brighter, {"least_amount": 0.1})["specific_signal"].mean == pytest.approx(3 * plain)


def test_the_standard_error_is_that_of_the_samples_own_ratio() -> None:
    (outcome,) = specific_signal(WELLS, {"least_amount": 0.1, "repeatability": 0.02}).values()
    assert outcome.standard_error == pytest.approx(math.sqrt(2) * 0.02 * 2000)


@pytest.mark.parametrize(("name", "what"), [("amount", "sample"), ("control_amount", "control")])
def test_where_nothing_grew_nothing_is_measured(name: str, what: str) -> None:
    with pytest.raises(AnalysisError, match=f"The {what} has 0.05"):
        specific_signal({**WELLS, name: 0.1}, {"least_amount": 0.1})


def test_what_is_no_number_is_told() -> None:
    with pytest.raises(AnalysisError, match="blank signal is 'OVRFLW'"):
        specific_signal({**WELLS, "blank_signal": "OVRFLW"}, {"least_amount": 0.1})
