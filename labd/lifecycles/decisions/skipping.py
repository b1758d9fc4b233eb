"""Which steps of a run are not done: those whose condition is false, and those that nobody needs any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from labd.domain import events as e
from labd.domain.effects import Effect, Record
from labd.domain.errors import LabError
from labd.domain.identifiers import RunId, StepName
from labd.domain.step_events import StepSkipped
from labd.lifecycles.campaign import TABLE as CAMPAIGN
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import Run, RunStatus, StepState, StepStatus
from labd.lifecycles.samples import with_turns
from labd.protocols import is_wanted

_WITHOUT_HELP = (StepStatus.DONE, StepStatus.SKIPPED)


def skipped(run: Run, name: StepName, at: datetime) -> Iterator[Effect]:
    """What is skipped after a step of the run has moved. A condition is looked at once, when its step could begin."""
    plan = run.steps[name].plan
    origins = {*run.graph.origins[name], plan.recovers or name}
    helped = plan.instead_of or plan.recovers
    if helped and run.steps[name].status is StepStatus.SKIPPED and run.steps[helped].status in _WITHOUT_HELP:
        origins = {name}  # what waited for the other was looked at when that one was settled
    goes_on = run.graph.phase[name] == "clean_up" or run.status in (RunStatus.RUNNING, RunStatus.ABANDONED)
    for origin in sorted(origins, key=run.graph.place.__getitem__) if goes_on else ():
        for each in (*run.graph.stand_ins.get(origin, ()), *run.graph.recoveries.get(origin, ())):
            if run.is_needless(each):
                yield _skip(run.id, each, at, f"{origin} is {run.steps[origin].status}: nobody needs it")
    for step in run.ready:
        if step.plan.when and _may_have_waited(run, step, origins):
            yield from _by_condition(run, step, at)


def opened(state: Laboratory, key: RunId, at: datetime) -> Iterator[Effect]:
    """What is skipped of a run that has just begun, or of the clean-up of one that has just ended."""
    run = state.runs.get(key)
    if run is None:
        return
    if left := list(left_to_a_person(state, run, at)):
        yield from left
        return
    for step in run.ready:
        if step.plan.when:
            yield from _by_condition(run, step, at)


def left_to_a_person(state: Laboratory, run: Run, at: datetime) -> Iterator[Record]:
    """While the laboratory is stopped, the clean-up of a campaign that has ended is given up: nobody would resume it,
    and nothing moves by itself after a release."""
    if state.safety.stopped and state.campaign_of(run).status in CAMPAIGN.terminal:
        for name in run.graph.clean_up:
            if run.steps[name].status in (StepStatus.WAITING, StepStatus.RECOVERING):
                yield _skip(run.id, name, at, "the laboratory was stopped: a person cleans up")


def _may_have_waited(run: Run, step: StepState, settled: set[StepName]) -> bool:
    """Whether the step may have become ready by these steps. Of the clean-up each may."""
    plan = step.plan
    origin = plan.instead_of or plan.recovers
    return (
        run.graph.phase[plan.name] == "clean_up" or not plan.after or origin in settled or bool(settled & {*plan.after})
    )


def _by_condition(run: Run, step: StepState, at: datetime) -> Iterator[Effect]:
    name = step.plan.name
    try:
        wanted = is_wanted(step.plan, with_turns(run, step.plan.sample))
    except LabError as error:
        if run.graph.phase[name] == "clean_up":
            yield _skip(run.id, name, at, f"its condition cannot be worked out: {error}")
        else:
            reason = f"{name}: its condition cannot be worked out: {error}"
            yield Record(e.RunFailed(at=at, run=run.id, reason=reason, sample=step.plan.sample))
        return
    if not wanted:
        yield _skip(run.id, name, at, "its condition is false")


def _skip(run: RunId, step: StepName, at: datetime, reason: str) -> Record:
    return Record(StepSkipped(at=at, run=run, step=step, reason=reason))
