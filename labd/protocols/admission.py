"""Whether a point may be tried: each value within its parameter, and all of them within the constraints."""

from __future__ import annotations

from typing import assert_never

from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Categorical,
    Constraint,
    Discrete,
    Excluded,
    Linear,
    Nonlinear,
    Parameter,
    Parameters,
    Problem,
    Scalar,
    is_same,
)
from labd.protocols.compilation import check_value


def admits(problem: Problem, point: Parameters) -> None:
    """Raises `InvalidInput` unless the point may be tried."""
    for parameter in problem.parameters:
        if parameter.name not in point:
            raise InvalidInput(f"The parameter {parameter.name} has no value.", "Give a value for each parameter.")
        check_value(parameter, point[parameter.name])
        _check_condition(parameter, point)
    for constraint in problem.constraints:
        _check_constraint(constraint, point)
    if problem.pool is not None and not any(_same(point, each) for each in problem.pool):
        raise InvalidInput("This point is not in the pool.", "Only the points of the pool may be tried.")


def lowest(parameter: Parameter) -> Scalar:
    """What a parameter is where it means nothing: its lowest value, or its first option."""
    match parameter:
        case Categorical(options=options):
            return options[0]
        case Discrete(values=values):
            return values[0]
        case _:
            return parameter.low


def _check_condition(parameter: Parameter, point: Parameters) -> None:
    when = parameter.when
    if when is None or point.get(when.parameter) in when.values:
        return
    if not is_same(point[parameter.name], lowest(parameter)):
        values = ", ".join(map(str, when.values))
        message = f"{parameter.name} means nothing here: {when.parameter} is {point.get(when.parameter)}, not {values}."
        raise InvalidInput(message, f"Write {lowest(parameter)}.")


def _check_constraint(constraint: Constraint, point: Parameters) -> None:
    match constraint:
        case Linear(weights=weights):
            if word := constraint.broken(point):
                named = " + ".join(f"{weight:g} {name}" if weight != 1 else name for name, weight in weights.items())
                bound = constraint.low if word == "least" else constraint.high
                raise InvalidInput(f"{named} is {constraint.total(point):g}.", f"It must be at {word} {bound:g}.")
        case Nonlinear(expression=expression):
            if word := constraint.broken(point):
                bound = constraint.low if word == "least" else constraint.high
                raise InvalidInput(f"{expression} is {constraint.total(point):g}.", f"It must be at {word} {bound:g}.")
        case Excluded(values=values):
            if constraint.excludes(point):
                named = " and ".join(f"{name} = {point[name]}" for name in values)
                raise InvalidInput(f"{named} may not be tried together.", "Change one of them.")
        case _:
            assert_never(constraint)


def _same(one: Parameters, other: Parameters) -> bool:
    return all(is_same(one[name], other[name]) for name in other)
