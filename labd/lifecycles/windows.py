"""Windows in a laboratory: its time-critical chains as they stand, what is reserved for them, and when instruments will
be free.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from math import inf

from labd.domain.identifiers import InstrumentName, StepName
from labd.lifecycles.beginning import may_go_on
from labd.lifecycles.holding import guarded_by
from labd.lifecycles.instrument import Instrument, InstrumentStatus, ServiceStatus
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import Run, RunStatus
from labd.lifecycles.step import StepState, StepStatus
from labd.lifecycles.supplies import Supplies
from labd.lifecycles.transport import instrument_places
from labd.scheduling import Behind, Booked, Calendar, Key, Link, Need, Waiting, book_plan, plan_chain
from labd.scheduling.windows import NOW_S

MEANWHILE = 3.0
"""So many times as long as it usually takes, a step that lacks room or stock leaves its instrument to others."""

Needs = Callable[[StepState], tuple[Need, ...]]


def kept_for(run: Run, step: StepName) -> tuple[InstrumentName, ...]:
    """The instruments that are reserved for a step that has yet to begin."""
    reserved = run.reserved.get(step)
    live = run.status is RunStatus.RUNNING and not run.broken and not run.is_dropped(step)
    waits = run.steps[step].status is StepStatus.WAITING
    return reserved.instruments if reserved is not None and live and waits else ()


def reservations(state: Laboratory) -> Iterator[tuple[Run, StepName, tuple[InstrumentName, ...]]]:
    """All that is reserved: whose run, for which step, and what."""
    for run in state.runs.values():
        if run.reserved and may_go_on(state, run):
            for name in run.reserved:
                if names := kept_for(run, name):
                    yield run, name, names


class Chains:
    """The time-critical chains as they stand at one moment: each is looked at once, whichever of its steps asks."""

    def __init__(self, state: Laboratory, supplies: Supplies) -> None:
        self._state, self._supplies = state, supplies
        self._found: dict[Key, tuple[Link, ...]] = {}

    def __call__(self, waiting: Waiting) -> tuple[Link, ...]:
        """The chain of a step that waits; empty where it is of none."""
        run = self._state.runs[waiting.run]
        return self.of(run, waiting.step) if waiting.step in run.graph.chains else ()

    def of(self, run: Run, step: StepName) -> tuple[Link, ...]:
        """The chain of a step that is in one."""
        chain = run.graph.chains[step]
        key = run.id, chain[0]
        if key not in self._found:
            needs = _needs(self._state, self._supplies, run, chain)
            self._found[key] = links_of(run, chain, self._supplies.at, needs)
        return self._found[key]


def calendar_of(state: Laboratory, supplies: Supplies, chains: Chains) -> Calendar:
    """When the instruments will be free, and what is reserved. Who reserved first has found its place without the
    others, and finds it first again."""
    usable = [it for it in state.instruments.values() if is_usable(state, it)]
    calendar = Calendar({it.name: frozenset(it.roles) for it in usable})
    for it in usable:
        if busy := _busy(state, it, supplies.at):
            calendar.book(it.name, busy)
    found: dict[Key, tuple[int, Run, tuple[Link, ...]]] = {}
    for run, name, _ in reservations(state):
        chain = run.graph.chains[name]
        since = run.reserved[name].since
        key = run.id, chain[0]
        if key in found:
            found[key] = (min(since, found[key][0]), run, found[key][2])
        else:
            found[key] = (since, run, tuple(_put_off(supplies, run, link) for link in chains.of(run, name)))
    for _, run, links in sorted(found.values(), key=lambda each: each[0]):
        book_plan(calendar, run.id, links, plan_chain(run.id, links, calendar))
    return calendar


def _put_off(supplies: Supplies, run: Run, link: Link) -> Link:
    """The link; of a step that could begin but for want of room or stock, later: its instrument may be the very one
    that makes room meanwhile."""
    step = run.steps[link.step]
    lacks = (step.plan.move or step.plan.consumes) and any(step is each for each in run.ready)
    if not lacks or not supplies.lacking(run, step.plan, supplies.wants(run, step.plan)):
        return link
    return replace(link, from_s=max(link.from_s, MEANWHILE * link.typical_s + NOW_S))


def is_usable(state: Laboratory, it: Instrument) -> bool:
    """Whether an instrument takes orders, now or when it is done with what it has."""
    there = it.status in (InstrumentStatus.IDLE, InstrumentStatus.BUSY) and it.descriptor is not None
    shut = it.kept or it.stop or it.service is not ServiceStatus.IN_SERVICE or guarded_by(state, it.name)
    return there and not shut


def _busy(state: Laboratory, it: Instrument, at: datetime) -> Booked | None:
    """The time for which it works; infinite where it works on something that nobody here knows."""
    command = state.commands.get(it.command or it.serves or "")
    if command is not None:
        plan = state.runs[command.order.run].steps[command.order.step].plan
        return Booked.for_now(plan.typical_s, (at - command.issued).total_seconds())
    if it.command is not None or it.serves is not None:
        return Booked(0.0, inf)
    return None


def _needs(state: Laboratory, supplies: Supplies, run: Run, chain: Sequence[StepName]) -> Needs:
    """What a step of the run's chain needs of the instruments, where its labware stands by then."""
    where = _where(state, run, chain)

    def needs(step: StepState) -> tuple[Need, ...]:
        plan = step.plan
        among = where.get(plan.name) if plan.on else None
        if among is None and plan.on:
            among = supplies.wants(run, plan).instruments
        return (Need(plan.role, plan.instrument, among), *(Need(role) for role in plan.also))

    return needs


def _where(state: Laboratory, run: Run, chain: Sequence[StepName]) -> dict[StepName, frozenset[InstrumentName]]:
    """By step: the instruments at which its labware will stand, where it has yet to go there within the chain."""
    if state.workcell is None:
        return {}
    at = instrument_places(state.workcell)
    going: dict[str, frozenset[InstrumentName]] = {}
    found: dict[StepName, frozenset[InstrumentName]] = {}
    for name in chain:
        step = run.steps[name]
        if step.plan.on in going:
            found[name] = going[step.plan.on]
        if step.plan.move is not None and step.status is not StepStatus.DONE:
            places = state.workcell.places(step.plan.move.to)
            going[step.plan.move.labware] = frozenset().union(*(at.get(place, frozenset()) for place in places))
    return found


def due_s(run: Run, step: StepState, at: datetime) -> float | None:
    """In how many seconds the step's window closes; None where none is running."""
    closes = [
        ended.timestamp() + gap.at_most_s - at.timestamp()
        for name, gap in step.plan.gaps.items()
        if gap.at_most_s is not None and name in run.steps and (ended := run.settled_at(name)) is not None
    ]
    return min(closes, default=None)


def links_of(run: Run, chain: Sequence[StepName], at: datetime, needs: Needs) -> tuple[Link, ...]:
    """A chain as it stands; nothing where none of its windows is still ahead."""
    names = dict.fromkeys(name for name in chain if not _is_out(run, run.steps[name]))
    waiting = {name for name in names if run.steps[name].status is StepStatus.WAITING}
    windows = (gap.at_most_s for name in waiting for other, gap in run.steps[name].plan.gaps.items() if other in names)
    if all(each is None for each in windows):
        return ()
    return tuple(_link(run, run.steps[name], names, at, needs) for name in names)


def _is_out(run: Run, step: StepState) -> bool:
    """Whether a step plays no part: it is not done, or only stands in where another fails."""
    if step.status in (StepStatus.SKIPPED, StepStatus.FAILED) or run.is_dropped(step.plan.name):
        return True
    return step.status is StepStatus.WAITING and bool(step.plan.instead_of or step.plan.recovers)


def _link(run: Run, step: StepState, chain: Collection[StepName], at: datetime, needs: Needs) -> Link:
    plan = step.plan
    gaps = [(name, plan.gaps.get(name)) for name in plan.after if name in chain]
    return Link(
        step=plan.name,
        needs=() if plan.prompt is not None else needs(step),
        typical_s=plan.typical_s,
        behind=tuple(
            Behind(name, gap.at_least_s if gap else 0.0, gap.at_most_s if gap else None) for name, gap in gaps
        ),
        from_s=_from_s(run, step, chain, at),
        began_s=_began_s(run, step, at),
        kept=kept_for(run, plan.name),
    )


def _began_s(run: Run, step: StepState, at: datetime) -> float | None:
    """When a step that is done, or under way, began, so that with its usual time it ends when it did, or will."""
    end_s = _end_s(run, step, at)
    return None if end_s is None else end_s - step.plan.typical_s


def _end_s(run: Run, step: StepState, at: datetime) -> float | None:
    """When it ended, or is expected to: one that is late, late by as much again. None where it did not begin."""
    ended = run.settled_at(step.plan.name)
    if ended is not None:
        return (ended - at).total_seconds()
    if step.status is not StepStatus.ACTIVE or step.began is None:
        return None
    left_s = step.plan.typical_s - (at - step.began).total_seconds()
    return left_s if left_s > 0 else max(-left_s, 1.0)


def _from_s(run: Run, step: StepState, chain: Collection[StepName], at: datetime) -> float:
    """Not before this, whatever the chain does: for its time, and for steps that are not of the chain."""
    moments = list(_waits_s(run, step, chain, at))
    if step.status not in (StepStatus.WAITING, StepStatus.DONE, StepStatus.ACTIVE):
        moments.append(inf)  # nobody knows when it goes on
    return max(moments, default=0.0)


def _waits_s(run: Run, step: StepState, chain: Collection[StepName], at: datetime) -> Iterator[float]:
    if step.not_before is not None:
        yield (step.not_before - at).total_seconds()
    for name in step.plan.after:
        if name not in chain and not run.is_settled(name) and not _is_out(run, run.steps[name]):
            end_s = _end_s(run, run.steps[name], at)
            gap = step.plan.gaps.get(name)
            yield inf if end_s is None else end_s + (gap.at_least_s if gap else 0.0)
