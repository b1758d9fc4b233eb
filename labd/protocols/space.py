"""The space that parameters span, and the points of it where a breach would show."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from labd.domain.problem import (
    Categorical,
    Constraint,
    Continuous,
    Discrete,
    Excluded,
    Integer,
    Linear,
    Nonlinear,
    Per,
    Scalar,
)
from labd.domain.problem.formula import names
from labd.protocols.arithmetic import quantity
from labd.protocols.compilation import Parameter

MAXIMUM_CORNERS = 4096
EXACTLY = 1e-9
"""How exactly a corner keeps a sum: it is worked out, and not rounded as a suggestion is."""
Point = dict[str, Scalar]


@dataclass(frozen=True, slots=True)
class Space:
    """What expressions may speak of, as far as it is sound."""

    parameters: Mapping[str, Parameter]
    constants: Mapping[str, tuple[float | int | str, str]]
    pool: Sequence[Mapping[str, Scalar]] | None
    constraints: Sequence[Constraint]
    named: Sequence[str]
    """All names of the file, of wrong parameters and constants too."""
    per: Mapping[str, Per]
    """By parameter, of wrong ones too: whether a batch has one value of it."""
    has_samples: bool
    """Whether there is a batch, whose samples expressions may name."""

    def names(self, point: Mapping[str, Scalar]) -> dict[str, Any]:
        """What expressions see at a point."""
        an_id = SimpleNamespace(id="01J00000000000000000000000.1.1")
        sample = SimpleNamespace(id=f"{an_id.id}.1", well="A1", number=1)
        constants = {name: quantity(value, unit) for name, (value, unit) in self.constants.items()}
        here = {name: quantity(value, self.parameters[name].unit) for name, value in point.items()}
        return {**constants, **here, "run": an_id, "trial": an_id, "sample": sample}

    def corners(self, used: Sequence[str]) -> Iterator[Point]:
        """The points at which a monotone expression over these parameters has its extremes."""
        if self.pool is not None:
            rows = dict.fromkeys(tuple(row[name] for name in used) for row in self.pool)
            yield from (dict(zip(used, row, strict=True)) for row in rows)
            return
        spanning = [each for each in self.constraints if _names(each) <= set(used)]
        extremes = [_extremes(self.parameters[name]) for name in used]
        corners = (dict(zip(used, values, strict=True)) for values in itertools.product(*extremes))
        points = (point for corner in corners for point in self._bent(corner, spanning))
        yield from itertools.islice((point for point in points if keeps(point, spanning)), MAXIMUM_CORNERS)

    def _bent(self, corner: Point, constraints: Sequence[Constraint]) -> Iterator[Point]:
        """The corner, and where it meets the bounds of sums when one parameter gives way."""
        yield corner
        for each in constraints:
            if not isinstance(each, Linear):
                continue
            for name, weight in each.weights.items():
                parameter = self.parameters[name]
                if not isinstance(parameter, Continuous) or weight == 0:
                    continue
                for bound in {each.low, each.high} - {None}:
                    rest = sum(other * float(corner[of]) for of, other in each.weights.items() if of != name)
                    value = (float(bound or 0.0) - rest) / weight
                    if parameter.low <= value <= parameter.high:
                        yield {**corner, name: value}


def keeps(point: Mapping[str, Scalar], constraints: Sequence[Constraint], slack: float = EXACTLY) -> bool:
    """Whether a point keeps constraints whose parameters it has."""
    return not any(
        each.excludes(point) if isinstance(each, Excluded) else each.broken(point, slack) for each in constraints
    )


def _names(constraint: Constraint) -> set[str]:
    match constraint:
        case Excluded(values=values):
            return set(values)
        case Linear(weights=weights):
            return set(weights)
        case Nonlinear(expression=expression):
            return names(expression)


def _extremes(parameter: Parameter) -> tuple[Scalar, ...]:
    match parameter:
        case Categorical(options=options):
            return options
        case Discrete(values=values):
            return (values[0], values[-1])
        case Integer(low=least, high=most):
            return (least, most)
        case Continuous(low=low, high=high):
            return (low, high)
