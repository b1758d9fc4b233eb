"""Arithmetic with units, as expressions know it: a bare number beside a quantity is in that quantity's own unit."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from labd.protocols.quantities import registry, unit

MAXIMUM_POWER = 16


def quantity(value: Any, of_unit: str) -> Any:
    """The value with its unit, the numbers in a list likewise; what is no number stays what it is."""
    if isinstance(value, list):
        return [quantity(each, of_unit) for each in value]
    if not of_unit or isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return registry().Quantity(value, unit(of_unit))


def is_quantity(value: Any) -> bool:
    """Whether the value carries a unit."""
    return hasattr(value, "magnitude")


def _aligned(one: Any, other: Any) -> tuple[Any, Any]:
    """Both in the same kind: a bare number beside a quantity is taken in that quantity's own unit."""
    if is_quantity(one) and not is_quantity(other):
        return one, registry().Quantity(_number(other), one.units)
    if is_quantity(other) and not is_quantity(one):
        return registry().Quantity(_number(one), other.units), other
    return one, other


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not (isinstance(value, int | float) or is_quantity(value)):
        raise TypeError(f"{str(value)[:40]!r} is no number")
    return value


def _add(one: Any, other: Any) -> Any:
    for quantity_, number in ((one, other), (other, one)):
        if is_quantity(quantity_) and not is_quantity(number):
            return registry().Quantity(quantity_.magnitude + _number(number), quantity_.units)
    return _number(one) + _number(other)


def _subtract(one: Any, other: Any) -> Any:
    if is_quantity(one) and not is_quantity(other):
        return registry().Quantity(one.magnitude - _number(other), one.units)
    one, other = _aligned(_number(one), _number(other))
    return one - other


def _numeric(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda one, other: function(_number(one), _number(other))


def _power(one: Any, exponent: Any) -> Any:
    if is_quantity(exponent) or abs(_number(exponent)) > MAXIMUM_POWER:
        raise ValueError(f"an exponent must be a bare number between -{MAXIMUM_POWER} and {MAXIMUM_POWER}")
    base = _number(one)
    value = (base if is_quantity(base) else float(base)) ** exponent
    if isinstance(value, complex):
        raise ValueError("the root of a negative number")
    return value


def _compare(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], bool]:
    return lambda one, other: bool(function(*_aligned(one, other)))


def _extreme(function: Callable[..., Any]) -> Callable[..., Any]:
    def pick(*values: Any) -> Any:
        flat = values[0] if len(values) == 1 and isinstance(values[0], list) else values
        measured = next((each for each in flat if is_quantity(each)), None)
        return function([each if measured is None else _aligned(measured, _number(each))[1] for each in flat])

    return pick


def _round(value: Any, digits: int = 0) -> Any:
    if is_quantity(value):
        return registry().Quantity(_round(value.magnitude, digits), value.units)
    return round(_number(value), digits) if digits else round(_number(value))


def _pure(function: Callable[[float], float]) -> Callable[[Any], float]:
    return lambda value: function(float(value.to("").magnitude) if is_quantity(value) else float(_number(value)))


OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: _add,
    ast.Sub: _subtract,
    ast.Mult: _numeric(operator.mul),
    ast.Div: _numeric(operator.truediv),
    ast.FloorDiv: _numeric(operator.floordiv),
    ast.Mod: _numeric(operator.mod),
    ast.Pow: _power,
    ast.UAdd: _number,
    ast.USub: lambda value: -_number(value),
    ast.Not: operator.not_,
    ast.Eq: _compare(operator.eq),
    ast.NotEq: _compare(operator.ne),
    ast.Lt: _compare(operator.lt),
    ast.LtE: _compare(operator.le),
    ast.Gt: _compare(operator.gt),
    ast.GtE: _compare(operator.ge),
}
"""What each sign in an expression does."""
PUBLIC: Mapping[str, Callable[..., Any]] = {
    "min": _extreme(min),
    "max": _extreme(max),
    "round": _round,
    "abs": lambda value: abs(_number(value)),
    "sqrt": lambda value: _power(value, 0.5),
    "exp": _pure(math.exp),
    "log": _pure(math.log),
}
"""The functions that an operator may call; `log` is the natural logarithm."""
