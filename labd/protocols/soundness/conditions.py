"""Steps whose condition is false wherever the search goes: they are never done."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from labd.domain.errors import InvalidInput
from labd.domain.protocol import Protocol
from labd.protocols.expressions import evaluate
from labd.protocols.soundness.points import is_gone_through, is_open, parameters_in, space_of, trees
from labd.protocols.soundness.remark import Remark


def conditions(protocol: Protocol) -> Iterator[Remark]:
    """Steps that no point of the space lets begin. A condition over results may be true or not."""
    space = space_of(protocol)
    for step in protocol.steps:
        if not step.when or is_open(step.when):
            continue
        used = parameters_in([step.when], space)
        (tree,) = list(trees(step.when))
        if not (_is_one_threshold(tree) or is_gone_through(used, space)):
            continue  # it may be true between the corners
        try:
            ever = any(evaluate(tree, space.names(point)) for point in space.corners(used))
        except InvalidInput:
            continue  # told where it stands
        if not ever:
            message = f"{step.name} is never done: {step.when} is false wherever the search goes."
            yield Remark(step.name, ("when",), message, "Mend the condition, or take the step out.", "warning")


def _is_one_threshold(tree: ast.expr) -> bool:
    """Whether it is one comparison, which is true at a corner if it is true anywhere."""
    return isinstance(tree, ast.Compare) and len(tree.ops) == 1 and not isinstance(tree.ops[0], ast.Eq)
