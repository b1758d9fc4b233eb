"""Gaps that cannot be met, by the durations that the workcell declares.

Each step has a beginning and an end, so long apart as it usually takes. What it waits for, and the gaps, are bounds on
the differences of these moments; together they can be kept if and only if no circle of them sums to less than nothing.
Source: R. Dechter, I. Meiri, J. Pearl, Temporal constraint networks, 1991.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from labd.domain.identifiers import StepName
from labd.domain.protocol import Protocol
from labd.domain.steps import PERSON, Step
from labd.domain.workcell import Workcell
from labd.protocols.soundness.remark import Remark, enough, span

Moment = tuple[StepName, bool]
"""The beginning of a step, or its end (True)."""


@dataclass(frozen=True, slots=True)
class _Bound:
    """`later` comes at most `seconds` after `earlier`; a negative number: at least so long before it."""

    earlier: Moment
    later: Moment
    seconds: float
    gap: tuple[StepName, StepName] | None = None
    """The step, and the one before it, whose `at_most` says so."""


def gaps(protocol: Protocol, workcell: Workcell) -> Iterator[Remark]:
    """Gaps that are shorter than what must lie between, in one sample or because a batch has many."""
    typical = {step.name: _typical_s(step, workcell) for step in protocol.steps}
    circle = _impossible(list(_bounds(protocol.steps, typical)))
    if circle:
        yield _told(circle, typical)
        return
    yield from _crowded(protocol, workcell, typical)


def may_be_skipped(step: Step) -> bool:
    """Whether a run can do without it: nothing can be reckoned with then."""
    return bool(step.when or step.instead_of or step.recovers)


def _typical_s(step: Step, workcell: Workcell) -> float:
    """What it usually takes; nothing where that is not known, or it may be skipped."""
    role = workcell.roles.get(step.role)
    capability = role.capability(step.capability) if role else None
    if step.role == PERSON or capability is None or may_be_skipped(step):
        return 0.0
    return capability.typical_s


def _bounds(steps: Sequence[Step], typical: Mapping[StepName, float]) -> Iterator[_Bound]:
    skipped = {step.name for step in steps if may_be_skipped(step)}
    for step in steps:
        begin, end = (step.name, False), (step.name, True)
        yield _Bound(end, begin, -typical[step.name])
        if step.name not in skipped:
            yield _Bound(begin, end, typical[step.name])
        for before in step.after:
            gap = step.gaps.get(before)
            waits = gap.at_least_s if gap and step.name not in skipped else 0.0
            yield _Bound(begin, (before, True), -waits)
            if gap is not None and gap.at_most_s is not None and not {step.name, before} & skipped:
                yield _Bound((before, True), begin, gap.at_most_s, gap=(step.name, before))


def _impossible(bounds: Sequence[_Bound]) -> list[_Bound]:
    """Bounds in a circle that cannot be kept together; empty where all can. Bellman and Ford's way."""
    moments = {each.earlier for each in bounds} | {each.later for each in bounds}
    at = dict.fromkeys(moments, 0.0)
    came: dict[Moment, _Bound] = {}
    changed: Moment | None = None
    for _ in range(len(moments) + 1):
        changed = None
        for bound in bounds:
            if at[bound.earlier] + bound.seconds < at[bound.later] - 1e-6:
                at[bound.later] = at[bound.earlier] + bound.seconds
                came[bound.later] = bound
                changed = bound.later
        if changed is None:
            return []
    for _ in moments:  # into the circle, and not on a way that leads to it
        changed = came[changed].earlier if changed else None
    circle: list[_Bound] = []
    while changed is not None and (not circle or changed != circle[0].later):
        circle.append(came[changed])
        changed = came[changed].earlier
    return circle


def _told(circle: Sequence[_Bound], typical: Mapping[StepName, float]) -> Remark:
    start = next(place for place, each in enumerate(circle) if each.gap is not None)
    circle = [*circle[start:], *circle[:start]]  # behind the gap it goes forward in time
    said = [each for each in circle if each.gap is not None]
    (step, before) = said[0].gap or ("", "")
    between = list(
        dict.fromkeys(name for each in circle for name, _ in (each.later, each.earlier) if name not in (step, before))
    )
    names = [f"{name} ({span(typical[name])})" if typical[name] else name for name in between]
    least = -sum(each.seconds for each in circle if each is not said[0])
    if len(said) == 1:
        lies = f" ({', '.join(names)})" if names else ""
        message = (
            f"{step} begins at most {span(said[0].seconds)} after {before}, and at least {span(least)} must lie"
            f" between{lies}."
        )
        return Remark(step, ("after", before), message, f"Write at_most: {enough(least)} or more.")
    others = ", ".join(f"{each.gap[0]} after {each.gap[1]}" for each in said[1:] if each.gap)
    message = f"The gap of {step} after {before} cannot be met together with that of {others}."
    return Remark(step, ("after", before), message, "Lengthen one of them, or shorten what lies between.")


def _crowded(protocol: Protocol, workcell: Workcell, typical: Mapping[StepName, float]) -> Iterator[Remark]:
    """Windows that some samples of a batch miss, since their step is done for one sample after the other."""
    if protocol.batch is None:
        return
    steps = {step.name: step for step in protocol.steps}
    size = protocol.batch.size
    for step in protocol.steps:
        for before, gap in step.gaps.items():
            earlier = steps[before]
            if gap.at_most_s is None or step.per == earlier.per:
                continue
            each, name = (step, "last") if step.per == "sample" else (earlier, "first")
            at_once = 1 if each.instrument else max(len(workcell.filling(each.role)), 1)
            waits = (math.ceil(size / at_once) - 1) * typical[each.name]
            if waits <= gap.at_most_s + 1e-6:
                continue
            message = (
                f"{step.name} begins at most {span(gap.at_most_s)} after {before}, but {each.name} is done for"
                f" {size} samples, {at_once} at a time: for the {name} of them {span(waits)} lie between."
            )
            remedy = f"Write at_most: {enough(waits)} or more, smaller batches, or do {each.name} once for the batch."
            yield Remark(step.name, ("after", before), message, remedy)
