"""What the workcell refuses although every single bound is kept: joint limits, what may not come together, ramps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labd.domain.capability import Capability, Json
from labd.domain.envelope import Incompatible, JointLimit
from labd.domain.errors import InvalidInput
from labd.domain.problem import Scalar
from labd.domain.protocol import Protocol
from labd.domain.steps import Step
from labd.domain.workcell import Workcell
from labd.protocols.expressions import evaluate, names_in, pieces
from labd.protocols.soundness.gaps import may_be_skipped
from labd.protocols.soundness.points import at_words, is_gone_through, parameters_in, space_of, worked_out
from labd.protocols.soundness.remark import Remark, span
from labd.protocols.space import Point, Space

COMBINATIONS = 4096
"""So many combinations of options are gone through at most."""


def envelopes(protocol: Protocol, workcell: Workcell) -> Iterator[Remark]:
    """Where the search could go, and the workcell would refuse the order or keep it waiting."""
    space = space_of(protocol)
    for step in protocol.steps:
        role = workcell.roles.get(step.role)
        capability = role.capability(step.capability) if role else None
        if capability is None:
            continue
        for limit in workcell.joint_limits:
            if (limit.role, limit.capability) == (step.role, step.capability):
                yield from _joint(step, capability, limit, space)
        yield from _ramps(step, capability, workcell, space)
    for pair in workcell.incompatible:
        yield from _together(pair, protocol, space)


# --- joint limits


def _joint(step: Step, capability: Capability, limit: JointLimit, space: Space) -> Iterator[Remark]:
    try:
        conditions = [tree for tree in pieces(limit.allowed) if not isinstance(tree, str)]
    except InvalidInput:
        return  # told in the workcell's own file
    needed = sorted({name for tree in conditions for name in names_in(tree)})
    used = parameters_in([step.arguments[name] for name in needed if name in step.arguments], space)
    tried = [(point, _allowed(step, capability, conditions, needed, space, point)) for point in space.corners(used)]
    refused = [point for point, allowed in tried if allowed is False]
    if not refused:
        return
    said = next((name for name in needed if name in step.arguments), "")
    because = f" ({limit.reason})" if limit.reason else ""
    always = len(refused) == len(tried) and is_gone_through(used, space)
    where = "" if always and not refused[0] else f" where {at_words(refused[0], space)}"
    message = f"The workcell refuses {step.name}{where}: it allows {limit.allowed}{because}."
    remedy = f"Narrow {' or '.join(used)}, or exclude it with `constraints:`." if used else "Write other values."
    yield Remark(step.name, ("arguments", said), message, remedy, "error" if always else "warning")


def _allowed(
    step: Step, capability: Capability, conditions: Sequence[Any], needed: Sequence[str], space: Space, point: Point
) -> bool | None:
    """None where nobody can know."""
    names: dict[str, Json] = {}
    for name in needed:
        slot = capability.arguments.get(name)
        if slot is None or name not in step.arguments:
            return None
        value = worked_out(step.arguments[name], slot, space, point)
        if value is None:
            return None
        names[name] = value
    try:
        return all(evaluate(tree, names) for tree in conditions)
    except InvalidInput:
        return None


# --- ramps


def _ramps(step: Step, capability: Capability, workcell: Workcell, space: Space) -> Iterator[Remark]:
    """A change that takes longer than the window in which the step must begin."""
    windows = [(before, gap.at_most_s) for before, gap in step.gaps.items() if gap.at_most_s is not None]
    for limit in workcell.rate_limits:
        slot = capability.arguments.get(limit.argument)
        if (limit.role, limit.capability) != (step.role, step.capability) or slot is None:
            continue
        value = step.arguments.get(limit.argument)
        found = [worked_out(value, slot, space, point) for point in space.corners(parameters_in([value], space))]
        values = [each for each in found if isinstance(each, int | float)]
        takes = (max(values) - min(values)) / limit.per_s if values else 0.0
        for before, at_most in windows:
            if takes > at_most:
                message = (
                    f"From {min(values):g} to {max(values):g} {slot.unit} {limit.argument} takes {span(takes)}, and"
                    f" {step.name} begins at most {span(at_most)} after {before}."
                )
                remedy = "Narrow the parameter, or set the instrument in a step before the window."
                yield Remark(step.name, ("arguments", limit.argument), message, remedy, "warning")


# --- what may not come together


def _together(pair: Incompatible, protocol: Protocol, space: Space) -> Iterator[Remark]:
    """Whether a run could have two of these: by its constants, its stock, and the options of its parameters."""
    steps = [step for step in protocol.steps if not may_be_skipped(step)]
    values = [(step, value) for step in steps for value in step.arguments.values()]
    used = parameters_in([value for _, value in values], space)
    choosing = [name for name in used if space.parameters[name].kind == "categorical"]
    points = list(itertools.islice(space.corners(choosing), COMBINATIONS))
    found = [(point, met) for point in points if len(met := _met(pair, steps, protocol, space, point, points)) > 1]
    if not found:
        return
    point, met = found[0]
    always = len(found) == len(points)
    where = f" where {at_words(point, space)}" if choosing and not always else ""
    because = f" ({pair.reason})" if pair.reason else ""
    message = f"{' and '.join(met)} come together in a run{where}; the workcell refuses that{because}."
    names = " or ".join(name for name in choosing if point[name] in met)
    remedy = "Use another of them." if always else f"Exclude it with `constraints:`, or narrow {names}."
    yield Remark(_first(steps, met[-1], choosing, space), (), message, remedy, "error" if always else "warning")


def _met(
    pair: Incompatible,
    steps: Sequence[Step],
    protocol: Protocol,
    space: Space,
    point: Mapping[str, Scalar],
    points: Sequence[Point],
) -> list[str]:
    """Which of these a run has at a point. In a batch each sample may be at another one, but for what they share."""
    here = [point]
    if protocol.batch is not None and protocol.batch.trials > 1:
        shared = [name for name in point if space.per[name] == "batch"]
        here = [each for each in points if all(each[name] == point[name] for name in shared)]
    texts = {text for each in here for step in steps for text in _texts(step, space, each)}
    return [name for name in pair.these if name in texts]


def _texts(step: Step, space: Space, point: Mapping[str, Scalar]) -> Iterator[str]:
    yield from step.consumes
    for value in step.arguments.values():
        if not isinstance(value, str):
            continue
        if value.startswith("${") and value.endswith("}") and (name := value[2:-1].strip()) in point:
            yield str(point[name])
        elif value.startswith("${") and (name := value[2:-1].strip()) in space.constants:
            yield str(space.constants[name][0])
        else:
            yield value


def _first(steps: Sequence[Step], text: str, choosing: Sequence[str], space: Space) -> str:
    """The step that brings it in."""
    for step in steps:
        if text in step.consumes or text in step.arguments.values():
            return step.name
    brings = {name for name in choosing if text in getattr(space.parameters[name], "options", ())}
    found = (step.name for step in steps if brings & set(parameters_in(step.arguments.values(), space)))
    return next(found, steps[0].name)
