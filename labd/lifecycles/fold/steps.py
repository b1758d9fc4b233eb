"""What events make of steps that are more than an order and its outcome."""

from __future__ import annotations

from typing import assert_never

from labd.domain.command import Resolution
from labd.domain.errors import NotFound, TransitionError
from labd.domain.identifiers import RunId, StepName, command_id
from labd.domain.step_events import (
    InstrumentsReserved,
    PersonAnswered,
    PersonAsked,
    StepChanged,
    StepEvent,
    StepSkipped,
    WindowBroken,
)
from labd.lifecycles import run as runs
from labd.lifecycles.command import DOUBTFUL, OUT
from labd.lifecycles.fold import matter
from labd.lifecycles.fold.commands import attach, move_command
from labd.lifecycles.fold.trials import open_run, put_run, put_step
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.replacing import replace
from labd.lifecycles.run import Reservation, Run, RunStatus, StepState, StepStatus, Violation

SAID = {
    "skip": Resolution.DISCARD,
    "retry": Resolution.NOT_DONE,
    "mark_done": Resolution.DONE,
    "abort": Resolution.DISCARD,
}
"""What a change of a step says of an order of which nobody knew what became of it."""
TRIGGERS = {"skip": "skip", "retry": "retry", "mark_done": "succeed", "abort": "fail"}


def on_step_event(state: Laboratory, event: StepEvent) -> Laboratory:
    """The state after the event. Raises `TransitionError` or `NotFound`."""
    run, step = _step(state, event.run, "" if isinstance(event, InstrumentsReserved) else event.step)
    match event:
        case StepSkipped():
            run = runs.move_step(run, event.step, "skip", event.at, reason=event.reason)
        case WindowBroken():
            late = Violation(event.step, event.after, event.gap_s, event.at_most_s, _sample(run, event))
            run = runs.altered(run, violations=(*run.violations, late))
        case InstrumentsReserved():
            run = _reserve(run, event, state.version)
        case PersonAsked():
            run = runs.move_step(run, event.step, "ask", event.at, reason=event.text)
        case PersonAnswered():
            if step.status is not StepStatus.ACTIVE or step.plan.prompt is None:
                raise TransitionError(f"{event.step} of {event.run} asks nobody.", "`labd status` names what is asked.")
            run = runs.move_step(run, event.step, "succeed", event.at, result=event.result, reason=event.reason)
            state = attach(state, run, event.step, event.result)
        case StepChanged():
            return _change(state, run, step, event)
        case _:
            assert_never(event)
    return put_step(state, run, step.plan.name)


def _sample(run: Run, event: WindowBroken) -> int | None:
    """Whose window it was: the sample's of either step; None: of all."""
    both = (run.steps[name].plan.sample for name in (event.step, event.after) if name in run.steps)
    return next((each for each in both if each is not None), None)


def _reserve(run: Run, event: InstrumentsReserved, version: int) -> Run:
    """The run with these instruments kept. Who has kept some for a step already keeps its turn with others."""
    kept = {
        name: Reservation(names, run.reserved[name].since if name in run.reserved else version)
        for name, names in event.by_step.items()
    }
    return runs.altered(run, reserved={**run.reserved, **kept})


def _step(state: Laboratory, key: RunId, name: StepName) -> tuple[Run, StepState]:
    """The run and its step; any step, where no name is given. Raises `NotFound`."""
    run = open_run(state, key)
    if name and name not in run.steps:
        raise NotFound(f"{key} has no step {name!r}.", f"Its steps: {', '.join(run.steps)}.")
    return run, run.steps[name or next(iter(run.steps))]


def _change(state: Laboratory, run: Run, step: StepState, event: StepChanged) -> Laboratory:
    """The step as a person wants it, with the order that it left open. Raises `TransitionError`."""
    name = event.step
    if run.graph.phase[name] != "clean_up" and run.status is not RunStatus.RUNNING:
        raise TransitionError(f"{run.id} is {run.status}: {name} is changed no more.", "Suggest its point again.")
    key = command_id(run.id, name, step.attempts)
    command = state.commands.get(key)
    if step.status is StepStatus.ACTIVE and command is not None and command.status in OUT:
        if event.change != "abort":
            raise TransitionError(f"{command.order.instrument} works on {name}.", "Abort it, or wait for its end.")
        return put_run(state, runs.altered(run, steps={**run.steps, name: replace(step, given_up=True)}))
    if command is not None and command.status in DOUBTFUL:
        state = move_command(state, key, SAID[event.change], message=event.reason)
        state = matter.settle(state, key, matter.RESOLVED[SAID[event.change]], event.at)
    elif event.change == "mark_done":
        state = matter.settle(state, key, matter.Fate.DONE, event.at)
    result = event.result if event.change == "mark_done" else None
    run = runs.move_step(run, name, TRIGGERS[event.change], event.at, result=result, reason=event.reason)
    return put_step(state, run, name)
