"""The steps that are under way or wait, and why they wait. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from labd.lifecycles import Laboratory
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.instrument import Instrument, InstrumentStatus
from labd.lifecycles.run import Run, RunStatus, StepState, StepStatus
from labd.scheduling import Machine, Waiting, why_waiting
from labd.web.views.pieces import View, command_of, whose


def steps(state: Laboratory) -> Iterator[View]:
    """The steps that are under way or wait, and why they wait."""
    for run in state.runs.values():
        if run.status is not RunStatus.RUNNING:
            continue
        for name, step in run.steps.items():
            if step.status in (StepStatus.WAITING, StepStatus.ACTIVE, StepStatus.UNKNOWN, StepStatus.IMPLAUSIBLE):
                command = None if step.status is StepStatus.WAITING else command_of(state, run, name)
                yield {
                    **whose(state, run.id),
                    "run": run.id,
                    "step": name,
                    "status": step.status,
                    "instrument": command.order.instrument if command else step.plan.instrument,
                    "since": command.issued.isoformat() if command else None,
                    "why": _why(state, run, step),
                }


def _why(state: Laboratory, run: Run, step: StepState) -> str:
    """Why a step waits, in one sentence; empty where it does not."""
    if step.status is not StepStatus.WAITING:
        return ""
    behind = [name for name in step.plan.after if run.steps[name].status is not StepStatus.DONE]
    if behind:
        return f"waits for {' and '.join(behind)}"
    campaign = state.campaign_of(run)
    if state.safety.stopped and state.safety.pressed is not None:
        return f"the laboratory is stopped by {state.safety.pressed.text}"
    if campaign.status is not CampaignStatus.RUNNING:
        return f"the campaign is {campaign.status}"
    waiting = Waiting(step=step.plan.name, run=run.id, role=step.plan.role, instrument=step.plan.instrument)
    return why_waiting(waiting, {it.name: _machine(it) for it in state.instruments.values()})


def _machine(it: Instrument) -> Machine:
    """The instrument as the scheduler sees it: with an order out it is busy, whatever it last said of itself."""
    idle_but_ordered = it.status is InstrumentStatus.IDLE and it.command is not None
    return Machine(frozenset(it.roles), "busy" if idle_but_ordered else it.status.value, it.kept)
