"""What may be tried: parameters and constants."""

from __future__ import annotations

import itertools
from typing import Any

from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Continuous, Discrete, Integer, Per, Scalar
from labd.protocols.amounts import distance
from labd.protocols.compilation import Parameter, check_value
from labd.protocols.described import described
from labd.protocols.expressions import holds_expression, is_reserved
from labd.protocols.findings import Findings
from labd.protocols.quantities import Amount, amount, convert
from labd.protocols.written import (
    CategoricalWritten,
    ContinuousWritten,
    DiscreteWritten,
    IntegerWritten,
    ParameterWritten,
    ProtocolWritten,
)

_NO_EXPRESSION = "Write it without ${."


def parameters(written: ProtocolWritten, findings: Findings) -> dict[str, Parameter]:
    """The parameters, by name, without those that are wrong."""
    made: dict[str, Parameter] = {}
    for name, each in written.parameters.items():
        if is_reserved(name):
            remedy = "Choose another name."
            findings.error(written.key("parameters", name), f"{name} means something else in expressions.", remedy)
            continue
        match each:
            case CategoricalWritten():
                parameter = _categorical(name, each, findings)
            case DiscreteWritten():
                parameter = _discrete(name, each, findings)
            case _:
                parameter = _ranged(name, each, findings)
        if parameter is not None:
            made[name] = parameter.model_copy(update={"context": each.context})
    return made


def per(written: ParameterWritten) -> Per:
    """Whether each sample has a value of its own; a plate is a batch."""
    return "sample" if written.per == "sample" else "batch"


def _categorical(name: str, written: CategoricalWritten, findings: Findings) -> Parameter | None:
    sound = True
    for place, option in enumerate(written.options):
        if option in written.options[:place]:
            sound = False
            findings.error(written.at("options", place), f"The option {option} is named twice.", "Name it once.")
        if holds_expression(option):
            sound = False
            findings.error(written.at("options", place), "An option cannot hold an expression.", _NO_EXPRESSION)
    told = described(written, findings)
    if not sound or told is None:
        return None
    return Categorical(name=name, options=tuple(written.options), per=per(written), **told)


def _discrete(name: str, written: DiscreteWritten, findings: Findings) -> Parameter | None:
    unit = written.unit or _first_unit(written.values)
    values = _numbers(
        written, [("values", place) for place in range(len(written.values))], written.values, unit, findings
    )
    if values is None:
        return None
    for place, (one, other) in enumerate(itertools.pairwise(values)):
        if other <= one:
            message = f"{written.values[place + 1]} is not above {written.values[place]}."
            findings.error(written.at("values", place + 1), message, "Write the values in increasing order, each once.")
            return None
    return Discrete(name=name, values=tuple(values), unit=unit, per=per(written))


def _ranged(name: str, written: ContinuousWritten | IntegerWritten, findings: Findings) -> Parameter | None:
    unit = written.unit or _first_unit([written.low, written.high])
    bounds = _numbers(written, [("low",), ("high",)], [written.low, written.high], unit, findings)
    if bounds is None:
        return None
    low, high = bounds
    if low >= high:
        message = f"The lower bound {written.low} is not below the upper bound {written.high}."
        remedy = f"Write low: {written.high}, high: {written.low}." if low > high else "Write two different bounds."
        findings.error(written.at("low"), message, remedy)
        return None
    log = written.scale == "log"
    if log and low <= 0:
        findings.error(written.at("low"), "A logarithmic scale needs a lower bound above zero.", "Raise it.")
        return None
    if isinstance(written, ContinuousWritten):
        ramp = _ramp(written, unit, findings)
        return Continuous(name=name, low=low, high=high, unit=unit, log=log, per=per(written), ramp=ramp)
    for key, bound in (("low", low), ("high", high)):
        if not bound.is_integer():
            findings.error(written.at(key), f"{bound:g} is no whole number.", f"Write {round(bound)}.")
            return None
    return Integer(name=name, low=int(low), high=int(high), unit=unit, log=log, per=per(written))


def _ramp(written: ContinuousWritten, unit: str, findings: Findings) -> float | None:
    """How much may change from one trial to the next, in the parameter's unit."""
    far = distance(written, "ramp", written.ramp, unit, findings)
    if far is not None and far <= 0:
        findings.error(written.at("ramp"), f"{written.ramp} is no change at all.", "Write one above zero.")
        return None
    return far


def _first_unit(said: list[Amount]) -> str:
    return next((each.unit for each in said if each.unit), "")


def _numbers(
    written: ContinuousWritten | IntegerWritten | DiscreteWritten,
    keys: list[tuple[str | int, ...]],
    said: list[Amount],
    unit: str,
    findings: Findings,
) -> list[float] | None:
    """The amounts in the parameter's unit; a bare number is in the unit that `unit:` says, and in no other."""
    numbers: list[float] = []
    for key, each in zip(keys, said, strict=True):
        if unit and not each.unit and not written.unit:
            findings.error(written.at(*key), f"{each} has no unit.", f"Write {each} {unit}.")
            continue
        try:
            numbers.append(convert(each.value, each.unit or unit, unit))
        except InvalidInput as error:
            findings.error(written.at(*key), f"{each}: {error.message}", error.hint)
    return numbers if len(numbers) == len(said) else None


def constants(written: ProtocolWritten, findings: Findings) -> dict[str, tuple[float | int | str, str]]:
    """The constants with their units, by name, without those that are wrong."""
    made: dict[str, tuple[float | int | str, str]] = {}
    for name, value in written.constants.items():
        if is_reserved(name) or name in written.parameters:
            other = "is a parameter too" if name in written.parameters else "means something else in expressions"
            findings.error(written.key("constants", name), f"{name} {other}.", "Choose another name.")
        elif isinstance(value, str) and holds_expression(value):
            findings.error(written.at("constants", name), "A constant cannot hold an expression.", _NO_EXPRESSION)
        elif isinstance(value, str) and not written.is_quoted("constants", name):
            try:
                said = amount(value)
                made[name] = (said.value, said.unit) if said else (value, "")
            except InvalidInput as error:
                remedy = f"{error.hint} If it is a text, put it in quotes."
                findings.error(written.at("constants", name), error.message, remedy)
        else:
            made[name] = (value, "")
    return made


def scalar(parameter: Parameter, value: Any) -> Scalar:
    """A value as the parameter has it, in its unit. Raises `InvalidInput`."""
    if isinstance(value, str) and not isinstance(parameter, Categorical):
        said = amount(value)
        value = convert(said.value, said.unit or parameter.unit, parameter.unit) if said else value
    if not isinstance(value, str | int | float):
        raise InvalidInput(f"{parameter.name} cannot be {value!r}.", "Write a single value.")
    check_value(parameter, value)
    if isinstance(value, str) or isinstance(parameter, Categorical):
        return value
    return int(value) if isinstance(parameter, Integer) else float(value)
