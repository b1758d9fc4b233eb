"""What follows when a step has moved: its run ends, others are skipped, a window was broken, a timer is set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from labd.domain import events as e
from labd.domain.effects import Effect, Record, SendControl, SetTimer
from labd.domain.identifiers import RunId, StepName, command_id
from labd.domain.step_events import PersonAnswered, StepChanged, StepSkipped, WindowBroken
from labd.lifecycles.command import OUT
from labd.lifecycles.decisions.deciding import decide
from labd.lifecycles.decisions.runs import analyse, awaits_analysis
from labd.lifecycles.decisions.skipping import skipped
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import Run, RunStatus, StepState, StepStatus

LATE_S = 0.5
"""A window is not broken by less than this: orders and reports take their time."""
FURTHEST = timedelta(days=366)
"""No timer is set further ahead: dates end somewhere, and a protocol may say what it likes."""


def moved(state: Laboratory, key: RunId, name: StepName, at: datetime) -> Iterator[Effect]:
    """What follows when a step has moved, other than that it began."""
    run = state.runs.get(key)
    if run is None:
        return
    yield from _timers(run, name, at)
    if run.graph.phase[name] != "clean_up":
        if awaits_analysis(run):
            yield analyse(state, run)
        elif run.status is RunStatus.RUNNING and (lost := run.lost) is not None:
            failed = run.steps[lost]
            reason = f"{lost}: {failed.reason}"
            yield Record(e.RunFailed(at=at, run=run.id, reason=reason, sample=failed.plan.sample))
            return
    yield from skipped(run, name, at)


@decide.register
def _(event: StepSkipped, state: Laboratory) -> Iterator[Effect]:
    yield from moved(state, event.run, event.step, event.at)


@decide.register
def _(event: PersonAnswered, state: Laboratory) -> Iterator[Effect]:
    yield from broken_windows(state, event.run, event.step, began=event.at, at=event.at)
    yield from moved(state, event.run, event.step, event.at)


@decide.register
def _(event: StepChanged, state: Laboratory) -> Iterator[Effect]:
    if event.change == "mark_done":
        yield from broken_windows(state, event.run, event.step, began=event.at, at=event.at)
    run = state.runs.get(event.run)
    step = run.steps[event.step] if run else None
    if event.change == "abort" and step is not None and step.status is StepStatus.ACTIVE:
        command = state.commands.get(command_id(event.run, event.step, step.attempts))
        if command is not None and command.status in OUT:
            instrument, key = command.order.instrument, command.order.command
            yield SendControl(instrument, "cancel", state.epoch, key, event.by, event.reason)
            return
    yield from moved(state, event.run, event.step, event.at)


# --- time


def broken_windows(state: Laboratory, key: RunId, name: StepName, *, began: datetime, at: datetime) -> Iterator[Record]:
    """The windows that the step broke, as it began then. Each is said once."""
    run = state.runs.get(key)
    if run is None or run.graph.phase[name] == "clean_up":
        return
    for after, gap in run.steps[name].plan.gaps.items():
        ended = run.settled_at(after)
        known = any((each.step, each.after) == (name, after) for each in run.violations)
        if gap.at_most_s is None or ended is None or known:
            continue
        gap_s = (began - ended).total_seconds()
        if gap_s > gap.at_most_s + LATE_S:
            yield Record(WindowBroken(at=at, run=key, step=name, after=after, gap_s=gap_s, at_most_s=gap.at_most_s))


def woken(state: Laboratory, timer: str, at: datetime) -> Iterator[Effect]:
    """What a step's timer leads to: the step begins, where nothing else keeps it. An early one is set anew."""
    key, _, name = timer.partition("/")
    run = state.runs.get(key)
    if run is not None and name in run.steps:
        yield from _timer(run, run.steps[name], at)


def timers(state: Laboratory, at: datetime) -> Iterator[Effect]:
    """Those of all steps that wait for their time, as a restart needs them."""
    for run in state.runs.values():
        for step in run.steps.values():
            yield from _timer(run, step, at)


def _timers(run: Run, name: StepName, at: datetime) -> Iterator[Effect]:
    """Those that a step has set by moving: for its own next attempt, and for the steps behind it."""
    yield from _timer(run, run.steps[name], at)
    for origin in run.graph.origins[name]:
        for each in run.graph.timed.get(origin, ()):
            yield from _timer(run, run.steps[each], at)


def _timer(run: Run, step: StepState, at: datetime) -> Iterator[Effect]:
    waits = step.status in (StepStatus.WAITING, StepStatus.RECOVERING)
    if waits and step.not_before is not None and step.not_before > at:
        yield SetTimer(f"{run.id}/{step.plan.name}", min(step.not_before, at + FURTHEST))
