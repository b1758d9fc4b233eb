"""What the scheduler is asked: the steps that could begin, and the room in which they would."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from math import inf

from labd.domain.capability import Json
from labd.domain.effects import SetTimer
from labd.domain.errors import LabError
from labd.domain.identifiers import InstrumentName, RunId
from labd.domain.steps import PlannedStep
from labd.lifecycles.beginning import beginnable
from labd.lifecycles.campaign import Campaign, CampaignStatus
from labd.lifecycles.envelope import not_before
from labd.lifecycles.foresight import key_of
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import Run
from labd.lifecycles.samples import results_for
from labd.lifecycles.step import StepState
from labd.lifecycles.supplies import Supplies
from labd.lifecycles.windows import Chains, calendar_of, due_s, reservations
from labd.protocols import resolve
from labd.protocols.expansion import mentions
from labd.scheduling import Room, Waiting, fits

Free = Mapping[InstrumentName, frozenset[str]]
"""The roles of each instrument that could begin at once."""


def in_time(state: Laboratory, supplies: Supplies, free: Free) -> tuple[list[Waiting], list[SetTimer]]:
    """The steps that one of the free instruments could be given now; and for those that would change an argument too
    fast on each of them, when to look again."""
    waiting, timers = [], []
    for each in waiting_steps(state, supplies, wanted=Counter(role for roles in free.values() for role in roles)):
        early = too_early(state, each, free, supplies.at)
        if not early:
            waiting.append(each)
        elif fitting := frozenset(name for name in free if fits(each, name, free[name]) and name not in early):
            waiting.append(dataclasses.replace(each, among=fitting))
        else:
            timers.append(SetTimer(f"rate/{each.run}/{each.step}", min(early.values())))
    return waiting, timers


def waiting_steps(
    state: Laboratory, supplies: Supplies, *, wanted: Mapping[str, int] | None = None
) -> Iterator[Waiting]:
    """The steps that wait for nothing but the room, the oldest run's first. With `wanted`, how many instruments are
    free for each role, those that could begin: of a batch's samples no more are looked at than could be served."""
    alike: Counter[tuple[RunId, str]] = Counter()
    for order, (run, step) in enumerate(_in_turn(state, supplies.at)):
        plan = step.plan
        if plan.prompt is not None or (wanted is not None and plan.role not in wanted):
            continue
        if wanted is not None and _is_like_others(state, step):
            alike[run.id, plan.template] += 1
            if alike[run.id, plan.template] > wanted[plan.role]:
                continue
        wants = supplies.wants(run, plan)
        lacks = wanted is not None and (plan.move or plan.consumes) and supplies.lacking(run, plan, wants)
        if not wants.obstacle and not lacks:  # without room or stock it keeps no instrument from the others
            due = due_s(run, step, supplies.at) if plan.gaps else None
            campaign = state.campaign_of(run)
            yield as_waiting(step, run, campaign, order=order, among=wants.instruments, due_in_s=due)


def _in_turn(state: Laboratory, at: datetime) -> Iterable[tuple[Run, StepState]]:
    """The steps that could begin, by age; where a look ahead has planned them, by its plan."""
    steps = beginnable(state, at)
    if not state.foreseen:
        return steps
    return sorted(steps, key=lambda each: state.foreseen.get(key_of(each[0].id, each[1].plan.name), inf))


def _is_like_others(state: Laboratory, step: StepState) -> bool:
    """Whether the step of one sample begins whenever that of another could: nothing hangs on its own arguments, and no
    window of its own runs."""
    rates = state.workcell.rate_limits if state.workcell else ()
    return step.plan.sample is not None and not step.plan.consumes and not step.plan.gaps and not rates


def as_waiting(
    step: StepState,
    run: Run,
    campaign: Campaign,
    *,
    order: int = 0,
    among: frozenset[InstrumentName] | None = None,
    due_in_s: float | None = None,
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
        due_s=due_in_s,
        like=f"{campaign.id}/{plan.name}" if plan.name in run.graph.chains and not run.reserved else "",
    )


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
        arguments = arguments_of(run, plan)
    except LabError:
        return {}  # said when it is ordered
    moments = {
        name: not_before(state.workcell, plan, arguments, state.instruments[name])
        for name in among
        if fits(waiting, name, frozenset(state.instruments[name].roles))
    }
    return {name: moment for name, moment in moments.items() if moment is not None and moment > at}


def room_of(
    state: Laboratory,
    supplies: Supplies,
    free: Free,
    waiting: Collection[Waiting],
) -> Room:
    """The instruments for these steps; their calendar only where something is time-critical."""
    used = {it.id: it.share.by(supplies.at) for it in state.campaigns.values() if it.status is CampaignStatus.RUNNING}
    timed = any(each.step in state.runs[each.run].graph.chains for each in waiting) or any(reservations(state))
    if not timed:
        return Room(free, used_s=used)
    chains = Chains(state, supplies)
    return Room(free, calendar_of(state, supplies, chains), chains, used)


def arguments_of(run: Run, plan: PlannedStep) -> dict[str, Json]:
    """The step's arguments, worked out. Raises `LabError`."""
    if not any(map(mentions, plan.arguments.values())):
        return plan.arguments  # as most are: nobody need look for the results
    return resolve(plan, results_for(run, plan.sample))
