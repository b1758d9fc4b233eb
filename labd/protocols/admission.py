"""Whether a point may be tried: each value within its parameter, and all of them within the constraints."""

from __future__ import annotations

from typing import assert_never

from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Categorical,
    Constraint,
    Continuous,
    Discrete,
    Excluded,
    Integer,
    Linear,
    Nonlinear,
    Parameter,
    Parameters,
    Problem,
    Scalar,
    is_same,
)
from labd.protocols.compilation import check_value


def completed(problem: Problem, parameters: Parameters) -> dict[str, Scalar]:
    """The parameters, complete, each of its own type and within its bounds; what is given and not chosen need not be
    named. Raises `InvalidInput`."""
    declared = problem.parameters
    names = [each.name for each in declared]
    parameters = {**{name: problem.context[name] for name in names if name in problem.context}, **parameters}
    unknown = [name for name in parameters if name not in names]
    missing = [name for name in names if name not in parameters]
    if unknown or missing:
        wrong = [f"unknown: {', '.join(unknown)}"] * bool(unknown) + [f"missing: {', '.join(missing)}"] * bool(missing)
        raise InvalidInput(f"The parameters do not fit ({'; '.join(wrong)}).", f"Give each of {', '.join(names)}.")
    for each in declared:
        check_value(each, parameters[each.name])
    return {each.name: _exactly(each, parameters[each.name]) for each in declared}


def admitted(problem: Problem, parameters: Parameters) -> dict[str, Scalar]:
    """The parameters of a point that may be tried, complete, each in its own type. Raises `InvalidInput`."""
    point = completed(problem, parameters)
    admits(problem, point)
    return point


def _exactly(parameter: Parameter, value: Scalar) -> Scalar:
    """The value in the parameter's own type; of a discrete parameter the very value that it declares."""
    match parameter:
        case Categorical():
            return value
        case Integer():
            return int(value)
        case Discrete(values=values):
            return min(values, key=lambda each: abs(each - float(value)))
        case Continuous():
            return float(value)
        case _:
            assert_never(parameter)


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
