"""What events make of trials and of their runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from labd.domain import events as e
from labd.domain.command import Resolution
from labd.domain.errors import NotFound, TransitionError
from labd.domain.identifiers import RunId, StepName, TrialId, command_id
from labd.domain.problem import Observation
from labd.domain.protocol import Protocol
from labd.lifecycles import run as runs
from labd.lifecycles import samples
from labd.lifecycles import trial as trials
from labd.lifecycles.fold.campaigns import change_campaign
from labd.lifecycles.fold.matter import bring
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.replacing import replace
from labd.lifecycles.run import Run, RunStatus, StepState
from labd.lifecycles.step import UNDER_WAY
from labd.lifecycles.trial import TABLE as TRIAL
from labd.lifecycles.trial import Trial, TrialStatus


def start_run(state: Laboratory, event: e.RunStarted) -> Laboratory:
    """The trials with one more run. Raises `TransitionError`."""
    steps = {step.name: StepState(step) for step in event.steps}
    run = Run(event.run, event.trial, event.at, steps, samples=event.samples, labware=event.labware)
    if run.id in state.runs:
        raise TransitionError(f"Run {run.id} was started already.", "Another run has an id of its own.")
    changed = {}
    for key in run.trials:
        trial = state.trials[key]
        if trial.status is not TrialStatus.PENDING:
            said = f"Trial {trial.number} is {trial.status}: it opens no run."
            raise TransitionError(said, "Suggest its point again.")
        places = tuple(samples.place_of(each) for each in samples.samples_of(run, key))
        changed[key] = replace(trial, in_runs=(*trial.in_runs, run.id), places=places, version=state.version)
    return bring(replace(state, runs=state.runs | {run.id: run}, trials=state.trials | changed), event)


def put_run(state: Laboratory, run: Run, step: StepName | None = None) -> Laboratory:
    """The state with this run in it, of which this step changed, or of which something else did."""
    key = samples.trial_of(run, step) if step else run.trial
    state = replace(state, runs=state.runs | {run.id: run})
    return (
        replace(state, trials=state.trials | {key: replace(state.trials[key], version=state.version)}) if key else state
    )


def put_step(state: Laboratory, run: Run, name: StepName) -> Laboratory:
    """The state with this run in it, of which a step moved. What of its clean-up failed is noted on the trial; with its
    last step the run may be forgotten."""
    state = put_run(state, run, name)
    if run.graph.phase[name] == "clean_up" and run.is_lost(name):
        note = f"clean-up of {run.id}: {name} failed: {run.steps[name].reason}"
        noted = [state.trials[key] for key in samples.concerned(run, name)]
        state = replace(state, trials=state.trials | {it.id: replace(it, notes=(*it.notes, note)) for it in noted})
    return forget(state, run.id)


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
    if event.doubt:
        run = runs.altered(runs.move(open_run(state, event.run), "hold"), held=event.outcomes, doubt=event.doubt)
        return put_run(state, run)
    run = runs.move(open_run(state, event.run), "analyse")
    if not run.samples:
        return put_run(state, run)
    state = _count_failure(_use_up(state, event.failed), run, failed=not event.by_trial)
    return forget(put_run(state, _owing(state, run, event.by_trial)), run.id)


def fail_run(state: Laboratory, event: e.RunFailed) -> Laboratory:
    """The run, which came to nothing; of a batch, a sample of it, or what was still to be done. Raises
    `TransitionError`."""
    run = open_run(state, event.run)
    if not run.samples:
        state = move_run(state, run.id, "fail")
        return forget(_use_up(state, [run.trial]), run.id)
    if event.sample is not None:
        return put_run(state, samples.drop(run, [event.sample], event.reason))
    if run.status is RunStatus.RUNNING:
        return put_run(state, samples.break_off(run, event.reason))
    state = _count_failure(_use_up(state, run.trials), run, failed=True)
    return forget(put_run(state, _owing(state, runs.move(run, "fail"), ())), run.id)


def _owing(state: Laboratory, run: Run, observed: Collection[TrialId]) -> Run:
    """The run that is over, with the trials that now end: those that were observed, and those without a run left."""
    of = state.campaign_of(run).protocol
    ending = [
        trial.id
        for trial in (state.trials[key] for key in run.trials)
        if (TRIAL.allows(trial.status, "observe") if trial.id in observed else _is_used_up(trial, of))
    ]
    return runs.altered(run, owed=frozenset(ending))


def _use_up(state: Laboratory, trials_: Iterable[TrialId]) -> Laboratory:
    """One more run of each of these trials came to nothing by their own fault."""
    used = {key: replace(state.trials[key], used=state.trials[key].used + 1) for key in trials_}
    return replace(state, trials=state.trials | used)


def _is_used_up(trial: Trial, protocol: Protocol) -> bool:
    return trial.status is TrialStatus.PENDING and trial.used >= protocol.runs_per_trial


def _count_failure(state: Laboratory, run: Run, *, failed: bool) -> Laboratory:
    """Of batches those runs are counted that gave nothing at all: a trial that fails among others is no sign that
    something is wrong with the laboratory."""
    return change_campaign(
        state, state.trials[run.trial].campaign, lambda c: replace(c, failures=c.failures + 1 if failed else 0)
    )


def resolve_run(state: Laboratory, event: e.RunResolved) -> Laboratory:
    """The run whose outcomes were held, as a person says. Raises `TransitionError`."""
    if event.resolution is Resolution.DONE:
        return move_run(state, event.run, "analyse")
    state = move_run(state, event.run, "fail")
    return forget(_use_up(state, [state.runs[event.run].trial]), event.run)


def close_trial(
    state: Laboratory, event: e.TrialObserved | e.TrialFailed | e.TrialAbandoned, trigger: str, reason: str
) -> Laboratory:
    """The trial at its end, and what its campaign learns from it. Raises `TransitionError`."""
    trial = state.trials[event.trial]
    outcomes = event.outcomes if isinstance(event, e.TrialObserved) else None
    achieved = event.achieved if isinstance(event, e.TrialObserved) else {}
    closed = trials.close(trial, trigger, event.at, reason, outcomes)
    flags = event.flags if isinstance(event, e.TrialObserved) else ()
    closed = replace(closed, achieved=achieved, flags=flags, version=state.version)
    state = replace(state, trials=state.trials | {trial.id: closed})
    for run in state.runs_of(trial):
        state = forget(_let_go(state, run, trial), run.id)
    state = change_campaign(
        state, trial.campaign, lambda c: replace(c, open=tuple(each for each in c.open if each != trial.number))
    )
    if trigger == "abandon" or flags:  # neither says anything about the point
        return state
    observation = Observation(
        trial=trial.id,
        parameters={**trial.suggestion.parameters, **achieved},
        outcomes=outcomes or {},
        failed=trigger == "fail",
    )
    counts = not trial.in_runs or state.campaigns[trial.campaign].protocol.batch is None
    return change_campaign(
        state,
        trial.campaign,
        lambda c: replace(
            c,
            observations=(*c.observations, observation),
            failures=c.failures + counts if trigger == "fail" else 0,
        ),
    )


def _let_go(state: Laboratory, run: Run, trial: Trial) -> Laboratory:
    """The state with the run of a trial that is closed: abandoned with the last of its trials; of a batch the others
    go on without it."""
    if run.samples and run.status not in runs.OPEN:
        return replace(state, runs=state.runs | {run.id: runs.altered(run, owed=run.owed - {trial.id})})
    if run.samples:
        own = [each.number for each in samples.samples_of(run, trial.id)]
        run = samples.drop(run, own, "its trial is closed")
    closed = all(state.trials[key].status is not TrialStatus.PENDING for key in run.trials)
    if closed and runs.RUN.allows(run.status, "abandon"):
        run = runs.move(run, "abandon")
    return replace(state, runs=state.runs | {run.id: run})


def forget(state: Laboratory, key: RunId) -> Laboratory:
    """Drop a run and its commands once its trial is closed, nothing of it is under way and it is cleaned up: the
    journal remembers."""
    run = state.runs.get(key)
    if run is None or run.owed or _is_wanted(state, run):
        return state
    if any(step.status in UNDER_WAY for step in run.steps.values()) or not run.is_cleaned_up:
        return state
    if run.status is runs.RunStatus.IMPLAUSIBLE or (run.status is runs.RunStatus.ABANDONED and run.is_over):
        return state
    keys = [command_id(key, name, n + 1) for name, step in run.steps.items() for n in range(step.attempts)]
    return replace(state, runs=state.runs.without([key]), commands=state.commands.without(keys))


def _is_wanted(state: Laboratory, run: Run) -> bool:
    """Whether a trial still has something of the run. A batch that is over is not waited for: who is pending goes into
    another."""
    if run.samples:
        return run.status in runs.OPEN
    return state.trials[run.trial].status is TrialStatus.PENDING
