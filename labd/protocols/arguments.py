"""A step's arguments: from what was written to values in the capability's units."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, cast

from labd.domain.capability import Json, Slot
from labd.domain.errors import InvalidInput
from labd.protocols.arithmetic import is_quantity
from labd.protocols.expressions import call, close, evaluate, holds_expression, pieces, results_in, text_of
from labd.protocols.quantities import amount, registry, unit

ROUNDING = 1e-9
"""Beyond a bound by less than this share of it is the bound: conversions between units round."""


def work_out(written: Json, slot: Slot, names: Mapping[str, Any], units: Mapping[tuple[str, str], str]) -> Json:
    """The argument's value in the slot's unit; over earlier results, the closed expression for it.

    `names` has parameters, constants, `run` and `trial`; `units` has the unit of each step's results. Raises
    `InvalidInput`.
    """
    if isinstance(written, str) and holds_expression(written):
        parts, waits = _parsed(written)
        if waits:
            return _closed(list(pieces(written)), slot, names, units)  # of its own, since it is written over
        return fitted(_joined(parts, names), slot)
    if isinstance(written, list | dict):
        return fitted(_inside(written, names, units), slot)
    if isinstance(written, str) and slot.type in ("number", "integer") and (said := amount(written)):
        return fitted(registry().Quantity(said.value, unit(said.unit)) if said.unit else said.value, slot)
    return fitted(written, slot)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> tuple[tuple[str | ast.expr, ...], bool]:
    """The pieces of a text, and whether they wait for results: the same text comes with each run."""
    parts = tuple(pieces(text))
    return parts, any(isinstance(part, ast.expr) and results_in(part) for part in parts)


def finish(argument: Json, names: Mapping[str, Any]) -> Json:
    """The value of an argument that `work_out` left closed; `names` has `steps`. Raises `InvalidInput`."""
    if isinstance(argument, str) and holds_expression(argument):
        return cast("Json", _plain(_joined(list(pieces(argument, closed=True)), names)))
    if isinstance(argument, list):
        return [finish(each, names) for each in argument]
    if isinstance(argument, dict):
        return {key: finish(each, names) for key, each in argument.items()}
    return argument


def results_as_names(results: Mapping[str, Mapping[str, Json]]) -> SimpleNamespace:
    """`steps.<step>.<result>` for expressions; a step of a template has a name of several parts, `wash.aspirate`."""
    root = SimpleNamespace()
    for step, given in results.items():
        here = root
        for part in step.split("."):
            if not hasattr(here, part):
                setattr(here, part, SimpleNamespace())
            here = getattr(here, part)
        vars(here).update(given)
    return root


def fitted(value: Any, slot: Slot) -> Json:
    """The value as the slot takes it. Raises `InvalidInput` for a wrong type, unit, option or bound."""
    match slot.type:
        case "number" | "integer":
            return _number(value, slot)
        case "string":
            return _text(value, slot)
        case _:
            kinds = {"boolean": bool, "array": list, "object": dict, "blob": dict}
            value = _plain(value)
            if not isinstance(value, kinds[slot.type]):
                raise InvalidInput(f"{_shown(value)} is no {slot.type}.", f"Write {_EXAMPLES[slot.type]}.")
            return cast("Json", value)


_EXAMPLES = {
    "boolean": "true or false",
    "array": "a list, as in [1, 2]",
    "object": "keys and values, as in {a: 1}",
    "blob": "a result that is one",
}


def fit(value: Any, kind: str, in_unit: str, low: float | None = None, high: float | None = None) -> Json:
    """`fitted`, as a closed expression calls it."""
    return fitted(value, Slot.model_validate({"type": kind, "unit": in_unit, "low": low, "high": high}))


def _number(value: Any, slot: Slot) -> float | int:
    number = _magnitude(value, slot)
    for bound, beyond, word in ((slot.low, -1, "least"), (slot.high, 1, "most")):
        if bound is not None and (number - bound) * beyond > 0:
            if (number - bound) * beyond > ROUNDING * max(abs(bound), abs(number)):
                said, limit = f"{number:g} {slot.unit}".strip(), f"{bound:g} {slot.unit}".strip()
                raise InvalidInput(f"{said} is beyond what is taken: at {word} {limit}.", f"Stay at {word} {limit}.")
            number = bound
    if slot.type == "number":
        return number
    if abs(number - round(number)) > ROUNDING * max(1.0, abs(number)):
        raise InvalidInput(f"{number:g} is no whole number.", f"Write {round(number)}.")
    return round(number)


def _magnitude(value: Any, slot: Slot) -> float | int:
    if is_quantity(value):
        if value.units == unit(slot.unit):
            return value.magnitude  # type: ignore[no-any-return]
        if value.units.dimensionality != unit(slot.unit).dimensionality:
            wanted = f"a quantity in {slot.unit}" if slot.unit else "a number without a unit"
            raise InvalidInput(f"{_shown(value)} is not {wanted}.", f"Write {wanted}.")
        return value.to(unit(slot.unit)).magnitude  # type: ignore[no-any-return]
    if isinstance(value, bool) or not isinstance(value, int | float):
        example = f"1 {slot.unit}".strip()
        raise InvalidInput(f"{_shown(value)} is no {slot.type}.", f"Write one, as in {example}.")
    if slot.unit:
        raise InvalidInput(f"{value:g} has no unit.", f"Write {value:g} {slot.unit}.")
    return value


def _text(value: Any, slot: Slot) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"{_shown(value)} is no text.", f'Write "{_shown(value)}" in quotes.')
    if slot.options and value not in slot.options:
        raise InvalidInput(f"{value[:60]} is not among the options.", f"Write one of: {', '.join(slot.options[:12])}.")
    return value


def _shown(value: Any) -> str:
    return f"{value:g~}" if is_quantity(value) else str(value)[:60]


def _joined(parts: Sequence[str | ast.expr], names: Mapping[str, Any]) -> Any:
    """The value of one expression that stands alone, or else the text that the parts make together."""
    values = [part if isinstance(part, str) else evaluate(part, names, fit) for part in parts]
    if len(values) == 1:
        return values[0]
    return "".join(_shown(each) if not isinstance(each, str) else each for each in values)


def _closed(
    parts: list[str | ast.expr], slot: Slot, names: Mapping[str, Any], units: Mapping[tuple[str, str], str]
) -> str:
    closed = [part if isinstance(part, str) else close(part, names, units) for part in parts]
    if len(closed) == 1 and isinstance(closed[0], ast.expr):
        bounds = {
            key: ast.Constant(bound) for key, bound in (("low", slot.low), ("high", slot.high)) if bound is not None
        }
        return text_of(call("fit", closed[0], ast.Constant(slot.type), ast.Constant(slot.unit), **bounds))
    return "".join(part if isinstance(part, str) else text_of(part) for part in closed)


def _inside(written: Json, names: Mapping[str, Any], units: Mapping[tuple[str, str], str]) -> Any:
    """A list or an object with the expressions in it worked out; quantities become numbers in their own units."""
    if isinstance(written, list):
        return [_inside(each, names, units) for each in written]
    if isinstance(written, dict):
        return {key: _inside(each, names, units) for key, each in written.items()}
    if isinstance(written, str) and holds_expression(written):
        parts = list(pieces(written))
        if any(isinstance(part, ast.expr) and results_in(part) for part in parts):
            closed = [part if isinstance(part, str) else close(part, names, units) for part in parts]
            return "".join(part if isinstance(part, str) else text_of(part) for part in closed)
        return _plain(_joined(parts, names))
    return written


def _plain(value: Any) -> Any:
    """JSON: a quantity becomes a number in its own unit."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value.magnitude if is_quantity(value) else value
