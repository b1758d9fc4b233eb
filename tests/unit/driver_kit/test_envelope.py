"""Limits before the instrument, and results that are none."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labd.domain.capability import Capability, Json, Slot
from labd.domain.command import Failed, FailureKind, Succeeded
from labd.domain.errors import InvalidInput
from labd.driver_kit import DeviceError
from labd.driver_kit.arguments import fitted
from labd.driver_kit.results import failed, reported

HEAT = Capability(
    name="heat",
    arguments={
        "temperature": Slot(unit="degC", low=20, high=150),
        "cycles": Slot(type="integer", low=1, optional=True),
        "mode": Slot(type="string", options=("soft", "hard"), optional=True),
        "volumes": Slot(type="array", unit="uL", high=200, optional=True),
        "lid": Slot(type="boolean", optional=True),
    },
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "heat needs temperature (between 20 and 150 degC)."),
        ({"temperature": None}, "heat needs temperature (between 20 and 150 degC)."),
        ({"temperature": 19.999}, "temperature is 19.999 degC; it must be between 20 and 150 degC."),
        ({"temperature": True}, "temperature is True, which is not a number."),
        ({"temperature": "60"}, "temperature is '60', which is not a number."),
        ({"temperature": math.nan}, "temperature is nan, which is not a number."),
        ({"temperature": 60, "cycles": 1.5}, "cycles is 1.5, which is not an integer."),
        ({"temperature": 60, "cycles": 0}, "cycles is 0; it must be at least 1."),
        ({"temperature": 60, "mode": "mild"}, "mode is 'mild'; it must be one of soft, hard."),
        ({"temperature": 60, "volumes": [10, 201]}, "volumes is 201 uL; it must be at most 200 uL."),
        ({"temperature": 60, "volumes": 10}, "volumes is 10, which is not an array."),
        ({"temperature": 60, "lid": 1}, "lid is 1, which is not a boolean."),
        ({"temperature": 60, "speed": 1}, "heat does not take speed"),
    ],
)
def test_what_does_not_fit_is_named_with_value_range_and_unit(arguments: dict[str, Json], message: str) -> None:
    with pytest.raises(InvalidInput) as told:
        fitted(HEAT, arguments)
    assert message in str(told.value)


@given(st.floats() | st.integers())
def test_what_is_let_through_is_within_the_envelope(temperature: float) -> None:
    try:
        given_on = fitted(HEAT, {"temperature": temperature, "cycles": 3.0, "mode": None})
    except InvalidInput:
        assert not 20 <= temperature <= 150
    else:
        assert given_on == {"temperature": float(temperature), "cycles": 3}
        assert isinstance(given_on["cycles"], int)


class Array:
    """As numerical libraries have them."""

    def tolist(self) -> list[float]:
        return [1.0, 2.0]


MEASURE = Capability(name="measure", results={"area": Slot(), "note": Slot(type="string", optional=True)})


def test_a_result_is_plain() -> None:
    outcome = reported(MEASURE, {"area": 1, "trace": Array(), "pair": (1, {"deep": Array()}), "note": None})
    assert outcome == Succeeded(
        result={"area": 1, "trace": [1.0, 2.0], "pair": [1, {"deep": [1.0, 2.0]}], "note": None}
    )


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"area": math.nan}, "The result area is nan, which is not a number."),
        ({"area": 1, "peaks": [{"at": math.inf}]}, "The result peaks[0].at is inf, which is not a number."),
        ({"area": "OVRFLW"}, "The result area is 'OVRFLW', which is not of type number."),
        ({"area": None}, "The result area is 'None', which is not of type number."),
        ({"arae": 1}, "The action gave no area."),
        (None, "The action gave no area."),
        ([1], "The action returned list instead of a dict."),
        ({"area": 1, "what": object()}, "cannot be written as JSON"),
        ({"area": 1, "text": "\ud800"}, "cannot be written as JSON"),
        ({"area": 1, "trace": "x" * 4_000_000}, "bytes as JSON; at most"),
    ],
)
def test_what_is_no_result_is_a_failure(raw: object, message: str) -> None:
    outcome = reported(MEASURE, raw)
    assert isinstance(outcome, Failed)
    assert outcome.failure is FailureKind.UNDEFINED
    assert message in outcome.message
    assert outcome.model_dump_json()


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (DeviceError("pump stalled"), FailureKind.DEFINED, "pump stalled"),
        (ConnectionResetError("reset"), FailureKind.CONNECTION, "reset"),
        (TimeoutError(), FailureKind.CONNECTION, "TimeoutError"),
        (ZeroDivisionError("by zero"), FailureKind.UNDEFINED, "ZeroDivisionError: by zero"),
        (ValueError("\ud800" * 3000), FailureKind.UNDEFINED, "ValueError: ?"),
    ],
)
def test_how_an_action_failed(error: Exception, kind: FailureKind, message: str) -> None:
    outcome = failed(error)
    assert outcome.failure is kind
    assert message in outcome.message
    assert outcome.model_dump_json()
