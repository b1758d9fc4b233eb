"""What events make of trials and of their runs."""

from __future__ import annotations

from labd.domain import events as e
from labd.domain.command import Resolution
from labd.domain.errors import NotFound, TransitionError
from labd.domain.identifiers import RunId, command_id
from labd.domain.problem import Observation
from labd.lifecycles import command as commands
from labd.lifecycles import run as runs
from labd.lifecycles import trial as trials
from labd.lifecycles.fold.campaigns import change_campaign
from labd.lifecycles.fold.matter import bring
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.replacing import replace
from labd.lifecycles.run import Run, StepState
from labd.lifecycles.trial import TrialStatus


def start_run(state: Laboratory, event: e.RunStarted) -> Laboratory:
    """The trial with one more run. Raises `TransitionError`."""
    trial = state.trials[event.trial]
    if trial.status is not TrialStatus.PENDING:
        raise TransitionError(f"Trial {trial.number} is {trial.status}: it opens no run.", "Suggest its point again.")
    run = Run(event.run, event.trial, event.at, {step.name: StepState(step) for step in event.steps})
    trial = replace(trial, runs=trial.runs + 1, version=state.version)
    state = replace(state, runs=state.runs | {run.id: run}, trials=state.trials | {trial.id: trial})
    return bring(state, event)


def put_run(state: Laboratory, run: Run) -> Laboratory:
    """The state with this run in it."""
    trial = replace(state.trials[run.trial], version=state.version)
    return replace(state, runs=state.runs | {run.id: run}, trials=state.trials | {trial.id: trial})


def open_run(state: Laboratory, key: RunId) -> Run:
    """The run of that id. Raises `NotFound`."""
    if key not in state.runs:
        raise NotFound(f"There is no open run {key!r}.", "It may be closed already.")
    return state.runs[key]


def move_run(state: Laboratory, key: RunId, trigger: str) -> Laboratory:
    """The run in its next state. Raises `TransitionError`."""
    return put_run(state, runs.move(open_run(state, key), trigger))


def analysed(state: Laboratory, event: e.RunAnalysed) -> Laboratory:
    """The run with its outcomes; held, where they cannot be true. Raises `TransitionError`."""
    if not event.doubt:
        return move_run(state, event.run, "analyse")
    run = replace(runs.move(open_run(state, event.run), "hold"), held=event.outcomes, doubt=event.doubt)
    return put_run(state, run)


def resolve_run(state: Laboratory, event: e.RunResolved) -> Laboratory:
    """The run whose outcomes were held, as a person says. Raises `TransitionError`."""
    if event.resolution is Resolution.DONE:
        return move_run(state, event.run, "analyse")
    return forget(move_run(state, event.run, "fail"), event.run)


def close_trial(
    state: Laboratory, event: e.TrialObserved | e.TrialFailed | e.TrialAbandoned, trigger: str, reason: str
) -> Laboratory:
    """The trial at its end, and what its campaign learns from it. Raises `TransitionError`."""
    trial = state.trials[event.trial]
    outcomes = event.outcomes if isinstance(event, e.TrialObserved) else None
    achieved = event.achieved if isinstance(event, e.TrialObserved) else {}
    closed = trials.close(trial, trigger, event.at, reason, outcomes)
    closed = replace(closed, achieved=achieved, version=state.version)
    state = replace(state, trials=state.trials | {trial.id: closed})
    for run in state.runs_of(trial):
        if runs.RUN.allows(run.status, "abandon"):
            state = put_run(state, runs.move(run, "abandon"))
        state = forget(state, run.id)
    state = change_campaign(
        state, trial.campaign, lambda c: replace(c, open=tuple(each for each in c.open if each != trial.number))
    )
    if trigger == "abandon":
        return state
    observation = Observation(
        trial=trial.id,
        parameters={**trial.suggestion.parameters, **achieved},
        outcomes=outcomes or {},
        failed=trigger == "fail",
    )
    return change_campaign(
        state,
        trial.campaign,
        lambda c: replace(
            c,
            observations=(*c.observations, observation),
            failures=c.failures + 1 if trigger == "fail" else 0,
        ),
    )


def forget(state: Laboratory, key: RunId) -> Laboratory:
    """Drop a run and its commands once its trial is closed and nothing of it is out: the journal remembers."""
    run = state.runs.get(key)
    if run is None or state.trials[run.trial].status is TrialStatus.PENDING:
        return state
    keys = [command_id(key, name, n + 1) for name, step in run.steps.items() for n in range(step.attempts)]
    mine = [state.commands[each] for each in keys if each in state.commands]
    if any(each.status in commands.OUT | commands.DOUBTFUL for each in mine):
        return state
    if run.status is runs.RunStatus.IMPLAUSIBLE or (run.status is runs.RunStatus.ABANDONED and _complete(run)):
        return state
    return replace(state, runs=state.runs.without([key]), commands=state.commands.without(keys))


def _complete(run: Run) -> bool:
    return all(step.status is runs.StepStatus.DONE for step in run.steps.values())
