"""Which step begins now, and on which instruments: the state, as the scheduler sees it, and its answer as orders."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from labd.domain import events as e
from labd.domain.capability import Json
from labd.domain.command import Order
from labd.domain.effects import Record, SetTimer
from labd.domain.errors import LabError
from labd.domain.identifiers import CampaignId, InstrumentName, RunId, StepName, command_id
from labd.domain.step_events import StepSkipped
from labd.domain.steps import PlannedStep
from labd.lifecycles.beginning import beginnable, impossible, questions
from labd.lifecycles.campaign import Campaign, CampaignStatus
from labd.lifecycles.command import DOUBTFUL, OUT, Command, CommandStatus
from labd.lifecycles.envelope import breach, not_before
from labd.lifecycles.holding import guarded_by
from labd.lifecycles.instrument import UNREACHED, Instrument, InstrumentStatus, ServiceStatus
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import Run, StepState
from labd.lifecycles.samples import results_for
from labd.lifecycles.supplies import Grant, Supplies
from labd.lifecycles.transport import come_and_go
from labd.protocols import resolve
from labd.protocols.expansion import mentions
from labd.scheduling import Assignment, Waiting, assign, fits

UNANSWERED = timedelta(minutes=1)
"""After so long an order, on an instrument that does not say that it works on it, may be a person's to settle."""


def schedule(state: Laboratory, at: datetime) -> Iterator[Record | SetTimer]:
    """The orders that can leave now: steps that can begin, on instruments that are free, with all that they need
    besides; what a person does is asked at once. None while the laboratory is stopped. For a step that would change an
    argument too fast: when to look again."""
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
    waiting = []
    for each in waiting_steps(state, supplies, wanted=Counter(role for roles in free.values() for role in roles)):
        early = too_early(state, each, free, at)
        fitting = frozenset(name for name in free if fits(each, name, free[name]) and name not in early)
        if not early:
            waiting.append(each)
        elif fitting:
            waiting.append(dataclasses.replace(each, among=fitting))
        else:
            yield SetTimer(f"rate/{each.run}/{each.step}", min(early.values()))
    granted: dict[tuple[RunId, StepName], Grant] = {}

    def take(step: Waiting) -> bool:
        run = state.runs[step.run]
        plan = run.steps[step.step].plan
        command = command_id(run.id, plan.name, run.steps[step.step].attempts + 1)
        grant = supplies.grant(run, plan, supplies.wants(run, plan), command)
        if grant is not None:
            granted[step.run, step.step] = grant
        return grant is not None

    for assignment in assign(waiting, free, used_s(state, at), take):
        yield Record(_order(state, assignment, granted[assignment.run, assignment.step], at))


def waiting_steps(
    state: Laboratory, supplies: Supplies, *, wanted: Mapping[str, int] | None = None
) -> Iterator[Waiting]:
    """The steps that wait for nothing but the room, the oldest run's first. With `wanted`, how many instruments are
    free for each role, those that could begin: of a batch's samples no more are looked at than could be served."""
    alike: Counter[tuple[RunId, str]] = Counter()
    for order, (run, step) in enumerate(beginnable(state, supplies.at)):
        plan = step.plan
        if plan.prompt is not None or (wanted is not None and plan.role not in wanted):
            continue
        if wanted is not None and _is_like_others(state, step):
            alike[run.id, plan.template] += 1
            if alike[run.id, plan.template] > wanted[plan.role]:
                continue
        wants = supplies.wants(run, plan)
        if not wants.obstacle:
            yield as_waiting(step, run, state.campaign_of(run), order=order, among=wants.instruments)


def _is_like_others(state: Laboratory, step: StepState) -> bool:
    """Whether the step of one sample begins whenever that of another could: nothing hangs on its own arguments."""
    rates = state.workcell.rate_limits if state.workcell else ()
    return step.plan.sample is not None and not step.plan.consumes and not rates


def as_waiting(
    step: StepState, run: Run, campaign: Campaign, *, order: int = 0, among: frozenset[InstrumentName] | None = None
) -> Waiting:
    """The step as the scheduler sees it."""
    plan = step.plan
    return Waiting(
        step=plan.name,
        run=run.id,
        role=plan.role,
        instrument=plan.instrument,
        among=among,
        also=plan.also,
        campaign=campaign.id,
        priority=campaign.priority,
        order=order,
        typical_s=plan.typical_s,
    )


def used_s(state: Laboratory, at: datetime) -> dict[CampaignId, float]:
    """The instrument time that each running campaign has had of late."""
    return {it.id: it.share.by(at) for it in state.campaigns.values() if it.status is CampaignStatus.RUNNING}


def too_early(
    state: Laboratory, waiting: Waiting, among: Collection[InstrumentName], at: datetime
) -> dict[InstrumentName, datetime]:
    """The instruments among these that may not be given the step yet, since it would change an argument too fast, and
    when they may."""
    if state.workcell is None or not state.workcell.rate_limits:
        return {}
    run = state.runs[waiting.run]
    plan = run.steps[waiting.step].plan
    try:
        arguments = _arguments(run, plan)
    except LabError:
        return {}  # said when it is ordered
    moments = {
        name: not_before(state.workcell, plan, arguments, state.instruments[name])
        for name in among
        if fits(waiting, name, frozenset(state.instruments[name].roles))
    }
    return {name: moment for name, moment in moments.items() if moment is not None and moment > at}


def _arguments(run: Run, plan: PlannedStep) -> dict[str, Json]:
    """The step's arguments, worked out. Raises `LabError`."""
    if not any(map(mentions, plan.arguments.values())):
        return plan.arguments  # as most are: nobody need look for the results
    return resolve(plan, results_for(run, plan.sample))


def _order(
    state: Laboratory, assigned: Assignment, granted: Grant, at: datetime
) -> e.CommandIssued | e.RunFailed | StepSkipped:
    run = state.runs[assigned.run]
    step = run.steps[assigned.step]
    try:
        arguments = _arguments(run, step.plan)
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
