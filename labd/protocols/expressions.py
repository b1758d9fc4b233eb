"""Expressions in a protocol: `${temperature + 5}`, `${steps.prepare.volume * 2}`.

The syntax tree is held against a list of what may stand in it before simpleeval, with labd's own operators, works it
out: names, numbers, texts, arithmetic, comparisons, `a if c else b`, and seven functions. There is no attribute but
`run.id`, `trial.id`, `sample.id`, `sample.well`, `sample.number` and `steps.<step>.<result>`, no subscript, no method,
and powers are bounded.

Quantities keep their units. A bare number beside a quantity in a sum, a difference, a comparison, `min` or `max` is
taken in that quantity's own unit: with a temperature in degC, `temperature + 5` is five degrees more. To multiply a
temperature in degC is refused, since nobody can say what it means.

An expression over earlier results is *closed* when the run is compiled: parameters are written in as numbers with their
units, so that it needs nothing but the results when its step is ready.
"""

from __future__ import annotations

import ast
import copy
import keyword
import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from simpleeval import InvalidExpression, SimpleEval  # type: ignore[import-untyped]

from labd.domain.errors import InvalidInput
from labd.protocols.arithmetic import OPERATORS, PUBLIC, is_quantity, quantity

MAXIMUM_LENGTH = 300
_PIECE = re.compile(r"\$\{([^{}]*)\}")
MAXIMUM_NESTING = 4
"""Of templates in templates."""
IDS = {("run", "id"), ("trial", "id"), *(("sample", each) for each in ("id", "well", "number"))}
"""What expressions may say of where they are."""
PRIVATE = ("quantity", "fit")
"""Functions that only a closed expression calls."""

_ALLOWED = (
    *(ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Name, ast.Attribute),
    *(ast.Constant, ast.Load, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.UAdd, ast.USub),
    *(ast.And, ast.Or, ast.Not, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.keyword),
)
_MENDED = "Write arithmetic with parameters, constants, run.id, trial.id and steps.<step>.<result>."


def holds_expression(text: str) -> bool:
    """Whether there is a `${` in the text."""
    return "${" in text


def pieces(text: str, *, closed: bool = False) -> Iterator[str | ast.expr]:
    """The plain parts and the expressions of a text, in order. Raises `InvalidInput` for what is no expression.

    What `close` made is longer than what an operator may write, and calls more functions.
    """
    at = 0
    for match in _PIECE.finditer(text):
        yield from _plain(text[at : match.start()])
        yield parse(match[1], closed=closed)
        at = match.end()
    yield from _plain(text[at:])


def _plain(text: str) -> Iterator[str]:
    if holds_expression(text):
        raise InvalidInput("A ${ has no } that ends it, or has a brace inside.", "Write ${ expression }.")
    if text:
        yield text


@lru_cache(maxsize=4096)
def parse(source: str, *, closed: bool = False) -> ast.expr:
    """The tree of one expression, without its `${` and `}`. Raises `InvalidInput`.

    A batch asks for the same again for each sample: whoever changes a tree copies it first.
    """
    if len(source) > MAXIMUM_LENGTH and not closed:
        raise InvalidInput(f"The expression has {len(source)} characters.", f"Keep it under {MAXIMUM_LENGTH}.")
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise InvalidInput(f"${{{source[:60]}}} is no expression.", _MENDED) from error
    functions = {*PUBLIC, *PRIVATE} if closed else {*PUBLIC}
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        _allow(node, source, functions, outermost=id(node) not in inner)
    return tree.body


def _allow(node: ast.AST, source: str, functions: set[str], *, outermost: bool) -> None:
    shown = f"${{{source[:60]}}}"
    if not isinstance(node, _ALLOWED):
        raise InvalidInput(f"{shown} has a part that is not allowed ({type(node).__name__}).", _MENDED)
    if isinstance(node, ast.Attribute) and outermost and dotted(node) is None:
        raise InvalidInput(f"{shown} reaches into something that is not open to it (.{node.attr}).", _MENDED)
    if isinstance(node, ast.Name) and node.id.startswith("_"):
        raise InvalidInput(f"{shown} has a name that begins with an underscore.", _MENDED)
    if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in functions):
        raise InvalidInput(f"{shown} calls something that is no function here.", f"Call one of: {', '.join(PUBLIC)}.")
    if isinstance(node, ast.Constant) and type(node.value) not in (int, float, str):
        raise InvalidInput(f"{shown} has a value that is neither number nor text.", _MENDED)


def dotted(node: ast.AST) -> tuple[str, ...] | None:
    """`("steps", "prepare", "volume")` or `("run", "id")`; None for any other attribute. A step of a template has a
    name of several parts: `("steps", "wash", "aspirate", "turbidity")`."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    path = (node.id, *reversed(names))
    known = path in IDS or (path[0] == "steps" and 3 <= len(path) <= MAXIMUM_NESTING + 3)
    return path if known and not any(name.startswith("_") for name in path) else None


def is_reserved(name: str) -> bool:
    """Whether a name means something in an expression, so that no parameter and no constant may have it."""
    return keyword.iskeyword(name) or name in {"steps", "run", "trial", "sample", *PUBLIC, *PRIVATE}


def names_in(tree: ast.expr) -> set[str]:
    """The parameters and constants that the expression speaks of."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    roots = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {node.id for node in names if id(node) not in called | roots}


def results_in(tree: ast.expr) -> set[tuple[str, str]]:
    """The earlier results that it speaks of: step and result."""
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    paths = (dotted(node) for node in ast.walk(tree) if id(node) not in inner)
    return {_result(path) for path in paths if path is not None and path[0] == "steps"}


def ids_in(tree: ast.expr) -> set[str]:
    """Of `run`, `trial` and `sample` those that it speaks of."""
    paths = (dotted(node) for node in ast.walk(tree))
    return {path[0] for path in paths if path in IDS}


def _result(path: tuple[str, ...]) -> tuple[str, str]:
    return ".".join(path[1:-1]), path[-1]


def evaluate(tree: ast.expr, names: Mapping[str, Any], fit: Callable[..., Any] | None = None) -> Any:
    """The value of an expression: a number, a text, a truth, a list or a pint quantity. Raises `InvalidInput`."""
    if isinstance(tree, ast.Name) and tree.id in names:
        return names[tree.id]
    functions = {**PUBLIC, "quantity": quantity, **({"fit": fit} if fit else {})}
    evaluator = SimpleEval(operators=OPERATORS, functions=functions, names=dict(names))
    evaluator.ATTR_INDEX_FALLBACK = False
    try:
        value = evaluator.eval("", previously_parsed=tree)
        magnitude = value.magnitude if is_quantity(value) else value
        if isinstance(magnitude, float) and not math.isfinite(magnitude):
            raise InvalidInput(f"{_shown(tree)} is no finite number.")
    except InvalidInput:
        raise
    except (ArithmeticError, ValueError, TypeError, AttributeError, InvalidExpression, RecursionError) as error:
        raise InvalidInput(f"{_shown(tree)} cannot be worked out: {_reason(error)}.", _remedy(error)) from error
    return value


def _shown(tree: ast.expr) -> str:
    return f"${{{ast.unparse(tree)[:80]}}}"


def _reason(error: Exception) -> str:
    return str(error).partition("See https")[0].strip().rstrip(".")


def _remedy(error: Exception) -> str:
    if type(error).__name__ == "OffsetUnitCalculusError":
        return "Add or subtract bare numbers or delta_degC, or use a parameter in kelvin."
    if type(error).__name__ == "DimensionalityError":
        return "Use quantities of the same kind."
    return "Write it so that it has a value wherever the planner goes."


def close(tree: ast.expr, values: Mapping[str, Any], units: Mapping[tuple[str, str], str]) -> ast.expr:
    """The expression with its parameters, constants and ids written in, and its results given their units."""
    return ast.fix_missing_locations(_Closer(values, units).visit(copy.deepcopy(tree)))  # type: ignore[no-any-return]


def text_of(tree: ast.expr) -> str:
    """The expression as `${...}`."""
    source = ast.unparse(tree).replace("{", r"\x7b").replace("}", r"\x7d")
    return f"${{{source}}}"


class _Closer(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, Any], units: Mapping[tuple[str, str], str]) -> None:
        self.values, self.units = values, units

    def visit_Call(self, node: ast.Call) -> ast.AST:
        arguments = [self.visit(each) for each in node.args]
        keywords = [ast.keyword(each.arg, self.visit(each.value)) for each in node.keywords]
        return ast.Call(node.func, arguments, keywords)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return literal(self.values[node.id])

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        path = dotted(node) or ("", "", "")
        if path[0] != "steps":
            return ast.Constant(getattr(self.values[path[0]], path[1]))
        step, result = _result(path)
        if (step, result) not in self.units:
            raise InvalidInput(f"There is no result steps.{step}.{result}.", _MENDED)
        return call("quantity", node, ast.Constant(self.units[step, result]))


def literal(value: Any) -> ast.expr:
    """The value as a part of an expression."""
    if is_quantity(value):
        return call("quantity", ast.Constant(value.magnitude), ast.Constant(f"{value.units:C}"))
    return ast.Constant(value)


def call(function: str, *arguments: ast.expr, **keywords: ast.expr) -> ast.Call:
    """A call as a part of an expression."""
    return ast.Call(ast.Name(function, ast.Load()), list(arguments), [ast.keyword(k, v) for k, v in keywords.items()])
