"""The steps that are under way or wait, and why they wait. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from labd.lifecycles import Laboratory
from labd.lifecycles.run import RunStatus, StepStatus
from labd.lifecycles.why import Waits, Why
from labd.web.views.pieces import View, command_of, moment_text, whose

SHOWN = (StepStatus.WAITING, StepStatus.ACTIVE, StepStatus.UNKNOWN, StepStatus.IMPLAUSIBLE)


def steps(state: Laboratory, at: datetime) -> Iterator[View]:
    """The steps that are under way or wait, and why they wait."""
    waits = Waits(state, at)
    for run in state.runs.values():
        if run.status is not RunStatus.RUNNING:
            continue
        for name, step in run.steps.items():
            if step.status not in SHOWN:
                continue
            command = None if step.status is StepStatus.WAITING else command_of(state, run, name)
            why = waits.why(run, step) if step.status is StepStatus.WAITING else Why("")
            yield {
                **whose(state, run.id),
                "run": run.id,
                "step": name,
                "status": step.status,
                "instrument": command.order.instrument if command else step.plan.instrument,
                "since": command.issued.isoformat() if command else None,
                "why": why.text,
                "behind": why.behind,
                "until": moment_text(why.until),
            }
