"""Which steps could begin now, were there an instrument for each; and what a person is asked to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from labd.domain import events as e
from labd.domain.effects import Record
from labd.domain.errors import LabError
from labd.domain.step_events import PersonAsked, StepSkipped
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.gates import ASKS, holding_back, wanted
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import Run, RunStatus, StepState, StepStatus
from labd.lifecycles.samples import results_for
from labd.protocols import worked_out

CLEANS_UP = frozenset({CampaignStatus.RUNNING, CampaignStatus.FINISHED, CampaignStatus.STOPPED})
"""A campaign that is paused waits for a person, with all that is of it."""


def beginnable(state: Laboratory, at: datetime) -> Iterator[tuple[Run, StepState]]:
    """The steps that are ready and whose time has come, of campaigns that go on, released where a person must do that;
    clean-up also of those that have ended. None while the laboratory is stopped."""
    for run, steps in _ready(state, at):
        is_asked = state.campaign_of(run).autonomy in ASKS
        for step in steps:
            if not is_asked or holding_back(state, run, step) is None:
                yield run, step


def questions(state: Laboratory, at: datetime) -> Iterator[Record]:
    """What persons are asked now: to do something, or to release it."""
    ready = list(_ready(state, at))
    asked = ((run, step) for run, steps in ready if state.campaign_of(run).autonomy in ASKS for step in steps)
    yield from wanted(state, asked, at)
    for run, steps in ready:
        for step in steps:
            if step.plan.prompt is not None and holding_back(state, run, step) is None:
                yield Record(_asked(run, step, at))


def _ready(state: Laboratory, at: datetime) -> Iterator[tuple[Run, list[StepState]]]:
    """By run, the steps that are ready and whose time has come."""
    if state.safety.stopped:
        return
    for run in state.runs.values():
        if run.ready and may_go_on(state, run):
            yield run, [step for step in run.ready if step.not_before is None or step.not_before <= at]


def may_go_on(state: Laboratory, run: Run) -> bool:
    """Whether the run's campaign lets it begin steps: what is ready of a run that has ended is its clean-up."""
    campaign = state.campaign_of(run)
    status = campaign.status
    if campaign.autonomy == 0:
        return False  # it only proposes
    return status is CampaignStatus.RUNNING if run.status is RunStatus.RUNNING else status in CLEANS_UP


def _asked(run: Run, step: StepState, at: datetime) -> PersonAsked | e.RunFailed | StepSkipped:
    """What the person is asked, worked out; the end of the run where that cannot be."""
    name, prompt = step.plan.name, step.plan.prompt
    try:
        text = worked_out(prompt.text if prompt else "", results_for(run, step.plan.sample))
    except LabError as error:
        return impossible(run, step, at, str(error))
    return PersonAsked(at=at, run=run.id, step=name, text=text)


def impossible(run: Run, step: StepState, at: datetime, reason: str) -> e.RunFailed | StepSkipped:
    """What becomes of a run of which a step cannot be ordered, whatever the instrument: a clean-up goes on without."""
    name = step.plan.name
    if run.graph.phase[name] == "clean_up":
        return StepSkipped(at=at, run=run.id, step=name, reason=f"it cannot be ordered: {reason}")
    return e.RunFailed(at=at, run=run.id, reason=f"{name}: {reason}", sample=step.plan.sample)


def awaited(run: Run, step: StepState) -> str:
    """What of its own run a waiting step waits for: a sentence without a full stop; empty where that is nothing."""
    plan = step.plan
    if step.status is StepStatus.RECOVERING:
        return f"is tried again after {' and '.join(run.graph.recoveries[plan.name])}"
    if any(each.plan.name == plan.name for each in run.ready):
        return ""
    if plan.instead_of and run.steps[plan.instead_of].status is not StepStatus.FAILED:
        return f"is done only if {plan.instead_of} fails"
    if plan.recovers and run.steps[plan.recovers].status is not StepStatus.RECOVERING:
        return f"is done only before {plan.recovers} is tried again"
    if behind := [name for name in plan.after if not run.is_settled(name)]:
        return f"waits for {' and '.join(behind)}"
    return "waits until all else is over" if run.graph.phase[plan.name] == "clean_up" else "waits for the preparation"
