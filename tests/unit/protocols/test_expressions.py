"""What an expression may do, what its quantities become, and what it may not do."""

import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labd.domain.capability import Json, Slot
from labd.domain.errors import InvalidInput
from labd.protocols.arguments import finish, fitted, results_as_names, work_out
from labd.protocols.arithmetic import quantity
from labd.protocols.expressions import parse, pieces

NAMES: Mapping[str, Any] = {
    "temperature": quantity(30.0, "degC"),
    "time": quantity(2.0, "min"),
    "flow": quantity(0.5, "mL/min"),
    "loading": quantity(2.5, "percent"),
    "n": 3,
    "ligand": "L1",
    "run": SimpleNamespace(id="c.1.1"),
    "trial": SimpleNamespace(id="c.1"),
}
UNITS = {("mix", "volume"): "mL", ("mix", "readings"): "s", ("mix", "label"): ""}
TEXT = Slot(type="string")


def worked(text: str, **slot: Any) -> Json:
    return work_out(text, Slot(**slot), NAMES, UNITS)


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("${temperature}", {"unit": "degC"}, 30.0),
        ("${temperature}", {"unit": "kelvin"}, 303.15),
        ("${temperature}", {"unit": "degF"}, 86.0),
        ("${temperature + 5}", {"unit": "degC"}, 35.0),
        ("${temperature - 5}", {"unit": "kelvin"}, 298.15),
        ("${5 + temperature}", {"unit": "degC"}, 35.0),
        ("${temperature - temperature}", {"unit": "delta_degC"}, 0.0),
        ("${max(temperature, 50)}", {"unit": "degC"}, 50.0),
        ("${0 if temperature > 50 else 1}", {}, 1),
        ("${time + 1}", {"unit": "s"}, 180.0),
        ("${10 - time}", {"unit": "min"}, 8.0),
        ("${flow * time}", {"unit": "uL"}, 1000.0),
        ("${loading}", {"unit": "percent"}, 2.5),
        ("${loading}", {}, 0.025),
        ("${round(sqrt(n ** 4) / 2)}", {"type": "integer"}, 4),
        ("${min(n, 2, 7) + abs(-1) + exp(0) + log(1)}", {}, 4.0),
        ("3 mL/min", {"unit": "mL/min"}, 3.0),
        ("3 L/hour", {"unit": "mL/min"}, 50.0),
        ("7", {}, 7.0),
    ],
)
def test_values_with_units(text: str, slot: dict[str, Any], value: float) -> None:
    assert worked(text, **slot) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${ligand}", "L1"),
        ("${run.id}", "c.1.1"),
        ("run ${run.id} of ${trial.id}", "run c.1.1 of c.1"),
        ("${ligand} at ${temperature}", "L1 at 30 °C"),
        ("${'hot' if temperature > 20 and ligand == 'L1' else 'cold'}", "hot"),
        ("$5 {a}", "$5 {a}"),
    ],
)
def test_texts(text: str, value: str) -> None:
    assert work_out(text, TEXT, NAMES, UNITS) == value


def test_a_lone_expression_keeps_its_type() -> None:
    assert worked("${n}", type="integer") == 3
    assert isinstance(worked("${n + 0.0}", type="integer"), int)
    with pytest.raises(InvalidInput, match="no text"):
        work_out("${n}", TEXT, NAMES, UNITS)


def test_lists_and_mappings_hold_numbers_in_their_own_units() -> None:
    written: Json = {"a": "${temperature}", "b": ["${n}", {"c": "x ${ligand}"}], "d": True}
    assert worked_object(written) == {"a": 30.0, "b": [3, {"c": "x L1"}], "d": True}


def worked_object(written: Json) -> Json:
    return work_out(written, Slot(type="object"), NAMES, UNITS)


def test_results_are_waited_for() -> None:
    results = results_as_names({"mix": {"volume": 2.0, "readings": [1.0, 90.0], "label": "a}b"}})

    def finished(text: Json, slot: Slot) -> Json:
        closed = work_out(text, slot, NAMES, UNITS)
        assert "${" in str(closed)
        return finish(closed, {"steps": results})

    assert finished("${steps.mix.volume * n}", Slot(unit="uL")) == pytest.approx(6000)
    assert finished("${steps.mix.volume / flow}", Slot(unit="s")) == pytest.approx(240)
    assert finished("${max(steps.mix.readings)}", Slot(unit="min")) == pytest.approx(1.5)
    assert finished("${steps.mix.readings}", Slot(type="array")) == [1.0, 90.0]
    assert finished("${steps.mix.label} of ${ligand}", TEXT) == "a}b of L1"
    assert finished({"v": "${steps.mix.volume}"}, Slot(type="object")) == {"v": 2.0}
    with pytest.raises(InvalidInput, match="at most 5 mL"):
        finished("${steps.mix.volume * n}", Slot(unit="mL", high=5))


def test_a_text_with_braces_survives_the_closing() -> None:
    names = {**NAMES, "odd": "a}b{'\"\\"}
    closed = work_out("${odd if steps.mix.volume > 1 else ligand}", TEXT, names, UNITS)
    assert finish(closed, {"steps": results_as_names({"mix": {"volume": 2.0}})}) == "a}b{'\"\\"


def test_what_an_instrument_reports_is_never_taken_for_an_expression() -> None:
    closed = work_out("${steps.mix.label}", TEXT, NAMES, UNITS)
    reported = "${().__class__}"
    assert finish(closed, {"steps": results_as_names({"mix": {"label": reported}})}) == reported


@pytest.mark.parametrize(
    "attack",
    [
        "().__class__.__bases__[0].__subclasses__()",
        "run.__class__",
        "run.id.__class__",
        "run.id.upper()",
        "steps.mix.volume.real",
        "steps.mix",
        "steps",
        "__import__('os').system('true')",
        "open('x')",
        "min.__self__",
        "min(*steps)",
        "max(key=min)",
        "[x for x in (1,)]",
        "(lambda: 1)()",
        "f'{n}'",
        "{1: 2}[1]",
        "n[0]",
        "(n := 4)",
        "9 ** 9 ** 9",
        "2 ** 0.5 ** -99",
        "10 ** 16 ** 16",
        "'a' * 10 ** 9",
        "'a' + 'b'",
        "9 << 9",
        "1 if True else 2",
        "None",
        "b'a'",
        "1j",
        "quantity(1, 'm ** 9 ** 9 ** 9')",
        "fit(1, 'number', '')",
        "n\x00",
        "",
        "n;n",
        "1if n else 2",
        "'\\d' + n",
        "n = 2",
        "import os",
        "(" * 200 + "n" + ")" * 200,
        "-" * 400 + "n",
        "1/0",
        "1e308 * 10",
        "(-1) ** 0.5",
        "sqrt(-1)",
        "log(0)",
        "exp(1000)",
        "round(n, 10 ** 9)",
        "flow + time",
        "temperature * 2",
        "temperature + time",
        "nobody",
    ],
)
def test_an_attack_or_a_blunder_is_refused_at_once(attack: str) -> None:
    began = time.perf_counter()
    with pytest.raises(InvalidInput):
        worked(f"${{{attack}}}")
    assert time.perf_counter() - began < 1


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        list(pieces(f"${{{text}}}"))
        parse(text)
    except InvalidInput:
        pass


@given(st.text(alphabet="0123456789.+-*/%<>=()n ", max_size=30))
def test_any_arithmetic_is_worked_out_or_refused(text: str) -> None:
    try:
        value = worked(f"${{{text}}}")
    except InvalidInput:
        return
    assert isinstance(value, int | float)


@given(st.floats(-200, 1000), st.sampled_from(["degC", "kelvin", "degF"]), st.sampled_from(["degC", "kelvin", "degF"]))
def test_a_temperature_comes_back_from_another_unit(value: float, one: str, other: str) -> None:
    there = fitted(quantity(value, one), Slot(unit=other))
    back = fitted(quantity(there, other), Slot(unit=one))
    assert back == pytest.approx(value, abs=1e-9)


def test_rounding_at_a_bound_is_no_breach_and_a_breach_is_one() -> None:
    assert fitted(quantity(110.0, "degC"), Slot(unit="kelvin", high=383.15)) == 383.15
    with pytest.raises(InvalidInput, match=r"at most 383\.15 kelvin"):
        fitted(quantity(110.001, "degC"), Slot(unit="kelvin", high=383.15))
    with pytest.raises(InvalidInput, match="at least 5"):
        fitted(4.9, Slot(low=5))


@pytest.mark.parametrize(
    ("value", "slot"),
    [
        (True, Slot()),
        ("three", Slot()),
        (None, Slot()),
        ([1], Slot()),
        (3, Slot(unit="mL")),
        (2.5, Slot(type="integer")),
        (3, TEXT),
        ("x", Slot(type="string", options=("a", "b"))),
        (1, Slot(type="boolean")),
        ("yes", Slot(type="boolean")),
        ({}, Slot(type="array")),
        ([], Slot(type="object")),
    ],
)
def test_a_value_of_a_wrong_kind_is_refused(value: Json, slot: Slot) -> None:
    with pytest.raises(InvalidInput):
        fitted(value, slot)
