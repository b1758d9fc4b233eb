"""Which step begins now, and on which instrument."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from labd.domain import events as e
from labd.domain.command import Order
from labd.domain.effects import Record, SetTimer
from labd.domain.errors import LabError
from labd.domain.identifiers import InstrumentName, command_id
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.command import DOUBTFUL, OUT, Command, CommandStatus
from labd.lifecycles.envelope import breach, not_before
from labd.lifecycles.instrument import UNREACHED, Instrument, InstrumentStatus, ServiceStatus
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import Run, StepState
from labd.lifecycles.supplies import Grant, Supplies
from labd.lifecycles.transport import come_and_go
from labd.protocols import resolve
from labd.scheduling import Waiting, assign

UNANSWERED = timedelta(minutes=1)
"""After so long an order, on an instrument that does not say that it works on it, may be a person's to settle."""


def schedule(state: Laboratory, at: datetime) -> Iterator[Record | SetTimer]:
    """The orders that can leave now: ready steps of running campaigns, on instruments that are free. None while the
    laboratory is stopped. For a step that would change an argument too fast: when to look again."""
    if state.safety.stopped:
        return
    if moved := list(come_and_go(state, at)):
        yield from moved
        return  # what they leave and take is seen at the next look, which these events lead to
    free = {it.name: frozenset(it.roles) for it in state.instruments.values() if is_free(state, it)}
    if not free:
        return
    steps = {
        (run.id, step.plan.name): (run, step)
        for run in state.runs.values()
        if run.ready and state.campaign_of(run).status is CampaignStatus.RUNNING
        for step in run.ready
    }
    supplies = Supplies(state, at)
    wants = {key: supplies.wants(run, step.plan) for key, (run, step) in steps.items()}
    waiting = []
    for order, (key, (run, step)) in enumerate(steps.items()):
        if supplies.lacking(run, step.plan, wants[key]):
            continue
        early = too_early(state, run, step, free, at)
        among = wants[key].instruments
        if early:
            role, named = step.plan.role, step.plan.instrument
            fitting = [each for each in free if named in (None, each) and role in free[each]]
            among = frozenset(fitting) - early.keys() if among is None else among & frozenset(fitting) - early.keys()
            if not among:
                yield SetTimer(f"rate/{run.id}/{step.plan.name}", min(early.values()))
                continue
        plan = step.plan
        waiting.append(Waiting(plan.name, run.id, plan.role, plan.instrument, among=among, order=order))
    for assignment in assign(waiting, free):
        key = assignment.run, assignment.step
        run, step = steps[key]
        granted = supplies.grant(run, step.plan, wants[key], command_id(run.id, step.plan.name, step.attempts + 1))
        if granted is not None:
            yield Record(_order(state, run, step, assignment.instrument, granted, at))


def too_early(
    state: Laboratory, run: Run, step: StepState, among: Collection[InstrumentName], at: datetime
) -> dict[InstrumentName, datetime]:
    """The instruments among these that may not be given the step yet, since it would change an argument too fast, and
    when they may."""
    if state.workcell is None or not state.workcell.rate_limits:
        return {}
    try:
        arguments = resolve(step.plan, run.results)
    except LabError:
        return {}  # said when it is ordered
    moments = {
        name: not_before(state.workcell, step.plan, arguments, state.instruments[name])
        for name in among
        if step.plan.role in state.instruments[name].roles and step.plan.instrument in (None, name)
    }
    return {name: moment for name, moment in moments.items() if moment is not None and moment > at}


def _order(
    state: Laboratory, run: Run, step: StepState, instrument: str, granted: Grant, at: datetime
) -> e.CommandIssued | e.RunFailed:
    try:
        arguments = resolve(step.plan, run.results)
    except LabError as error:
        return e.RunFailed(at=at, run=run.id, reason=f"{step.plan.name}: {error}")
    attempt = step.attempts + 1
    order = Order(
        command=command_id(run.id, step.plan.name, attempt),
        run=run.id,
        step=step.plan.name,
        attempt=attempt,
        instrument=instrument,
        capability=step.plan.capability,
        arguments=arguments | granted.arguments,
    )
    if broken := breach(state, step.plan.role, order):
        reason = f"{step.plan.name} was not ordered of {instrument}: {broken}"
        return e.RunFailed(at=at, run=run.id, reason=reason, breach=True)
    return e.CommandIssued(at=at, order=order, consumes=granted.consumes, labware=granted.labware, place=granted.place)


def is_free(state: Laboratory, instrument: Instrument) -> bool:
    """Whether an order would be begun at once. A driver that still calls itself busy with what is finished here is
    free: its next state message is on its way. One that refused an order while it is busy is not."""
    if instrument.command is not None or instrument.descriptor is None or instrument.kept or instrument.stop:
        return False
    if instrument.service is not ServiceStatus.IN_SERVICE:
        return False
    if instrument.status is InstrumentStatus.IDLE:
        return True
    return (
        instrument.status is InstrumentStatus.BUSY
        and bool(instrument.in_hand)
        and all(_is_over(state, key) for key in instrument.in_hand)
    )


def _is_over(state: Laboratory, key: str) -> bool:
    """Whether the driver itself reported the end of a command. What a person said of it stops no instrument, and
    of an order that is none of ours nothing is known."""
    command = state.commands.get(key)
    if command is None:  # forgotten, with its run, after its end
        return key.partition(".")[0] in state.campaigns
    return command.status not in OUT and bool(command.content_hash)


def is_for_a_person(state: Laboratory, command: Command, at: datetime) -> bool:
    """Whether a person may say what became of a command: nobody knows, its result cannot be true, or whoever knows does
    not answer."""
    order = command.order
    it = state.instruments.get(order.instrument)
    if command.status not in OUT:
        return command.status in DOUBTFUL
    if it is None:
        return True
    if it.status not in UNREACHED and order.command in it.in_hand:
        return False
    return command.status is CommandStatus.OVERDUE or at - command.issued > UNANSWERED
