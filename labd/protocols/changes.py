"""Changes to a campaign as a person writes them: `parameters.temperature.high` and `120 degC`.

Each has the path of an entry of the protocol file and its new value, in the words of that file; units are converted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from labd.domain.capability import Json
from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Goal, Limit, Objective, Parameter, PlannerSettings, Problem, Scalar
from labd.domain.protocol import Protocol, Stopping
from labd.domain.value import Value
from labd.protocols.findings import instead
from labd.protocols.points import scalar
from labd.protocols.quantities import amount, convert

HEADS = ("parameters", "objectives", "limits", "context", "planner", "stopping", "priority")
_PARTS = {"parameters": 3, "objectives": 3, "limits": 3, "context": 2, "planner": 2, "stopping": 2, "priority": 1}
_EXAMPLES = {
    "parameters": "parameters.temperature.high",
    "objectives": "objectives.yield.target",
    "limits": "limits.impurity.at_most",
    "context": "context.humidity",
    "planner": "planner.parallel",
    "stopping": "stopping.trials",
    "priority": "priority",
}
_OF_A_NUMBER = ("low", "high", "values")
_IN_UNIT = ("target", "reference")
_BOUNDS = {"at_least": "low", "at_most": "high", "safe": "safe"}
"""Of a limit: what the file calls them, and what they are here."""


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
            stopping = _set(path, stopping, rest[0], _stopping(rest[0], protocol, problem, value))
        else:
            field, made = _OF_PROBLEM[head]
            problem = _set(path, problem, field, made(path, protocol, problem, rest, value))
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


def _stopping(key: str, protocol: Protocol, problem: Problem, value: Json) -> Json:
    if key == "hours" and isinstance(value, str):
        return _number(f"stopping.{key}", value, "hour")
    if key == "improvement_below" and value is not None:
        path = f"stopping.{key}"
        if len(problem.objectives) != 1 or problem.objectives[0].goal in (Goal.LEVEL, Goal.MAP):
            raise InvalidInput(f"{path}: there is no one number that improves here.", "Leave it out.")
        return _apart(path, value, protocol.outcomes[problem.objectives[0].outcome].unit)
    return value


def _planner(path: str, _: Protocol, problem: Problem, rest: list[str], value: Json) -> PlannerSettings:
    (key,) = rest
    if key == "learn_from":
        raise InvalidInput(f"{path}: what is learnt from is settled when the campaign is started.")
    if key == "deadline":
        key, value = "deadline_s", None if value is None else _number(path, value, "s")
    taken = _proposers(path, value) if key == "proposers" else value
    made: PlannerSettings = _set(path, problem.settings, key, taken)
    return made


def _proposers(path: str, value: Json) -> tuple[dict[str, Json], ...]:
    """As the file has them: by name."""
    said = value.items() if isinstance(value, dict) else ()
    made = [{"kind": name, "share": 1.0, **each, "name": name} for name, each in said if isinstance(each, dict)]
    if not isinstance(value, dict) or len(made) < len(value):
        raise InvalidInput(f"{path} cannot be {_shown(value)}.", 'Write {"sobol": {"share": 1}, ...}.')
    return tuple(made)


def _objectives(path: str, protocol: Protocol, problem: Problem, rest: list[str], value: Json) -> tuple[Objective, ...]:
    name, key = rest
    known = [each.outcome for each in problem.objectives]
    if name not in known:
        raise InvalidInput(f"{path}: {name} is no objective.", instead(name, known))
    if key in _IN_UNIT and value is not None:
        value = _number(path, value, protocol.outcomes[name].unit)
    if key == "tolerance" and value is not None:
        value = _apart(path, value, protocol.outcomes[name].unit)
    return tuple(_set(path, each, key, value) if each.outcome == name else each for each in problem.objectives)


def _limits(path: str, protocol: Protocol, problem: Problem, rest: list[str], value: Json) -> tuple[Limit, ...]:
    """The limits with another bound; a new one where the outcome had none, none where it has no bound any more."""
    name, key = rest
    if name not in protocol.outcomes:
        raise InvalidInput(f"{path}: there is no outcome {name}.", instead(name, protocol.outcomes))
    if key not in _BOUNDS:
        raise InvalidInput(f"{path}: there is no entry {key} that can be edited.", instead(key, _BOUNDS))
    if value is not None:
        value = _number(path, value, protocol.outcomes[name].unit if key != "safe" else "")
    before = next((each for each in problem.limits if each.outcome == name), None)
    others = tuple(each for each in problem.limits if each.outcome != name)
    field = _BOUNDS[key]
    if before is None and field != "safe" and value is not None:
        return (*others, Limit.model_validate({"outcome": name, field: value}))
    if before is None:
        raise InvalidInput(f"{path}: {name} has no limit.", f"Write limits.{name}.at_most first.")
    if value is None and field != "safe" and (before.high if field == "low" else before.low) is None:
        return others
    return tuple(_set(path, each, field, value) if each.outcome == name else each for each in problem.limits)


def _context(path: str, _: Protocol, problem: Problem, rest: list[str], value: Json) -> dict[str, Scalar]:
    (name,) = rest
    given = {each.name: each for each in problem.parameters if each.context}
    if name not in given:
        raise InvalidInput(f"{path}: {name} is no parameter that is given and not chosen.", instead(name, given))
    return {**problem.context, name: scalar(given[name], value)}


def _parameters(path: str, _: Protocol, problem: Problem, rest: list[str], value: Json) -> tuple[Parameter, ...]:
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


_Of = Callable[[str, Protocol, Problem, list[str], Json], Any]
_OF_PROBLEM: Mapping[str, tuple[str, _Of]] = {
    "parameters": ("parameters", _parameters),
    "objectives": ("objectives", _objectives),
    "limits": ("limits", _limits),
    "context": ("context", _context),
    "planner": ("settings", _planner),
}
"""By head: the problem's entry, and what makes it of a change."""


def _apart(path: str, value: Json, unit: str) -> float:
    """How far apart, in the unit: 2 K are 2 degC apart."""
    far = _number(path, value, unit)
    said = amount(value) if isinstance(value, str) else None
    return far - convert(0.0, said.unit, unit) if said and said.unit else far
