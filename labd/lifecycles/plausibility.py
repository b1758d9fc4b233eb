"""What a result says, held against what was declared, ordered and seen before: is it a measurement, and can it be true?

A number in place of which something else arrived is a failed measurement, never zero. A number that cannot be true is
held for a person. What the instrument could not tell is censored, with the limit. The rest is taken, in the declared
unit.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import ValidationError

from labd.domain.blob import Blob, is_reference, wrong_reference
from labd.domain.capability import Capability, Json, Reading, Slot
from labd.domain.errors import InvalidInput
from labd.domain.problem import Censored, Measurement
from labd.domain.protocol import OutcomeSpec
from labd.lifecycles.command import Command
from labd.lifecycles.history import named, numbers, slip
from labd.lifecycles.laboratory import Laboratory
from labd.protocols.quantities import convert, same_dimension
from labd.wire.messages import Report

CLOCK_SLACK = timedelta(minutes=1)
"""A driver's clock may be set back by so much while a command runs."""
NEAR = 0.02
"""A read-back is where a slip of the unit would put it, if undoing the slip brings it this near to what was ordered."""
QUOTED = 60
"""So many characters of a wrong value are quoted; all of it is in the journal."""


@dataclass(slots=True)
class Judgement:
    """What is to be made of a result."""

    taken: dict[str, Json] = field(default_factory=dict)
    """The entries that are taken in another form than they were reported."""
    failed: str = ""
    """Why it is no measurement."""
    doubt: str = ""
    """Why it cannot be true."""


def judge(state: Laboratory, command: Command, result: Mapping[str, Json], report: Report) -> Judgement:
    """What is to be made of the result of a command."""
    order = command.order
    it = state.instruments.get(order.instrument)
    said = it.descriptor.capability(order.capability) if it and it.descriptor else None
    wanted = _wanted(state, command)
    if where := not_finite(dict(result)):
        return Judgement(failed=f"{where} is not a number")
    if where := wrong_reference(result):
        return Judgement(failed=f"{where} is no reference to data")
    made = Judgement()
    try:
        for name, value in result.items():
            own = said.results.get(name) if said else None
            slot = (wanted.results.get(name) if wanted else None) or own
            if slot is not None and (here := _entry(name, value, own or slot, slot)) is not value:
                made.taken[name] = here
    except _NoMeasurementError as error:
        return Judgement(failed=str(error))
    except _ImpossibleError as error:
        return Judgement(doubt=str(error))
    try:
        made.doubt = next(_doubts(state, command, wanted or said, {**result, **made.taken}, report), "")
    except InvalidInput as error:  # a unit of the driver's own that nobody knows
        made.doubt = str(error)
    return made


def impossible(outcomes: Mapping[str, Measurement], specs: Mapping[str, OutcomeSpec]) -> str:
    """Why the outcomes of a run cannot be true; empty where they can."""
    for name, measured in outcomes.items():
        spec = specs[name]
        slot = Slot(unit=spec.unit, low=spec.low, high=spec.high)
        try:
            _possible(name, measured.mean, slot)
        except _ImpossibleError as error:
            return str(error)
    return ""


def _wanted(state: Laboratory, command: Command) -> Capability | None:
    """The capability as the workcell has it: what the protocol was compiled for."""
    run = state.runs.get(command.order.run)
    role = state.workcell.roles.get(run.steps[command.order.step].plan.role) if run and state.workcell else None
    return role.capability(command.order.capability) if role else None


class _NoMeasurementError(Exception):
    """Something else than a number."""


class _ImpossibleError(Exception):
    """A number that cannot be true."""


_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "array": list,
    "object": dict,
    "blob": Blob,
}


def _entry(name: str, value: Json, own: Slot, slot: Slot) -> Json:
    """The entry as the step takes it: `own` is what the driver declares of it, `slot` what the workcell does."""
    if value is None and slot.optional:
        return value
    if is_reference(value) and slot.type in ("blob", "array"):
        return value
    match slot.type:
        case "number" | "integer":
            return _number(name, value, own, slot)
        case "array" if isinstance(value, list):
            return _array(name, value, own, slot)
        case "object" if isinstance(value, dict):
            _some_number(name, value)
        case kind if not isinstance(value, _KINDS[kind]):
            raise _NoMeasurementError(f"{name} is {_quoted(value)}, which is no {kind}")
    return value


def _number(name: str, value: Json, own: Slot, slot: Slot) -> Json:
    if Reading.is_meant(value):
        try:
            reading = Reading.model_validate(value, strict=True)
        except ValidationError as error:
            raise _NoMeasurementError(f"{name} is {_quoted(value)}, which is no reading") from error
    elif isinstance(value, int | float) and not isinstance(value, bool):
        reading = Reading(value=value)
    else:
        raise _NoMeasurementError(f"{name} is {_quoted(value)}, which is no number")
    there = reading.unit or own.unit or slot.unit
    number = _in_unit(name, reading.value, there, own.unit or there)
    _possible(name, number, own)
    censored = reading.censored
    if not censored:
        number, censored = _limited(number, own)
    number = _in_unit(name, number, own.unit or there, slot.unit or own.unit or there)
    _possible(name, number, slot)
    if not censored:
        number, censored = _limited(number, slot)
    if censored:
        return {"value": number, "censored": censored}
    return value if value == number else number


def _limited(number: float, slot: Slot) -> tuple[float, Censored | None]:
    """The number, or the limit beyond which the instrument cannot tell."""
    if slot.detection is not None and number <= slot.detection:
        return slot.detection, "below"
    if slot.saturation is not None and number >= slot.saturation:
        return slot.saturation, "above"
    return number, None


def _array(name: str, values: list[Json], own: Slot, slot: Slot) -> Json:
    """A trace: each of its numbers possible, in the declared unit."""
    alike = not own.unit or not slot.unit or own.unit == slot.unit
    bounded = (slot.low, slot.high, own.low, own.high) != (None,) * 4
    if alike and not bounded:
        return values
    found = [each for each in values if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(found) != len(values):
        wrong = next(each for each in values if isinstance(each, bool) or not isinstance(each, int | float))
        raise _NoMeasurementError(f"one of the {name} is {_quoted(wrong)}, which is no number")
    for extreme in (min(found), max(found)) if found else ():
        _possible(name, extreme, own)
        _possible(name, _in_unit(name, extreme, own.unit, slot.unit) if not alike else extreme, slot)
    if alike:
        return values
    start = _in_unit(name, 0.0, own.unit, slot.unit)  # units that pint converts here differ by a factor and an offset
    step = _in_unit(name, 1.0, own.unit, slot.unit) - start
    return [start + step * each for each in found]


def _some_number(name: str, entries: dict[str, Json]) -> None:
    """The wells of a plate, or the measurements of one sample: those that are there count, but one must be there."""
    if entries and all(each is None or each == "" for each in entries.values()):
        raise _NoMeasurementError(f"{name} has nothing for any of {', '.join(list(entries)[:8])}")


def _in_unit(name: str, number: float, there: str, here: str) -> float:
    if there == here or not there or not here:
        return number
    try:
        return convert(number, there, here)
    except InvalidInput as error:
        raise _ImpossibleError(f"{name} is in {there}, which is no {here}") from error


def _possible(name: str, number: float, slot: Slot) -> None:
    for bound, beyond, word in ((slot.low, -1, "below"), (slot.high, 1, "above")):
        if bound is not None and (number - bound) * beyond > 0:
            limit = f"{bound:g} {slot.unit}".strip()
            raise _ImpossibleError(
                f"{name} is {f'{number:.6g} {slot.unit}'.strip()}, {word} {limit}: physically impossible"
            )


def _doubts(
    state: Laboratory, command: Command, capability: Capability | None, result: Mapping[str, Json], report: Report
) -> Iterator[str]:
    """Why the result cannot be true, although each of its numbers is possible."""
    order = command.order
    if command.accepted and report.session == command.session and report.device_time < command.accepted - CLOCK_SLACK:
        late = (command.accepted - report.device_time).total_seconds()
        yield f"by its own clock {order.instrument} ended this {late:.0f} s before it accepted the order"
    for name, slot in capability.results.items() if capability else ():
        if slot.reads_back and capability and (wrong := _misread(capability, name, result, order.arguments)):
            yield wrong
    seen = state.campaigns[state.trials[state.runs[order.run].trial].campaign].seen
    for name, number in numbers(result):
        slot = capability.results.get(name, Slot()) if capability else Slot()
        declared = slot.low is not None or slot.high is not None
        factor = None if declared else slip(number, seen.get(named(order, name)))
        if factor is not None:
            before = seen[named(order, name)]
            yield (
                f"{name} is {f'{number:.4g} {slot.unit}'.strip()}; the {before.count} before it were from "
                f"{before.least:.4g} to {before.greatest:.4g}: is it in another unit, by a factor of {factor:g}?"
            )


def _misread(capability: Capability, name: str, result: Mapping[str, Json], ordered: Mapping[str, Json]) -> str:
    """What slip of the unit would explain that a read-back is far from what was ordered; empty if none."""
    slot = capability.results[name]
    aim, read = set_point(capability, name, ordered), result.get(name)
    if aim is None or isinstance(read, bool) or not isinstance(read, int | float):
        return ""
    for meant, unit in _mistaken(aim, slot.unit):
        if abs(read - meant) <= NEAR * abs(meant) < abs(read - aim) and abs(read - aim) > (slot.tolerance or 0.0):
            return f"{name} reads {read:g}, but {f'{aim:g} {slot.unit}'.strip()} was ordered: is it in {unit}?"
    return ""


def set_point(capability: Capability, name: str, ordered: Mapping[str, Json]) -> float | None:
    """What was ordered of that which a result reads back, in the result's unit; None where it is no number."""
    slot = capability.results[name]
    argument, aim = capability.arguments.get(slot.reads_back), ordered.get(slot.reads_back)
    if argument is None or isinstance(aim, bool) or not isinstance(aim, int | float):
        return None
    return convert(aim, argument.unit, slot.unit)


def _mistaken(ordered: float, unit: str) -> Iterator[tuple[float, str]]:
    """What an ordered value would read in the units that this one is mistaken for."""
    families = (("K", "degC", "degF"), ("s", "ms", "min", "hour"))
    others = next((family for family in families if unit and same_dimension(unit, family[0])), ())
    for other in others:
        if other != unit:
            yield convert(ordered, unit, other), other
    if not others:
        yield ordered * 1e3, "thousandths of it"
        yield ordered / 1e3, "thousands of it"


def wells_alone(result: Mapping[str, Json]) -> dict[str, Json]:
    """The result with null for what is no number in an object: of a plate a well is lost, and not the plate.

    >>> wells_alone({"mass": 1.0, "wells": {"A1": 0.5, "A2": float("nan")}})
    {'mass': 1.0, 'wells': {'A1': 0.5, 'A2': None}}
    """
    return {
        name: {key: None if _lost(entry) else entry for key, entry in value.items()}
        if isinstance(value, dict) and not Reading.is_meant(value)
        else value
        for name, value in result.items()
    }


def not_finite(value: Json, path: str = "") -> str | None:
    """Where in a result there is a NaN, an infinity or a whole number beyond all floats, if anywhere.

    >>> not_finite({"a": 1.0, "b": [0.5, float("nan")]})
    'b[1]'
    """
    match value:
        case dict():
            inner = ((f"{path}.{key}" if path else key, each) for key, each in value.items())
        case list():
            inner = ((f"{path}[{index}]", each) for index, each in enumerate(value))
        case _:
            return (path or "the value") if _lost(value) else None
    return next((found for where, each in inner if (found := not_finite(each, where))), None)


def _lost(value: Json) -> bool:
    return isinstance(value, float | int) and not abs(value) <= sys.float_info.max


def _quoted(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}..."
