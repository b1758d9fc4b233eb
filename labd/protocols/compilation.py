"""From a protocol and a point to the steps of a run."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from labd.domain.capability import Capability, Json
from labd.domain.errors import InvalidInput
from labd.domain.identifiers import RunId, StepName, TrialId
from labd.domain.problem import Categorical, Continuous, Discrete, Integer, Parameters, Scalar
from labd.domain.protocol import Protocol
from labd.domain.steps import PlannedStep, Step
from labd.domain.workcell import Workcell
from labd.protocols.arguments import ROUNDING, finish, results_as_names, work_out
from labd.protocols.arithmetic import quantity

Parameter = Continuous | Integer | Discrete | Categorical


def compile_run(
    protocol: Protocol, workcell: Workcell, parameters: Parameters, run: RunId, trial: TrialId
) -> tuple[PlannedStep, ...]:
    """The steps of one run, with their arguments in the capabilities' units.

    Expressions over earlier results are closed: they wait, as text, for `resolve`. Raises `InvalidInput` when the
    workcell cannot do a step, or a value is beyond what the parameter or the capability takes.
    """
    for parameter in protocol.problem.parameters:
        if parameter.name not in parameters:
            raise InvalidInput(f"The parameter {parameter.name} has no value.")
        check_value(parameter, parameters[parameter.name])
    names = {**names_of(protocol, parameters), "run": SimpleNamespace(id=run), "trial": SimpleNamespace(id=trial)}
    capabilities = {step.name: _capability(step, workcell) for step in protocol.steps}
    units = {
        (step, result): slot.unit
        for step, capability in capabilities.items()
        for result, slot in capability.results.items()
    }
    return tuple(_planned(step, capabilities[step.name], names, units) for step in protocol.steps)


def resolve(step: PlannedStep, results: Mapping[StepName, Mapping[str, Json]]) -> dict[str, Json]:
    """The step's arguments, now that the results that it waited for are here. Raises `InvalidInput`."""
    names = {"steps": results_as_names(results)}
    return {name: _named(name, lambda value: finish(value, names), value) for name, value in step.arguments.items()}


def names_of(protocol: Protocol, parameters: Parameters) -> dict[str, Any]:
    """Parameters and constants with their units, as expressions see them."""
    constants = {
        name: quantity(value, protocol.constant_units.get(name, "")) for name, value in protocol.constants.items()
    }
    return constants | {each.name: quantity(parameters[each.name], each.unit) for each in protocol.problem.parameters}


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
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_near(one: float, other: float) -> bool:
    return abs(one - other) <= ROUNDING * max(abs(one), abs(other))


def _capability(step: Step, workcell: Workcell) -> Capability:
    role = workcell.roles.get(step.role)
    capability = role.capability(step.capability) if role else None
    if capability is None:
        wanted = f"{step.role}.{step.capability}"
        raise InvalidInput(f"The workcell {workcell.name} has no {wanted}, which step {step.name} asks for.")
    return capability


def _planned(
    step: Step, capability: Capability, names: Mapping[str, Any], units: Mapping[tuple[str, str], str]
) -> PlannedStep:
    missing = [name for name, slot in capability.arguments.items() if not slot.optional and name not in step.arguments]
    unknown = [name for name in step.arguments if name not in capability.arguments]
    if missing or unknown:
        raise InvalidInput(f"Step {step.name}: {capability.name} does not take these arguments: {missing + unknown}.")
    arguments = {
        name: _named(name, lambda value, slot=capability.arguments[name]: work_out(value, slot, names, units), written)
        for name, written in step.arguments.items()
    }
    return PlannedStep(
        name=step.name,
        role=step.role,
        capability=step.capability,
        instrument=step.instrument,
        also=step.also,
        arguments=arguments,
        after=step.after,
        retries=step.retries,
        typical_s=capability.typical_s,
        timeout_s=step.timeout_s or capability.maximum_s,
    )


def _named(name: str, function: Any, value: Json) -> Json:
    try:
        return function(value)  # type: ignore[no-any-return]
    except InvalidInput as error:
        raise InvalidInput(f"The argument {name}: {error.message}", error.hint) from error
