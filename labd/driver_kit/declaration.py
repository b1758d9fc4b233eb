"""The decorators `action` and `reading`, and what a driver class declares by them: capabilities and channels.

A capability is read off the coroutine's signature: the argument's type from its annotation, unit, bounds and options
from a `Slot` beside it, optional by its default. What cannot be declared is refused when the class is made, with the
place and what to write instead.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from labd.domain.capability import Capability, Channel, Recovery, Slot
from labd.domain.errors import InvalidInput
from labd.driver_kit.arguments import unfitting
from labd.driver_kit.context import Context
from labd.driver_kit.setting import Setting

SlotType = Literal["number", "integer", "string", "boolean", "array", "object", "blob"]
SLOT_TYPES: Mapping[type, SlotType] = {
    float: "number",
    int: "integer",
    str: "string",
    bool: "boolean",
    list: "array",
    dict: "object",
}
ActionFunction = TypeVar("ActionFunction", bound=Callable[..., Awaitable[Mapping[str, Any] | None]])
ReadingFunction = TypeVar("ReadingFunction", bound=Callable[[Any], Awaitable[Any]])

_MARK = "__labd_declared__"


@dataclass(frozen=True, slots=True)
class _Action:
    typical_s: float
    maximum_s: float
    recovery: Recovery
    results: Mapping[str, Slot]
    cancellable: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    unit: str
    every_s: float


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a driver class declares."""

    capabilities: tuple[Capability, ...]
    channels: tuple[Channel, ...]
    settings: Mapping[str, str]
    """By the name of a capability that sets something: the setting's."""


def action(
    *,
    typical_s: float = 1.0,
    maximum_s: float = 3600.0,
    recovery: Recovery = Recovery.ASK,
    results: Mapping[str, Slot] | None = None,
    cancellable: bool = False,
) -> Callable[[ActionFunction], ActionFunction]:
    """Make a coroutine `async def name(self, context, ...) -> dict` a capability of the instrument.

    `typical_s` and `maximum_s` are laboratory seconds; beyond the maximum the action is cancelled and the instrument
    made safe. `recovery` says what to do when the driver died in the middle of it. Only a `cancellable` action is
    cancelled on request.
    """

    def mark(function: ActionFunction) -> ActionFunction:
        setattr(function, _MARK, _Action(typical_s, maximum_s, recovery, dict(results or {}), cancellable))
        return function

    return mark


def reading(*, unit: str = "", every_s: float = 1.0) -> Callable[[ReadingFunction], ReadingFunction]:
    """Make a coroutine `async def name(self) -> float` a telemetry channel, read every `every_s` real seconds."""

    def mark(function: ReadingFunction) -> ReadingFunction:
        setattr(function, _MARK, _Reading(unit, every_s))
        return function

    return mark


def declared(cls: type) -> Declaration:
    """What the class declares. Raises `InvalidInput` that names the coroutine and what to write instead."""
    capabilities, channels, settings = [], [], {}
    for name in {name: None for each in reversed(cls.__mro__) for name in vars(each)}:
        where, member = f"{cls.__name__}.{name}", inspect.getattr_static(cls, name)
        try:
            match getattr(member, _MARK, member):
                case _Action() as marked:
                    capabilities.append(_capability(where, name, _coroutine(where, name, member), marked))
                case _Reading() as marked:
                    _coroutine(where, name, member)
                    channels.append(Channel(name=name, unit=marked.unit, every_s=marked.every_s))
                case Setting() as found:
                    channels.append(Channel(name=name, unit=found.terms.unit, every_s=found.terms.every_s))
                    capabilities.append(_setter(cls, name, found))
                    settings[capabilities[-1].name] = name
        except ValidationError as error:
            raise InvalidInput(f"{where}: {error.errors()[0]['loc']}: {error.errors()[0]['msg']}.") from error
    return Declaration(tuple(capabilities), tuple(channels), settings)


def _coroutine(where: str, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    if not inspect.iscoroutinefunction(function):
        raise InvalidInput(f"{where} is not a coroutine.", f"Write `async def {name}(self, ...)`.")
    return function


def _setter(cls: type, name: str, found: Setting[Any]) -> Capability:
    """The capability that sets a setting."""
    where, terms, write = f"{cls.__name__}.{name}", found.terms, found.write
    kind, options = _value(f"{where}, what it returns", _coroutine(where, name, found.read), "return")
    if write is None:
        raise InvalidInput(
            f"{where} cannot be set.", f"Write `@{name}.set` on `async def set_{name}(self, value: ...) -> None`."
        )
    place = f"{cls.__name__}.{write.__name__}"
    parameters = list(inspect.signature(_coroutine(place, write.__name__, write)).parameters)
    if len(parameters) != 2:
        raise InvalidInput(
            f"{place} does not take one value.", f"Write `async def {write.__name__}(self, value: ...)`."
        )
    if _value(f"{place}, argument {parameters[1]}", write, parameters[1]) != (kind, options):
        raise InvalidInput(f"{place}: what is set is not of the type that {name} returns.", "Annotate both alike.")
    if kind not in ("number", "integer") and (terms.low, terms.high) != (None, None):
        raise InvalidInput(f"{where}: low and high are for numbers; it is a {kind}.", "Leave them out.")
    slot = Slot(type=kind, unit=terms.unit, low=terms.low, high=terms.high, options=options)
    return Capability(
        name=write.__name__,
        description=_first_line(write) or _first_line(found.read),
        arguments={name: slot},
        results={name: Slot(type=kind, unit=terms.unit, reads_back=name)},
        typical_s=terms.typical_s,
        maximum_s=terms.maximum_s,
        recovery=terms.recovery,
    )


def _value(where: str, function: Callable[..., Any], name: str) -> tuple[SlotType, tuple[str, ...]]:
    hints = _hints(where, function)
    if name not in hints:
        raise InvalidInput(f"{where} has no type.", "Annotate it with float, int, str, bool or Literal.")
    return _type(where, hints[name])


def _first_line(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]


def _hints(where: str, function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        raise InvalidInput(f"{where}: an annotation is not known: {error}.", "Import it at the top level.") from error


def _capability(where: str, name: str, function: Callable[..., Any], marked: _Action) -> Capability:
    if marked.maximum_s < marked.typical_s:
        raise InvalidInput(f"{where}: maximum_s {marked.maximum_s:g} is less than typical_s {marked.typical_s:g}.")
    hints = _hints(where, function)
    parameters = list(inspect.signature(function).parameters.values())
    if len(parameters) < 2 or hints.get(parameters[1].name) is not Context:
        raise InvalidInput(
            f"{where}: the first argument after self must be the context.",
            f"Write `async def {name}(self, context: Context, ...)`.",
        )
    return Capability(
        name=name,
        description=_first_line(function),
        arguments={each.name: _slot(f"{where}, argument {each.name}", each, hints) for each in parameters[2:]},
        results=dict(marked.results),
        typical_s=marked.typical_s,
        maximum_s=marked.maximum_s,
        recovery=marked.recovery,
        cancellable=marked.cancellable,
    )


def _slot(where: str, parameter: inspect.Parameter, hints: Mapping[str, Any]) -> Slot:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
        raise InvalidInput(f"{where}: `*` and positional-only arguments cannot be ordered.", "Name each argument.")
    if parameter.name not in hints:
        raise InvalidInput(f"{where} has no type.", "Annotate it with float, int, str, bool, list or dict.")
    annotation, slots = hints[parameter.name], []
    if typing.get_origin(annotation) is typing.Annotated:
        annotation, *extras = typing.get_args(annotation)
        slots = [each for each in extras if isinstance(each, Slot)]
    slot = slots[0] if slots else Slot()
    kind, options = _type(where, annotation)
    if "type" in slot.model_fields_set and slot.type != kind:
        raise InvalidInput(f"{where}: the annotation says {kind}, the Slot says {slot.type}.", "Leave the Slot's out.")
    optional = parameter.default is not parameter.empty
    slot = slot.model_copy(update={"type": kind, "options": slot.options or options, "optional": optional})
    if optional and parameter.default is not None and (wrong := unfitting(parameter.default, slot)):
        raise InvalidInput(f"{where}: the default {wrong}.")
    return slot


def _type(where: str, annotation: Any) -> tuple[SlotType, tuple[str, ...]]:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, UnionType):
        rest = [each for each in typing.get_args(annotation) if each is not NoneType]
        if len(rest) == 1:
            return _type(where, rest[0])
    if origin is Literal and all(isinstance(each, str) for each in typing.get_args(annotation)):
        return "string", typing.get_args(annotation)
    known = SLOT_TYPES.get(origin or annotation)
    if known is None:
        raise InvalidInput(
            f"{where}: {annotation!r} cannot cross the wire.", "Use float, int, str, bool, list or dict."
        )
    return known, ()
