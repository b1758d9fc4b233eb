"""What the arguments of steps come to at the points where a breach would show."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labd.domain.capability import Json, Slot
from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Scalar
from labd.domain.protocol import Protocol
from labd.protocols.arguments import work_out
from labd.protocols.expressions import holds_expression, names_in, pieces, results_in
from labd.protocols.space import Point, Space


def space_of(protocol: Protocol) -> Space:
    """The space that a protocol's parameters span."""
    known = {each.name: each for each in protocol.problem.parameters}
    return Space(
        parameters=known,
        constants={name: (each, protocol.constant_units.get(name, "")) for name, each in protocol.constants.items()},
        pool=protocol.problem.pool,
        constraints=protocol.problem.constraints,
        named=[*known, *protocol.constants],
        per={name: each.per for name, each in known.items()},
        has_samples=protocol.batch is not None,
    )


def trees(value: Json) -> Iterator[ast.expr]:
    """The expressions in a value, however deep."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from trees(each)
    elif isinstance(value, str) and holds_expression(value):
        yield from (each for each in pieces(value) if not isinstance(each, str))


def parameters_in(values: Iterable[Json], space: Space) -> list[str]:
    """The parameters of which values speak."""
    named = {name for value in values for tree in trees(value) for name in names_in(tree)}
    return sorted(named & set(space.parameters))


def is_open(value: Json) -> bool:
    """Whether it waits for results, so that nobody can know what it comes to."""
    return any(results_in(tree) for tree in trees(value))


def worked_out(value: Json, slot: Slot, space: Space, point: Mapping[str, Scalar]) -> Any:
    """What a value comes to at a point; None where that cannot be known."""
    if is_open(value) or (isinstance(value, dict) and len(value) == 1 and "per_well" in value):
        return None
    try:
        return work_out(value, slot.model_copy(update={"low": None, "high": None}), space.names(point), {})
    except InvalidInput:
        return None  # what is wrong with the value itself is told where it stands


def at_words(point: Point, space: Space) -> str:
    """A point as people say it.

    >>> at_words({}, None)
    ''
    """
    said = (
        f"{name} = {value}" if isinstance(value, str) else f"{name} = {value:g} {space.parameters[name].unit}".strip()
        for name, value in point.items()
    )
    return ", ".join(said)


def is_gone_through(used: Iterable[str], space: Space) -> bool:
    """Whether the corners are all the points there are: options, or the rows of a pool."""
    return space.pool is not None or all(isinstance(space.parameters[name], Categorical) for name in used)
