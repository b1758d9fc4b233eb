"""Formulas over parameters: arithmetic, powers and a few functions, nothing else."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    name: getattr(math, name) for name in ("sqrt", "exp", "log", "log10", "sin", "cos", "tan")
} | {"abs": abs, "min": min, "max": max}
"""What may be called; with arrays for numbers, functions of the same names that take them."""
_OF_MANY = frozenset({"min", "max"})
_ALLOWED = (
    *(ast.Expression, ast.BinOp, ast.UnaryOp, ast.Call, ast.Name, ast.Load, ast.Constant),
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.UAdd, ast.USub),
)


@lru_cache(256)
def _parsed(expression: str) -> ast.Expression:
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"{expression!r} is no formula: {error}") from None
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            raise ValueError(f"{expression!r} has what no formula may have: {type(node).__name__}")
        if isinstance(node, ast.Constant) and (isinstance(node.value, bool) or not isinstance(node.value, int | float)):
            raise ValueError(f"{expression!r} has {node.value!r}, which is no number")
        if isinstance(node, ast.Call) and (node.keywords or not isinstance(node.func, ast.Name)):
            raise ValueError(f"{expression!r} calls what no formula may call")
        if isinstance(node, ast.Name) and id(node) in called and node.id not in FUNCTIONS:
            raise ValueError(f"{expression!r} calls {node.id}; there are {', '.join(sorted(FUNCTIONS))}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
            if node.func.id in _OF_MANY and len(node.args) < 2:
                raise ValueError(f"{expression!r}: {node.func.id} is of two or more")
            if node.func.id not in _OF_MANY and len(node.args) != 1:
                raise ValueError(f"{expression!r}: {node.func.id} is of one, not of {len(node.args)}")
    return tree


def names(expression: str) -> set[str]:
    """The parameters that a formula is over. Raises `ValueError` where it is none."""
    tree = _parsed(expression)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}


def evaluate(
    expression: str, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] = FUNCTIONS
) -> Any:
    """The formula's value; of arrays, where the functions take them. Raises what its arithmetic raises."""
    return _worked_out(_parsed(expression).body, values, functions)


def _real(value: Any) -> Any:
    if isinstance(value, complex):
        raise ArithmeticError("a root of a negative number is no number")
    return value


def _worked_out(node: ast.expr, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)  # so that no power of whole numbers grows without end
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=op, operand=operand):
            value = _worked_out(operand, values, functions)
            return -value if isinstance(op, ast.USub) else value
        case ast.Call(func=ast.Name(id=name), args=args):
            return functions[name](*(_worked_out(each, values, functions) for each in args))
        case ast.BinOp(left=left, op=op, right=right):
            one, other = _worked_out(left, values, functions), _worked_out(right, values, functions)
            match op:
                case ast.Add():
                    return one + other
                case ast.Sub():
                    return one - other
                case ast.Mult():
                    return one * other
                case ast.Div():
                    return one / other
                case _:
                    return _real(one**other)
    raise ValueError(f"{type(node).__name__} may not stand in a formula")
