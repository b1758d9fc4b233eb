"""The single values of the two files: quantities, durations, units and names, and how each is checked."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from labd.domain.errors import InvalidInput
from labd.protocols.quantities import Amount, amount, convert, unit


def wrong(message: str, remedy: str) -> PydanticCustomError:
    """What a single value raises when it is checked: its message and its remedy are told as they are."""
    return PydanticCustomError("labd", "{message}", {"message": message, "remedy": remedy})


def _wrong(error: InvalidInput) -> PydanticCustomError:
    return wrong(error.message, error.hint)


def _amount(value: Any) -> Amount:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _wrong(InvalidInput(f"{str(value)[:40]} is no quantity.", "Write a number and its unit, as in 3 mL/min."))
    if not isinstance(value, str):
        return Amount(float(value), "")
    try:
        said = amount(value)
        if said is None:
            raise InvalidInput(f"{value[:40]!r} is no quantity.", "Write a number and its unit, as in 3 mL/min.")
    except InvalidInput as error:
        raise _wrong(error) from error
    return said


def _seconds(value: Any) -> float:
    seconds = _span(value)
    if seconds == 0:
        raise wrong(f"{_amount(value)} is no time at all.", "Write a duration above zero.")
    return seconds


def _span(value: Any) -> float:
    said = _amount(value)
    if not said.unit:
        raise _wrong(InvalidInput(f"{said} has no unit.", f"Write {said} s, or min, or hour."))
    try:
        seconds = convert(said.value, said.unit, "s")
    except InvalidInput as error:
        raise _wrong(InvalidInput(f"{said} is no duration.", "Write one as in 30 s, 5 min or 2 hour.")) from error
    if seconds < 0:
        raise wrong(f"{said} is no time at all.", "Write a duration above zero.")
    return seconds


def _unit(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(InvalidInput(f"{str(value)[:40]} is no unit.", "Write one as in mL/min, degC or percent."))
    try:
        unit(value)
    except InvalidInput as error:
        raise _wrong(error) from error
    return value


_QUANTITY_TEXT = r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*[^$]*$"
_AS_TEXT = {"type": "string", "pattern": _QUANTITY_TEXT}
Quantity = Annotated[Amount, PlainValidator(_amount), WithJsonSchema({"anyOf": [{"type": "number"}, _AS_TEXT]})]
"""A number, with its unit where it has one: `3 mL/min`."""
Duration = Annotated[float, PlainValidator(_seconds), WithJsonSchema(_AS_TEXT)]
"""A quantity of time, `30 min`; kept in seconds."""
Span = Annotated[float, PlainValidator(_span), WithJsonSchema(_AS_TEXT)]
"""A quantity of time that may be none at all, `0 s`; kept in seconds."""
Unit = Annotated[str, PlainValidator(_unit), WithJsonSchema({"type": "string"})]
"""A unit as pint spells it: `mL/min`, `degC`, `percent`."""
NAME = r"^[a-z][a-z0-9_]*$"
Name = Annotated[str, Field(pattern=NAME, max_length=64)]
"""What things of the laboratory are called."""
