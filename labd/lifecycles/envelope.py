"""The workcell's envelope: what the daemon itself refuses to order, whatever the planner proposed and the driver takes.

An order is held against it as it would leave, with its arguments worked out: single limits, joint limits, what may not
come together in one run, and how fast an argument may change. What cannot be judged is refused. A change that is too
fast is the one breach that time heals: such a step waits.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from labd.domain.capability import Json, Slot
from labd.domain.command import Order
from labd.domain.envelope import Incompatible
from labd.domain.errors import InvalidInput
from labd.domain.identifiers import command_id
from labd.domain.steps import PlannedStep
from labd.domain.workcell import Workcell
from labd.lifecycles.instrument import Instrument, Ordered
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import Run
from labd.protocols.expressions import evaluate, pieces

LONGEST_S = 366 * 86_400.0
"""Nothing waits longer than this for its rate: dates end somewhere."""


def breach(state: Laboratory, role: str, order: Order) -> str:
    """Why the order may not leave, in one sentence; empty where it may."""
    workcell = state.workcell
    if workcell is None:
        return "there is no workcell to say what is allowed"
    run = state.runs[order.run]
    found = itertools.chain(
        _beyond_single(workcell, role, order),
        _beyond_joint(workcell, role, order),
        # what is in the run is gathered from all its steps, so not without need
        _incompatible(workcell.incompatible, _present(state, run, order) if workcell.incompatible else set()),
    )
    return next(found, "")


# --- single limits


def _beyond_single(workcell: Workcell, role: str, order: Order) -> Iterator[str]:
    of = workcell.roles.get(role)
    capability = of.capability(order.capability) if of else None
    if capability is None:
        yield f"the workcell has no {role}.{order.capability}"
        return
    for name, value in order.arguments.items():
        slot = capability.arguments.get(name)
        if slot is None:
            yield f"{order.capability} takes no {name}"
        elif wrong := _unfitting(value, slot):
            yield f"{name} {wrong}"
    for name, slot in capability.arguments.items():
        if not slot.optional and name not in order.arguments:
            yield f"{order.capability} lacks {name}"


_TYPES: Mapping[str, tuple[type, ...]] = {
    "number": (int, float),
    "integer": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "blob": (dict,),
}


def _unfitting(value: Json, slot: Slot) -> str:
    """What is wrong with a value, behind its name; bounds hold for each number in an array or an object."""
    numeric = slot.type in ("number", "integer")
    if not isinstance(value, _TYPES[slot.type]) or (numeric and isinstance(value, bool)):
        return f"is {str(value)[:60]!r}, which is no {slot.type}"
    for leaf in _leaves(value):
        if isinstance(leaf, str) and slot.options and leaf not in slot.options:
            return f"is {leaf[:60]!r}, which is none of {', '.join(slot.options)}"
        if isinstance(leaf, bool) or not isinstance(leaf, int | float):
            continue
        if slot.type == "integer" and leaf != round(leaf):
            return f"is {leaf}, which is no integer"
        if (slot.low is not None and leaf < slot.low) or (slot.high is not None and leaf > slot.high):
            low = "" if slot.low is None else f"at least {slot.low:g}"
            high = "" if slot.high is None else f"at most {slot.high:g}"
            allowed = f"{' and '.join(filter(None, (low, high)))} {slot.unit}".rstrip()
            said = f"{str(leaf)[:60]} {slot.unit}".rstrip()  # of a whole number, however long
            return f"is {said}; the workcell allows {allowed}"
    return ""


def _leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)
    else:
        yield value


# --- joint limits


def _beyond_joint(workcell: Workcell, role: str, order: Order) -> Iterator[str]:
    limits = [each for each in workcell.joint_limits if (each.role, each.capability) == (role, order.capability)]
    for limit, (where, names) in itertools.product(limits, _points(order.arguments)):
        try:
            allowed = all(evaluate(tree, names) for tree in pieces(limit.allowed) if not isinstance(tree, str))
        except InvalidInput as error:
            yield f"it cannot be held against {limit.allowed}: {error.message}"
            continue
        if not allowed:
            values = ", ".join(f"{name} {value}" for name, value in names.items() if name in limit.allowed)
            yield f"{values}{where} is beyond what is allowed together, {limit.allowed}{_because(limit.reason)}"


def _points(arguments: Mapping[str, Json]) -> Iterator[tuple[str, dict[str, Json]]]:
    """The arguments as an expression sees them: once, or where some are by well, once for each well."""
    by_well = {name: value for name, value in arguments.items() if isinstance(value, dict)}
    alike = {name: value for name, value in arguments.items() if name not in by_well}
    wells = list(dict.fromkeys(well for each in by_well.values() for well in each))
    if not wells:
        yield "", alike
    for well in wells:
        yield f" at {well}", {**alike, **{name: each[well] for name, each in by_well.items() if well in each}}


# --- what may not come together


def _incompatible(pairs: Iterable[Incompatible], present: set[str]) -> Iterator[str]:
    for each in pairs:
        together = [name for name in each.these if name in present]
        if len(together) > 1:
            yield f"{' and '.join(together)} may not come together in one run{_because(each.reason)}"


def _present(state: Laboratory, run: Run, order: Order) -> set[str]:
    """The texts among the arguments, and the stocks, of this order, of all orders of the run before it, and of its
    steps that will come for certain: it is better refused before anything is mixed. What is done for one sample of a
    batch does not come together with what is done for another."""
    own = run.steps[order.step].plan.sample
    found = _texts(order.arguments) | set(run.steps[order.step].plan.consumes)
    for name, step in run.steps.items():
        if own is not None and step.plan.sample not in (None, own):
            continue
        orders = (state.commands.get(command_id(run.id, name, n + 1)) for n in range(step.attempts))
        for earlier in filter(None, orders):
            found |= _texts(earlier.order.arguments) | set(step.plan.consumes)
        if not (step.plan.when or step.plan.instead_of or step.plan.recovers):
            found |= _texts(step.plan.arguments) | set(step.plan.consumes)
    return found


def _texts(arguments: Mapping[str, Json]) -> set[str]:
    return {leaf for value in arguments.values() for leaf in _leaves(value) if isinstance(leaf, str)}


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


# --- rates


def not_before(
    workcell: Workcell, step: PlannedStep, arguments: Mapping[str, Json], instrument: Instrument
) -> datetime | None:
    """When the instrument may be given these arguments, so that none changes faster since its last order than it may;
    None where nothing limits that, or nothing was ordered yet."""
    last = instrument.last.get(step.capability)
    if last is None:
        return None
    moments = [last.at + timedelta(seconds=s) for s in _waits_s(workcell, step, arguments, last)]
    return max(moments, default=None)


def _waits_s(workcell: Workcell, step: PlannedStep, arguments: Mapping[str, Json], last: Ordered) -> Iterator[float]:
    for limit in workcell.rate_limits:
        if (limit.role, limit.capability) == (step.role, step.capability):
            before, now = last.arguments.get(limit.argument), arguments.get(limit.argument)
            if before is not None and isinstance(now, int | float):
                yield min(abs(now - before) / limit.per_s, LONGEST_S)
