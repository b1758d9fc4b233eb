"""What is asked of the registry: inputs, names of outcomes, and what is no measurement."""

from typing import Any

import pytest

from labd.analysis import FUNCTIONS, AnalysisError, analyse, signatures
from labd.domain.capability import Json
from labd.domain.problem import Measurement
from labd.domain.protocol import Analysis, OutcomeSpec

RESULTS: dict[str, dict[str, Json]] = {
    "measure": {"measurements": {"yield": 71.5, "turnover": 30, "flag": "OVRFLW"}, "mass": 3.5}
}


def of(
    asked: list[str], source: str = "measure.measurements", *, bounds: dict[str, float] | None = None, **fields: Any
) -> dict[str, Measurement]:
    specs = {name: OutcomeSpec(**(bounds or {})) for name in asked}
    step = Analysis(function="value", inputs={"measurements": source}, **fields)
    return analyse([step], specs, {"loading": 1.5}, RESULTS)


def test_each_entry_of_an_object_is_an_outcome_of_the_same_name() -> None:
    assert of(["yield", "turnover"]) == {"yield": Measurement(mean=71.5), "turnover": Measurement(mean=30)}


def test_what_the_protocol_does_not_ask_for_is_left() -> None:
    assert set(of(["yield"])) == {"yield"}


def test_a_missing_metric_does_not_discard_the_others() -> None:
    assert set(of(["yield", "selectivity", "flag"])) == {"yield"}


def test_a_key_and_a_name_of_its_own() -> None:
    found = of(["share"], outcomes={"share": "value"}, settings={"key": "yield", "standard_error": 0.5})
    assert found == {"share": Measurement(mean=71.5, standard_error=0.5)}


def test_a_plain_number() -> None:
    assert of(["mass"], "measure.mass", outcomes={"mass": "value"}) == {"mass": Measurement(mean=3.5)}


def test_a_parameter_where_nothing_reads_it_back() -> None:
    assert of(["dose"], "parameters.loading", outcomes={"dose": "value"}) == {"dose": Measurement(mean=1.5)}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"settings": {"key": "purity"}}, "no entry 'purity'"),
        ({"settings": {"key": "flag"}}, "'OVRFLW', which is no number"),
        ({"source": "measure.volume"}, "no result measure.volume"),
        ({"source": "weigh.mass"}, "no result weigh.mass"),
        ({"outcomes": {"yield": "colour"}}, "No outcome was found of yield"),
    ],
)
def test_what_is_no_measurement_is_an_error(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        of(["yield"], **fields)


def test_an_object_without_numbers_is_no_measurement() -> None:
    step = Analysis(function="value", inputs={"measurements": "a.b"})
    with pytest.raises(AnalysisError, match="No entry of the result is a number"):
        analyse([step], {"x": OutcomeSpec()}, {}, {"a": {"b": {"x": None}}})


def test_an_unknown_function_names_the_known_ones() -> None:
    with pytest.raises(AnalysisError, match=r"no analysis function 'titrate'.*chromatogram_yield"):
        analyse([Analysis(function="titrate")], {"x": OutcomeSpec()}, {}, {})


def test_what_a_function_lacks_is_named() -> None:
    step = Analysis(function="chromatogram_yield", inputs={"times": "a.times"})
    with pytest.raises(AnalysisError, match="lacks absorbance, loading, limiting_concentration"):
        analyse([step], {"yield": OutcomeSpec()}, {}, {})


def test_a_reading_that_is_a_limit_is_a_censored_outcome() -> None:
    results: dict[str, dict[str, Json]] = {
        "read": {
            "mass": {"value": 12.0, "censored": "above"},
            "wells": {
                "A1": {"value": 0.1, "censored": "below"},
                "A2": None,
                "A3": 0.7,
                "A4": {"value": 1, "unit": "g"},
            },
        }
    }
    plain = Analysis(function="value", inputs={"measurements": "read.mass"}, outcomes={"mass": "value"})
    wells = Analysis(
        function="value", inputs={"measurements": "read.wells"}, outcomes={f"well_{i}": f"A{i}" for i in range(1, 5)}
    )
    assert analyse([plain, wells], {}, {}, results) == {
        "mass": Measurement(mean=12.0, censored="above"),
        "well_1": Measurement(mean=0.1, censored="below"),
        "well_3": Measurement(mean=0.7),
    }


def test_a_limit_on_no_side_is_no_measurement() -> None:
    step = Analysis(function="value", inputs={"measurements": "a.b"}, outcomes={"x": "value"})
    with pytest.raises(AnalysisError, match="no reading"):
        analyse([step], {}, {}, {"a": {"b": {"value": 1.0, "censored": "left"}}})


def test_every_function_has_a_signature() -> None:
    assert signatures() == {name: function.signature for name, function in FUNCTIONS.items()}
    assert set(signatures()) == {"value", "chromatogram_yield", "specific_signal"}
