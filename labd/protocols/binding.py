"""What a template's steps say, once its arguments are known and its steps have their names."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labd.domain.errors import InvalidInput
from labd.protocols.expressions import dotted, holds_expression, pieces, text_of
from labd.protocols.quantities import amount


@dataclass(frozen=True, slots=True)
class Bound:
    """An argument of a template: its value, and what stands for it within an expression."""

    value: Any
    tree: ast.expr | None
    """None: a list, a mapping or a text with expressions in it, which stands alone."""


def bound(value: Any, constant: str, constants: dict[str, tuple[float | int | str, str]]) -> Bound:
    """An argument; a quantity becomes a constant of that name. Raises `InvalidInput` for a wrong unit or expression."""
    if isinstance(value, str) and holds_expression(value):
        parts = list(pieces(value))
        alone = parts[0] if len(parts) == 1 else None
        return Bound(value, alone if isinstance(alone, ast.expr) else None)
    if isinstance(value, str) and (said := amount(value)) and said.unit:
        constants[constant] = (said.value, said.unit)
        return Bound(value, ast.Name(constant, ast.Load()))
    plain = isinstance(value, int | float | str) and not isinstance(value, bool)
    return Bound(value, ast.Constant(value) if plain else None)


def written_in(value: Any, arguments: Mapping[str, Bound], path: str, siblings: Iterable[str]) -> Any:
    """A value of a template's step with the arguments written in, and with the template's own steps (`siblings`) as
    they are called from outside (`path` before their names). Raises `InvalidInput`."""
    if isinstance(value, dict):
        return {key: written_in(each, arguments, path, siblings) for key, each in value.items()}
    if isinstance(value, list):
        return [written_in(each, arguments, path, siblings) for each in value]
    if not isinstance(value, str) or not holds_expression(value) or not (arguments or path):
        return value
    parts = list(pieces(value))
    if len(parts) == 1 and isinstance(parts[0], ast.Name) and parts[0].id in arguments:
        return arguments[parts[0].id].value
    rewriter = _Rewriter(arguments, path, set(siblings))
    return "".join(part if isinstance(part, str) else text_of(rewriter.visit(copy.deepcopy(part))) for part in parts)


class _Rewriter(ast.NodeTransformer):
    def __init__(self, arguments: Mapping[str, Bound], path: str, siblings: set[str]) -> None:
        self.arguments, self.path, self.siblings = arguments, path, siblings

    def visit_Call(self, node: ast.Call) -> ast.AST:
        arguments = [self.visit(each) for each in node.args]
        return ast.Call(node.func, arguments, [ast.keyword(each.arg, self.visit(each.value)) for each in node.keywords])

    def visit_Name(self, node: ast.Name) -> ast.AST:
        argument = self.arguments.get(node.id)
        if argument is None:
            return node
        if argument.tree is None:
            raise InvalidInput(f"{node.id} is no single value here.", f"Write ${{{node.id}}} and nothing beside it.")
        return copy.deepcopy(argument.tree)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        path = dotted(node)
        if path is None or path[0] != "steps" or path[1] not in self.siblings:
            return node
        return reference(f"{self.path}{'.'.join(path[1:-1])}", path[-1])


def reference(called: str, result: str) -> ast.expr:
    """`steps.<called>.<result>` as a part of an expression."""
    tree: ast.expr = ast.Name("steps", ast.Load())
    for name in (*called.split("."), result):
        tree = ast.Attribute(tree, name, ast.Load())
    return tree


def condition(text: str) -> ast.expr:
    """The one expression that a condition is. Raises `InvalidInput`."""
    parts = list(pieces(text))
    if len(parts) != 1 or not isinstance(parts[0], ast.expr):
        raise InvalidInput(f"{text[:60]} is no condition.", "Write ${...}, true or false.")
    return parts[0]


def referring(text: str, renamed: Mapping[str, str]) -> str:
    """A condition that speaks of other steps than it was written for. Raises `InvalidInput`."""
    return text_of(_Renamer(renamed).visit(copy.deepcopy(condition(text))))


class _Renamer(ast.NodeTransformer):
    def __init__(self, renamed: Mapping[str, str]) -> None:
        self.renamed = renamed

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        path = dotted(node)
        called = ".".join(path[1:-1]) if path else ""
        return reference(self.renamed[called], node.attr) if called in self.renamed else node
