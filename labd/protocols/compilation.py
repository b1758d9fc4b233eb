"""From a protocol and a point to the steps of a run."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from typing import Any

from labd.domain.capability import Json
from labd.domain.errors import InvalidInput
from labd.domain.identifiers import RunId, StepName, TrialId
from labd.domain.problem import Categorical, Continuous, Discrete, Integer, Parameters, Scalar
from labd.domain.protocol import Protocol
from labd.domain.samples import Sample
from labd.domain.steps import PlannedStep
from labd.domain.workcell import Workcell
from labd.protocols.arguments import ROUNDING, finish, results_as_names
from labd.protocols.expansion import Expansion, Point
from labd.protocols.expressions import pieces, results_in

Parameter = Continuous | Integer | Discrete | Categorical


def compile_run(
    protocol: Protocol, workcell: Workcell, parameters: Parameters, run: RunId, trial: TrialId
) -> tuple[PlannedStep, ...]:
    """The steps of a run of one trial alone, with their arguments in the capabilities' units.

    Expressions over earlier results are closed: they wait, as text, for `resolve`. Raises `InvalidInput` when the
    workcell cannot do a step, or a value is beyond what the parameter or the capability takes.
    """
    check_point(protocol, parameters)
    return tuple(Expansion(protocol, workcell, run, trial).steps(parameters))


def compile_batch(
    protocol: Protocol,
    workcell: Workcell,
    points: Mapping[TrialId, Parameters],
    samples: Sequence[Sample],
    run: RunId,
) -> tuple[PlannedStep, ...]:
    """The steps of a run of several trials: those per sample once for each of the samples, the others once.

    `points` are the parameters by trial; the first of them leads the run, and what is per batch is taken from it.
    Raises `InvalidInput` as `compile_run` does.
    """
    for parameters in points.values():
        check_point(protocol, parameters)
    leader, first = next(iter(points.items()))
    shared = {each.name: first[each.name] for each in protocol.problem.parameters if each.per == "batch"}
    known = tuple(Point(each, points[each.trial] if each.trial else {**shared, **each.parameters}) for each in samples)
    return tuple(Expansion(protocol, workcell, run, leader, known).steps(shared))


def check_point(protocol: Protocol, parameters: Parameters) -> None:
    """Raises `InvalidInput` when a parameter has no value, or one that it may not have."""
    for parameter in protocol.problem.parameters:
        if parameter.name not in parameters:
            raise InvalidInput(f"The parameter {parameter.name} has no value.")
        check_value(parameter, parameters[parameter.name])


def resolve(step: PlannedStep, results: Mapping[StepName, Mapping[str, Json]]) -> dict[str, Json]:
    """The step's arguments, now that the results that it waited for are here. Raises `InvalidInput`."""
    names = {"steps": results_as_names(results)}
    return {name: _named(name, lambda value: finish(value, names), value) for name, value in step.arguments.items()}


def is_wanted(step: PlannedStep, results: Mapping[str, Mapping[str, Json]]) -> bool:
    """Whether the step's condition is true, now that the results that it speaks of are here; over a result that is not,
    since its step was skipped, it is false. Raises `InvalidInput`."""
    trees = (each for each in pieces(step.when, closed=True) if isinstance(each, ast.expr))
    if any(result not in results.get(called, {}) for tree in trees for called, result in results_in(tree)):
        return False
    wanted = not step.when or finish(step.when, {"steps": results_as_names(results)})
    if not isinstance(wanted, bool):
        raise InvalidInput(f"{wanted!r} is neither true nor false.", "Write a comparison.")
    return wanted


def worked_out(text: str, results: Mapping[str, Mapping[str, Json]]) -> str:
    """A text for people, with its results in it. Raises `InvalidInput`."""
    return str(finish(text, {"steps": results_as_names(results)}))


def check_value(parameter: Parameter, value: Scalar) -> None:
    """Raises `InvalidInput` when the value is none that the parameter may have."""
    match parameter:
        case Categorical(options=options):
            if value not in options:
                said = f"{parameter.name} cannot be {value!r}."
                raise InvalidInput(said, f"Write one of: {', '.join(options[:12])}.")
            return
        case Discrete(values=values):
            near = _is_number(value) and any(_is_near(float(value), each) for each in values)
            remedy = f"Write one of: {', '.join(f'{each:g}' for each in values[:12])}."
        case Integer(low=low, high=high):
            near = _is_number(value) and float(value).is_integer() and low <= float(value) <= high
            remedy = f"Write a whole number from {low} to {high}."
        case Continuous(low=low, high=high):
            slack = ROUNDING * max(abs(low), abs(high))
            near = _is_number(value) and low - slack <= float(value) <= high + slack
            remedy = f"Write a number from {low:g} to {high:g}" + (
                f" (in {parameter.unit})." if parameter.unit else "."
            )
    if not near:
        raise InvalidInput(f"{parameter.name} cannot be {value!r}.", remedy)


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


def _is_near(one: float, other: float) -> bool:
    return abs(one - other) <= ROUNDING * max(abs(one), abs(other))


def _named(name: str, function: Any, value: Json) -> Json:
    try:
        return function(value)  # type: ignore[no-any-return]
    except InvalidInput as error:
        raise InvalidInput(f"The argument {name}: {error.message}", error.hint) from error
