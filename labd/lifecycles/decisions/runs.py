"""What is decided about runs and their trials: analysed, failed, judged by a person, tried again, closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from labd.domain import events as e
from labd.domain.command import Resolution
from labd.domain.effects import AnalyseRun, Effect, Record
from labd.domain.errors import LabError
from labd.domain.identifiers import RunId, run_id
from labd.domain.problem import Measurement
from labd.lifecycles.achieved import read_back
from labd.lifecycles.decisions.deciding import decide
from labd.lifecycles.decisions.envelope import held_back
from labd.lifecycles.decisions.planning import plan
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import OPEN, Run, RunStatus, StepStatus
from labd.lifecycles.trial import Trial, TrialStatus
from labd.protocols import compile_run


@decide.register
def _(event: e.RunAnalysed, state: Laboratory) -> Iterator[Effect]:
    if not event.doubt:
        yield _observed(state, event.run, event.outcomes, event.at)


@decide.register
def _(event: e.RunFailed, state: Laboratory) -> Iterator[Effect]:
    if event.breach:
        yield from held_back(event, state)
    yield from _again(state, event.run, event.at, event.reason)


@decide.register
def _(event: e.RunResolved, state: Laboratory) -> Iterator[Effect]:
    if event.resolution is Resolution.DONE:
        yield _observed(state, event.run, event.outcomes, event.at)
    else:
        reason = f"its outcomes were rejected by {event.by}" + (f": {event.reason}" if event.reason else "")
        yield from _again(state, event.run, event.at, reason)


@decide.register(e.TrialObserved)
@decide.register(e.TrialFailed)
@decide.register(e.TrialAbandoned)
def _(event: e.TrialObserved | e.TrialFailed | e.TrialAbandoned, state: Laboratory) -> Iterator[Effect]:
    yield from plan(state, state.campaigns[state.trials[event.trial].campaign], event.at)


def _observed(state: Laboratory, key: RunId, outcomes: dict[str, Measurement], at: datetime) -> Record:
    run = state.runs[key]
    reached = list(read_back(state, run))
    return Record(
        e.TrialObserved(
            at=at,
            trial=run.trial,
            outcomes=outcomes,
            achieved={each.parameter: each.value for each in reached},
            note="; ".join(each.warning for each in reached if each.warning),
        )
    )


def _again(state: Laboratory, run: RunId, at: datetime, reason: str) -> Iterator[Effect]:
    """Another run for the trial of a run that came to nothing, if it may have one."""
    trial = state.trials[run.rpartition(".")[0]]
    if trial.status is TrialStatus.PENDING:
        yield from next_run(state, trial, at, reason)


def next_run(state: Laboratory, trial: Trial, at: datetime, reason: str) -> Iterator[Effect]:
    """One more run of the trial, compiled anew; without one left, or where it cannot be compiled, the trial fails."""
    campaign = state.campaigns[trial.campaign]
    if trial.runs >= campaign.protocol.runs_per_trial:
        yield Record(e.TrialFailed(at=at, trial=trial.id, reason=reason))
        return
    run = run_id(trial.id, trial.runs + 1)
    try:
        if state.workcell is None:
            raise LabError("There is no workcell.", "Load one with `labd serve --workcell FILE`.")
        steps = compile_run(campaign.protocol, state.workcell, trial.suggestion.parameters, run, trial.id)
    except LabError as error:
        yield Record(e.TrialFailed(at=at, trial=trial.id, reason=str(error)))
        return
    yield Record(e.RunStarted(at=at, run=run, trial=trial.id, steps=steps))


def has_open_run(state: Laboratory, trial: Trial) -> bool:
    """Whether a run of the trial is still under way."""
    return any(run.status in OPEN for run in state.runs_of(trial))


def awaits_analysis(run: Run) -> bool:
    """Whether every step is done and the results are still to be analysed."""
    complete = all(step.status is StepStatus.DONE for step in run.steps.values())
    return complete and run.status in (RunStatus.MEASURED, RunStatus.ABANDONED)


def analyse(state: Laboratory, run: Run) -> AnalyseRun:
    """What the analysis of the run is given."""
    protocol = state.campaign_of(run).protocol
    return AnalyseRun(
        run=run.id,
        analysis=protocol.analysis,
        outcomes=dict(protocol.outcomes),
        parameters=state.trials[run.trial].suggestion.parameters,
        results=dict(run.results),
    )
