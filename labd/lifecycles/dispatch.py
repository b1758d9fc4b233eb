"""Which step begins now, and on which instruments: the state, as the scheduler sees it, and its answer as orders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from labd.domain import events as e
from labd.domain.command import Order
from labd.domain.effects import Record, SetTimer
from labd.domain.errors import LabError
from labd.domain.identifiers import RunId, StepName, command_id
from labd.domain.step_events import InstrumentsReserved, StepSkipped
from labd.lifecycles.allowance import Allowance
from labd.lifecycles.beginning import impossible, questions
from labd.lifecycles.command import DOUBTFUL, OUT, Command, CommandStatus
from labd.lifecycles.demand import arguments_of, in_time, room_of
from labd.lifecycles.envelope import LONGEST_S, breach
from labd.lifecycles.holding import guarded_by
from labd.lifecycles.instrument import UNREACHED, Instrument, InstrumentStatus, ServiceStatus
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.supplies import Grant, Supplies
from labd.lifecycles.transport import come_and_go
from labd.lifecycles.windows import kept_for
from labd.scheduling import Assignment, Waiting, assign

UNANSWERED = timedelta(minutes=1)
"""After so long an order, on an instrument that does not say that it works on it, may be a person's to settle."""


def schedule(state: Laboratory, at: datetime) -> Iterator[Record | SetTimer]:
    """The orders that can leave now: steps that can begin, on instruments that are free, with all that they need
    besides; what a person does is asked at once. None while the laboratory is stopped. For a step that waits for a
    moment that is known: when to look again."""
    if state.safety.stopped:
        return
    if carried := list(come_and_go(state, at)):
        yield from carried  # then there is other room, and it is looked at again
        return
    yield from questions(state, at)
    free = {it.name: frozenset(it.roles) for it in state.instruments.values() if is_free(state, it)}
    if not free:
        return
    supplies = Supplies(state, at)
    waiting, timers = in_time(state, supplies, free)
    yield from timers
    granted: dict[tuple[RunId, StepName], Grant] = {}

    def take(step: Waiting) -> bool:
        run = state.runs[step.run]
        plan = run.steps[step.step].plan
        command = command_id(run.id, plan.name, run.steps[step.step].attempts + 1)
        grant = supplies.grant(run, plan, supplies.wants(run, plan), command)
        if grant is not None:
            granted[step.run, step.step] = grant
        return grant is not None

    answer = assign(waiting, room_of(state, supplies, free, waiting), take)
    yield from _begun(state, answer.begins, granted, at)
    for (key, name), in_s in answer.in_s.items():
        if 0 < in_s < LONGEST_S:
            yield SetTimer(f"window/{key}/{name}", at + timedelta(seconds=in_s))


def _begun(
    state: Laboratory, begins: Iterable[Assignment], granted: Mapping[tuple[RunId, StepName], Grant], at: datetime
) -> Iterator[Record]:
    allowance = Allowance(state, at)
    for assigned in begins:
        event = allowance.judged(_order(state, assigned, granted[assigned.run, assigned.step], at))
        if isinstance(event, e.CommandIssued):
            yield from _reserved(state, assigned, at)
        if event is not None:
            yield Record(event)


def _reserved(state: Laboratory, assigned: Assignment, at: datetime) -> Iterator[Record]:
    """What is kept from now on for the rest of the step's chain, as far as it is not kept yet."""
    run = state.runs[assigned.run]
    new = {name: names for name, names in assigned.reserves.items() if kept_for(run, name) != names}
    if new:
        yield Record(InstrumentsReserved(at=at, run=run.id, by_step=new))


def _order(
    state: Laboratory, assigned: Assignment, granted: Grant, at: datetime
) -> e.CommandIssued | e.RunFailed | StepSkipped:
    run = state.runs[assigned.run]
    step = run.steps[assigned.step]
    try:
        arguments = arguments_of(run, step.plan)
    except LabError as error:
        return impossible(run, step, at, str(error))
    attempt = step.attempts + 1
    order = Order(
        command=command_id(run.id, step.plan.name, attempt),
        run=run.id,
        step=step.plan.name,
        attempt=attempt,
        instrument=assigned.instrument,
        capability=step.plan.capability,
        arguments=arguments | granted.arguments,
    )
    if broken := breach(state, step.plan.role, order):
        failed = impossible(run, step, at, f"was not ordered of {order.instrument}: {broken}")
        return failed.model_copy(update={"breach": True}) if isinstance(failed, e.RunFailed) else failed
    return e.CommandIssued(
        at=at,
        order=order,
        holds=assigned.holds,
        consumes=granted.consumes,
        labware=granted.labware,
        place=granted.place,
    )


def is_free(state: Laboratory, instrument: Instrument) -> bool:
    """Whether an order would be begun at once. A driver that still calls itself busy with what is finished here is
    free: its next state message is on its way. One that refused an order while it is busy is not."""
    if instrument.command is not None or instrument.serves is not None or instrument.descriptor is None:
        return False
    if instrument.kept or instrument.stop or instrument.service is not ServiceStatus.IN_SERVICE:
        return False
    if guarded_by(state, instrument.name):
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
