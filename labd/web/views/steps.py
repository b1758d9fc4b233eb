"""The steps that are under way or wait, and why they wait. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from labd.lifecycles import Laboratory
from labd.lifecycles.run import RunStatus, StepStatus
from labd.lifecycles.step import UNDER_WAY
from labd.lifecycles.why import Waits, Why
from labd.web.views.pieces import View, command_of, moment_text, whose

WAITS = (StepStatus.WAITING, StepStatus.RECOVERING)


def steps(state: Laboratory, at: datetime) -> Iterator[View]:
    """The steps that are under way or wait, and why they wait."""
    waits = Waits(state, at)
    for run in state.runs.values():
        for name, step in run.steps.items():
            goes_on = run.status is RunStatus.RUNNING or run.graph.phase[name] == "clean_up"
            if step.status not in UNDER_WAY and not (step.status in WAITS and goes_on):
                continue
            command = None if step.status in WAITS else command_of(state, run, name)
            why = waits.why(run, step) if step.status in WAITS else Why("")
            yield {
                **whose(state, run.id, name),
                "run": run.id,
                "shared": bool(run.samples) and step.plan.sample is None,
                "step": name,
                "status": step.status,
                "instrument": command.order.instrument if command else step.plan.instrument,
                "since": moment_text(None if step.status in WAITS else step.began),
                "why": why.text,
                "behind": why.behind,
                "until": moment_text(why.until),
            }
