"""Changes to a campaign as a person writes them: `parameters.temperature.high` and `120 degC`.

Each has the path of an entry of the protocol file and its new value, in the words of that file; units are converted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from labd.domain.capability import Json
from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Objective, Parameter, Problem
from labd.domain.protocol import Protocol, Stopping
from labd.domain.value import Value
from labd.protocols.findings import instead
from labd.protocols.quantities import amount, convert

HEADS = ("parameters", "objectives", "planner", "stopping", "priority")
_PARTS = {"parameters": 3, "objectives": 3, "planner": 2, "stopping": 2, "priority": 1}
_EXAMPLES = {
    "parameters": "parameters.temperature.high",
    "objectives": "objectives.yield.target",
    "planner": "planner.parallel",
    "stopping": "stopping.trials",
    "priority": "priority",
}
_OF_A_NUMBER = ("low", "high", "values")


class Changed(NamedTuple):
    """What is another after the changes; None for what stays."""

    problem: Problem | None
    stopping: Stopping | None
    priority: int | None


def changed(protocol: Protocol, changes: Mapping[str, Json]) -> Changed:
    """What the changes make of a protocol's problem and stopping rules. Raises `InvalidInput`."""
    if not changes:
        raise InvalidInput("Nothing is changed.", f"Name an entry and its value: {_EXAMPLES['parameters']}=120.")
    problem, stopping, priority = protocol.problem, protocol.stopping, None
    for path, value in changes.items():
        head, *rest = path.split(".")
        if head not in HEADS:
            raise InvalidInput(f"{path}: there is no entry {head} that can be edited.", instead(head, HEADS))
        if len(rest) + 1 != _PARTS[head]:
            raise InvalidInput(f"{path} is no entry that can be edited.", f"Write it as {_EXAMPLES[head]}.")
        if head == "priority":
            priority = _whole(path, value)
        elif head == "stopping":
            stopping = _set(path, stopping, rest[0], _hours(rest[0], value))
        elif head == "planner":
            problem = _set(path, problem, "settings", _set(path, problem.settings, rest[0], value))
        elif head == "objectives":
            problem = _set(path, problem, "objectives", _objectives(path, protocol, problem, rest, value))
        else:
            problem = _set(path, problem, "parameters", _parameters(path, problem, rest, value))
    return Changed(
        None if problem == protocol.problem else problem,
        None if stopping == protocol.stopping else stopping,
        priority,
    )


def _set(path: str, part: Any, key: str, value: Any) -> Any:
    known = type(part).model_fields
    if key not in known or key in ("kind", "name"):
        raise InvalidInput(f"{path}: there is no entry {key} that can be edited.", instead(key, known))
    try:
        return type(part).model_validate({**dict(part), key: value})
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise InvalidInput(
            f"{path} cannot be {_shown(value)}: {message}.", "Write it as the protocol file would."
        ) from None


def _shown(value: Any) -> str:
    return type(value).__name__ if isinstance(value, Value | tuple) else str(value)[:60]


def _whole(path: str, value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"{path} cannot be {_shown(value)}.", "Write a whole number.")
    return value


def _hours(key: str, value: Json) -> Json:
    return _number(f"stopping.{key}", value, "hour") if key == "hours" and isinstance(value, str) else value


def _objectives(path: str, protocol: Protocol, problem: Problem, rest: list[str], value: Json) -> tuple[Objective, ...]:
    name, key = rest
    known = [each.outcome for each in problem.objectives]
    if name not in known:
        raise InvalidInput(f"{path}: {name} is no objective.", instead(name, known))
    if key == "target" and value is not None:
        value = _number(path, value, protocol.outcomes[name].unit)
    return tuple(_set(path, each, key, value) if each.outcome == name else each for each in problem.objectives)


def _parameters(path: str, problem: Problem, rest: list[str], value: Json) -> tuple[Parameter, ...]:
    name, key = rest
    known = [each.name for each in problem.parameters]
    if name not in known:
        raise InvalidInput(f"{path}: there is no parameter {name}.", instead(name, known))

    def edited(parameter: Parameter) -> Parameter:
        taken: Any = value
        if not isinstance(parameter, Categorical) and key in _OF_A_NUMBER:
            taken = (
                tuple(_number(path, each, parameter.unit) for each in value)
                if isinstance(value, list)
                else _number(path, value, parameter.unit)
            )
        made: Parameter = _set(path, parameter, key, tuple(taken) if isinstance(taken, list) else taken)
        return made

    return tuple(edited(each) if each.name == name else each for each in problem.parameters)


def _number(path: str, value: Json, unit: str) -> float:
    """The number in the unit: a bare one is in it already."""
    if isinstance(value, str):
        said = amount(value)
        if said is not None:
            return convert(said.value, said.unit or unit, unit)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(f"{path} cannot be {_shown(value)}.", f"Write a number{' in ' + unit if unit else ''}.")
    return float(value)
