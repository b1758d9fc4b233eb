"""The driver's own envelope: arguments that do not fit are refused before anything moves.

>>> from labd.domain.capability import Capability, Slot
>>> heat = Capability(name="heat", arguments={"temperature": Slot(unit="degC", low=20, high=150)})
>>> fitted(heat, {"temperature": 20})
{'temperature': 20.0}
>>> fitted(heat, {"temperature": 200})
Traceback (most recent call last):
labd.domain.errors.InvalidInput: temperature is 200 degC; it must be between 20 and 150 degC.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from labd.domain.blob import is_reference
from labd.domain.capability import Capability, Json, Slot
from labd.domain.errors import InvalidInput

EXCERPT = 80
"""How much of a wrong value is quoted, in characters."""


def fitted(capability: Capability, arguments: Mapping[str, Json]) -> dict[str, Json]:
    """The arguments as the coroutine takes them. Raises `InvalidInput` that names argument, value, range and unit.

    An optional argument that is null counts as not given.
    """
    if unknown := sorted(set(arguments) - set(capability.arguments)):
        takes = ", ".join(capability.arguments) or "no arguments"
        raise InvalidInput(f"{capability.name} does not take {', '.join(unknown)}; it takes {takes}.")
    given: dict[str, Json] = {}
    for name, slot in capability.arguments.items():
        value = arguments.get(name)
        if value is None:
            if not slot.optional:
                raise InvalidInput(f"{capability.name} needs {name} ({described(slot)}).")
            continue
        if wrong := unfitting(value, slot):
            raise InvalidInput(f"{name} {wrong}.")
        given[name] = _converted(value, slot)
    return given


def unfitting(value: Json, slot: Slot) -> str:
    """What is wrong with the value, to be read after its name; empty when it fits."""
    if not has_type(value, slot):
        return f"is {_shown(value)}, which is not {'an' if slot.type[0] in 'aio' else 'a'} {slot.type}"
    if slot.options and value not in slot.options:
        return f"is {_shown(value)}; it must be one of {', '.join(slot.options)}"
    for number in value if isinstance(value, list) else [value]:
        if isinstance(number, int | float) and not _within(number, slot):
            return f"is {number:g}{_unit(slot)}; it must be {described(slot)}"
    return ""


def has_type(value: Json, slot: Slot) -> bool:
    """Whether the value is of the slot's type: a bool is no number, NaN and infinity are none either."""
    match slot.type:
        case "number":
            return _is_number(value)
        case "integer":
            return _is_number(value) and isinstance(value, int | float) and float(value).is_integer()
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case "blob":
            return is_reference(value)


def described(slot: Slot) -> str:
    """What the slot takes, in words: `between 20 and 150 degC`."""
    if slot.low is not None and slot.high is not None:
        return f"between {slot.low:g} and {slot.high:g}{_unit(slot)}"
    if slot.low is not None:
        return f"at least {slot.low:g}{_unit(slot)}"
    if slot.high is not None:
        return f"at most {slot.high:g}{_unit(slot)}"
    return f"one of {', '.join(slot.options)}" if slot.options else f"{slot.type}{_unit(slot, ' in ')}"


def _is_number(value: Json) -> bool:
    fits = isinstance(value, int | float) and abs(value) <= sys.float_info.max  # a NaN does not, nor 10**400
    return fits and not isinstance(value, bool)


def _within(number: float, slot: Slot) -> bool:
    return (slot.low is None or number >= slot.low) and (slot.high is None or number <= slot.high)


def _converted(value: Json, slot: Slot) -> Json:
    if isinstance(value, int | float) and slot.type in ("number", "integer"):
        return float(value) if slot.type == "number" else int(value)
    return value


def _unit(slot: Slot, before: str = " ") -> str:
    return f"{before}{slot.unit}" if slot.unit else ""


def _shown(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"
