"""What is decided about runs and their trials: analysed, failed, judged by a person, tried again, closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from labd.domain import events as e
from labd.domain.command import Resolution
from labd.domain.effects import AnalyseRun, Effect, LookAhead, Record
from labd.domain.identifiers import RunId, TrialId, campaign_of_run
from labd.domain.problem import Measurement
from labd.lifecycles.achieved import read_back
from labd.lifecycles.decisions.batches import go_on
from labd.lifecycles.decisions.deciding import decide
from labd.lifecycles.decisions.envelope import held_back
from labd.lifecycles.decisions.opening import next_run
from labd.lifecycles.decisions.skipping import opened
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import OPEN, Run, RunStatus
from labd.lifecycles.samples import results_for, samples_of
from labd.lifecycles.specimens import specimens
from labd.lifecycles.trial import Trial, TrialStatus


@decide.register
def _(event: e.RunAnalysed, state: Laboratory) -> Iterator[Effect]:
    run = state.runs.get(event.run)
    if run is not None and run.samples:
        yield from _measured(state, run, event)
    elif run is not None and not event.doubt:
        yield _observed(state, run, run.trial, event.outcomes, event.at)
    elif run is None:  # of a batch: nothing came of it, and nobody ends with it
        yield from go_on(state, state.campaigns[campaign_of_run(event.run)], event.at)


@decide.register
def _(event: e.RunStarted, state: Laboratory) -> Iterator[Effect]:
    yield from opened(state, event.run, event.at)
    if len(state.runs) > 1:
        yield LookAhead()


@decide.register
def _(event: e.RunFailed, state: Laboratory) -> Iterator[Effect]:
    if event.breach:
        yield from held_back(event, state)
    yield from opened(state, event.run, event.at)
    run = state.runs.get(event.run)
    campaign = state.campaigns[campaign_of_run(event.run)]
    if campaign.protocol.batch is None:
        yield from _again(state, event.run, event.at, event.reason)
    elif run is None:
        yield from go_on(state, campaign, event.at)
    elif awaits_analysis(run):
        yield analyse(state, run)
    else:
        for key in sorted(run.owed):
            yield Record(e.TrialFailed(at=event.at, trial=key, reason=event.reason))


@decide.register
def _(event: e.RunResolved, state: Laboratory) -> Iterator[Effect]:
    if event.resolution is Resolution.DONE:
        run = state.runs[event.run]
        yield _observed(state, run, run.trial, event.outcomes, event.at)
    else:
        reason = f"its outcomes were rejected by {event.by}" + (f": {event.reason}" if event.reason else "")
        yield from _again(state, event.run, event.at, reason)


@decide.register(e.TrialObserved)
@decide.register(e.TrialFailed)
@decide.register(e.TrialAbandoned)
def _(event: e.TrialObserved | e.TrialFailed | e.TrialAbandoned, state: Laboratory) -> Iterator[Effect]:
    trial = state.trials[event.trial]
    mine = state.runs_of(trial)
    for run in mine:
        yield from opened(state, run.id, event.at)
    if any(run.owed for run in mine):
        return  # of its run more trials end in the same commit
    for run in mine:
        if run.samples and awaits_analysis(run):
            yield analyse(state, run)  # nothing is left to be done for the others
    yield from go_on(state, state.campaigns[trial.campaign], event.at)


def _measured(state: Laboratory, run: Run, event: e.RunAnalysed) -> Iterator[Effect]:
    """What the trials of a batch come to that end with it. The others go into another run."""
    for key in (each for each in run.trials if each in run.owed):
        if key in event.by_trial:
            yield _observed(state, run, key, event.by_trial[key], event.at)
        else:
            yield Record(e.TrialFailed(at=event.at, trial=key, reason=event.failed.get(key, "it was not measured")))


def _observed(state: Laboratory, run: Run, trial: TrialId, outcomes: dict[str, Measurement], at: datetime) -> Record:
    reached = list(read_back(state, run, trial))
    return Record(
        e.TrialObserved(
            at=at,
            trial=trial,
            outcomes=outcomes,
            achieved={each.parameter: each.value for each in reached},
            note="; ".join(each.warning for each in reached if each.warning),
            flags=("timing_violation",) if _is_late(run, trial) else (),
        )
    )


def _is_late(run: Run, trial: TrialId) -> bool:
    """Whether a window was broken that concerns the trial."""
    return any(map(run.is_late, (each.number for each in samples_of(run, trial)))) if run.samples else run.is_late()


def _again(state: Laboratory, run: RunId, at: datetime, reason: str) -> Iterator[Effect]:
    """Another run for the trial of a run that came to nothing, if it may have one."""
    trial = state.trials[run.rpartition(".")[0]]
    if trial.status is TrialStatus.PENDING:
        yield from next_run(state, trial, at, reason)


def has_open_run(state: Laboratory, trial: Trial) -> bool:
    """Whether a run of the trial is still under way."""
    return any(run.status in OPEN for run in state.runs_of(trial))


def awaits_analysis(run: Run) -> bool:
    """Whether all is done that will be, and the results are still to be analysed."""
    return run.status in (RunStatus.MEASURED, RunStatus.ABANDONED) and run.is_over


def analyse(state: Laboratory, run: Run) -> AnalyseRun:
    """What the analysis of the run is given."""
    protocol = state.campaign_of(run).protocol
    return AnalyseRun(
        run=run.id,
        analysis=protocol.analysis,
        outcomes=dict(protocol.outcomes),
        parameters=state.trials[run.trial].suggestion.parameters,
        results=results_for(run, None),
        samples=tuple(specimens(state, run)),
    )
