"""What is decided about an event: effects, and further events to record with it.

Nothing here is replayed: a decision that matters is an event (`Record`), and a restart begins with `DaemonStarted`,
upon which whatever was under way is taken up again from the state alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import singledispatch

from labd.domain import events as e
from labd.domain.capability import Recovery
from labd.domain.command import Resolution
from labd.domain.effects import (
    AnalyseRun,
    CancelTimer,
    Effect,
    Record,
    RequestSuggestions,
    SendAck,
    SendAsk,
    SendCommand,
    SetTimer,
)
from labd.domain.errors import LabError
from labd.domain.identifiers import RunId, run_id, trial_id
from labd.domain.problem import Measurement
from labd.lifecycles import holding
from labd.lifecycles.achieved import read_back
from labd.lifecycles.campaign import Campaign, CampaignStatus
from labd.lifecycles.command import OUT, Command, CommandStatus
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import OPEN, Run, RunStatus, StepState, StepStatus
from labd.lifecycles.trial import Trial, TrialStatus
from labd.protocols import compile_run

ANSWER_WITHIN = timedelta(seconds=10)
"""A driver that has not accepted an order by then is asked."""
ASK_AGAIN = timedelta(seconds=30)
"""An overdue command is asked about this often, and more and more rarely: each time is an event in the journal."""
ASK_AT_LEAST = timedelta(minutes=30)
"""So often even after days. A driver that comes back is asked at once, and a late result comes by itself."""
LONGEST_S = 366 * 86_400.0
"""No timer is set further ahead: dates end somewhere, and a protocol may say what it likes."""


@singledispatch
def decide(event: e.Happened, state: Laboratory) -> Iterator[Effect]:
    """What is to be done about the event, given the state after it. Nothing, where no rule below says otherwise."""
    yield from ()


# --- the daemon and the room


@decide.register
def _(event: e.DaemonStarted, state: Laboratory) -> Iterator[Effect]:
    for command in _out(state):
        yield SetTimer(command.order.command, event.at + ANSWER_WITHIN)
    for campaign in state.campaigns.values():
        if campaign.request is not None:
            yield _request(state, campaign)
        yield from _plan(state, campaign, event.at)
    for run in state.runs.values():
        if _awaits_analysis(run):
            yield _analyse(state, run)
    for trial in state.trials.values():
        if trial.status is TrialStatus.PENDING and not _has_open_run(state, trial):
            yield from _next_run(state, trial, event.at, "interrupted")


@decide.register
def _(event: e.EpochRaised, state: Laboratory) -> Iterator[Effect]:
    for campaign in state.campaigns.values():
        if campaign.status is CampaignStatus.RUNNING:
            reason = (
                f"{event.instrument} has obeyed a daemon that this journal does not know: an old backup was restored,"
                " and samples may be further than it says. Look at the open trials, then resume or stop"
            )
            yield Record(_pause(campaign.id, event.at, reason))
    for command in _out(state):
        yield SendAsk(command.order.instrument, command.order.command)


@decide.register
def _(event: e.LinkConnected, state: Laboratory) -> Iterator[Effect]:
    if state.safety.stopped:  # the broker may have forgotten it
        yield from holding.said(state.safety)
    for command in _out(state):
        yield SendAsk(command.order.instrument, command.order.command)


@decide.register
def _(event: e.InstrumentDescribed, state: Laboratory) -> Iterator[Effect]:
    for command in _out(state):
        if command.order.instrument == event.instrument:
            yield SendAsk(event.instrument, command.order.command)


@decide.register
def _(event: e.TimerFired, state: Laboratory) -> Iterator[Effect]:
    command = state.commands.get(event.timer)
    if command is not None and command.status in OUT:
        yield SendAsk(command.order.instrument, event.timer)
        yield SetTimer(event.timer, event.at + min(max((event.at - command.issued) / 4, ASK_AGAIN), ASK_AT_LEAST))


# --- a person's hand on an instrument

decide.register(e.LaboratoryStopped)(holding.on_stop)
decide.register(e.LaboratoryReleased)(holding.on_release)
decide.register(e.CancelRequested)(holding.on_cancel)
for _kind in holding.CONTROLS:
    decide.register(_kind)(holding.on_control)


# --- campaigns


@decide.register(e.CampaignStarted)
@decide.register(e.ObservationAdded)
def _(event: e.CampaignStarted | e.ObservationAdded, state: Laboratory) -> Iterator[Effect]:
    yield from _plan(state, state.campaigns[event.campaign], event.at)


@decide.register
def _(event: e.CampaignResumed, state: Laboratory) -> Iterator[Effect]:
    yield from _ask_of_unseen(state, event.campaign, event.at)
    yield from _plan(state, state.campaigns[event.campaign], event.at)


@decide.register
def _(event: e.CampaignStopped, state: Laboratory) -> Iterator[Effect]:
    for trial in state.open_trials(event.campaign):
        yield Record(e.TrialAbandoned(at=event.at, trial=trial.id, reason="the campaign was stopped"))


@decide.register
def _(event: e.SuggestionsRequested, state: Laboratory) -> Iterator[Effect]:
    yield _request(state, state.campaigns[event.campaign])


@decide.register
def _(event: e.SuggestionsMade, state: Laboratory) -> Iterator[Effect]:
    campaign = state.campaigns[event.campaign]
    for number in range(event.first, event.first + len(event.suggestions)):
        yield from _next_run(state, state.trials[trial_id(campaign.id, number)], event.at, "")
    if not event.suggestions:
        yield from _exhausted(state, campaign, event.at)


@decide.register
def _(event: e.PlanningFailed, state: Laboratory) -> Iterator[Effect]:
    if state.campaigns[event.campaign].status is CampaignStatus.RUNNING:
        yield Record(_pause(event.campaign, event.at, f"The planner could not answer: {event.message}"))


# --- trials and runs


@decide.register
def _(event: e.RunAnalysed, state: Laboratory) -> Iterator[Effect]:
    if not event.doubt:
        yield _observed(state, event.run, event.outcomes, event.at)


@decide.register
def _(event: e.RunFailed, state: Laboratory) -> Iterator[Effect]:
    yield from _again(state, event.run, event.at, event.reason)


@decide.register
def _(event: e.RunResolved, state: Laboratory) -> Iterator[Effect]:
    if event.resolution is Resolution.DONE:
        yield _observed(state, event.run, event.outcomes, event.at)
    else:
        reason = f"its outcomes were rejected by {event.by}" + (f": {event.reason}" if event.reason else "")
        yield from _again(state, event.run, event.at, reason)


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
        yield from _next_run(state, trial, at, reason)


@decide.register(e.TrialObserved)
@decide.register(e.TrialFailed)
@decide.register(e.TrialAbandoned)
def _(event: e.TrialObserved | e.TrialFailed | e.TrialAbandoned, state: Laboratory) -> Iterator[Effect]:
    yield from _plan(state, state.campaigns[state.trials[event.trial].campaign], event.at)


# --- commands


@decide.register
def _(event: e.CommandIssued, state: Laboratory) -> Iterator[Effect]:
    yield SendCommand(event.order, state.epoch)
    yield SetTimer(event.order.command, event.at + ANSWER_WITHIN)


@decide.register
def _(event: e.CommandMissed, state: Laboratory) -> Iterator[Effect]:
    if holding.waits_for_a_person(state, state.commands[event.command]):
        yield CancelTimer(event.command)  # nothing moved; the driver is asked again when the campaign goes on
    else:
        yield SendCommand(state.commands[event.command].order, state.epoch)
        yield SetTimer(event.command, event.at + ANSWER_WITHIN)


@decide.register
def _(event: e.CommandAccepted, state: Laboratory) -> Iterator[Effect]:
    order = state.commands[event.command].order
    limit = state.runs[order.run].steps[order.step].plan.timeout_s
    yield SetTimer(event.command, event.at + timedelta(seconds=min(limit, LONGEST_S)))


@decide.register(e.CommandFinished)
@decide.register(e.CommandResolved)
def _(event: e.CommandFinished | e.CommandResolved, state: Laboratory) -> Iterator[Effect]:
    if isinstance(event, e.CommandFinished) and event.content_hash:
        yield SendAck(event.instrument, event.command, event.content_hash)
    yield CancelTimer(event.command)
    run_key, step_name, _attempt = event.command.rsplit(".", 2)
    run = state.runs.get(run_key)
    if run is None:
        return
    step = run.steps[step_name]
    if _awaits_analysis(run):
        yield _analyse(state, run)
    elif run.status is RunStatus.RUNNING and step.status is StepStatus.FAILED:
        if state.safety.interrupted(state.commands[event.command].issued):
            reason = f"The laboratory was stopped in the middle of {step_name}: {step.reason}"
            yield Record(e.TrialAbandoned(at=event.at, trial=run.trial, reason=reason))
            return
        yield Record(e.RunFailed(at=event.at, run=run.id, reason=f"{step_name}: {step.reason}"))
    elif step.status is StepStatus.UNKNOWN and _is_given_up(state, step):
        yield Record(
            e.CommandResolved(
                at=event.at,
                command=event.command,
                resolution=Resolution.DISCARD,
                by="labd",
                reason=f"{step.reason}; its declared recovery is to discard the sample",
            )
        )


def _ask_of_unseen(state: Laboratory, campaign: str, at: datetime) -> Iterator[Effect]:
    """Of what its driver may never have had: upon the answer it is sent."""
    for command in _out(state):
        order = command.order
        if command.status is CommandStatus.ISSUED and order.run.startswith(f"{campaign}."):
            yield SendAsk(order.instrument, order.command)
            yield SetTimer(order.command, at + ANSWER_WITHIN)


def _is_given_up(state: Laboratory, step: StepState) -> bool:
    role = state.workcell.roles.get(step.plan.role) if state.workcell else None
    capability = role.capability(step.plan.capability) if role else None
    return capability is not None and capability.recovery is Recovery.DISCARD


# --- planning


def _plan(state: Laboratory, campaign: Campaign, at: datetime) -> Iterator[Effect]:
    """End, pause or go on: what a campaign does when something in it has come to an end."""
    if campaign.status is not CampaignStatus.RUNNING or campaign.request is not None:
        return
    stopping = campaign.protocol.stopping
    open_trials = len(campaign.open)
    left = campaign.budget_left
    if campaign.target_reached or left == 0:
        if not open_trials:
            reason = "the target was reached" if campaign.target_reached else f"{campaign.trials} trials were made"
            yield Record(e.CampaignFinished(at=at, campaign=campaign.id, reason=reason))
        return
    if campaign.failures >= stopping.consecutive_failures:
        yield Record(_pause(campaign.id, at, f"{campaign.failures} trials failed one after the other"))
        return
    count = campaign.protocol.problem.settings.parallel - open_trials
    count = count if left is None else min(count, left)
    if count > 0:
        number = campaign.requests + 1
        seed = _seed(campaign, number)
        yield Record(e.SuggestionsRequested(at=at, campaign=campaign.id, request=number, count=count, seed=seed))


def _seed(campaign: Campaign, request: int) -> int:
    digest = hashlib.sha256(f"{campaign.seed}/{request}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def _request(state: Laboratory, campaign: Campaign) -> RequestSuggestions:
    asked = campaign.request
    if asked is None:
        raise AssertionError("a request is made before it is sent")
    return RequestSuggestions(
        campaign=campaign.id,
        request=asked.number,
        problem=campaign.protocol.problem,
        observations=campaign.observations,
        pending=tuple(trial.suggestion.parameters for trial in state.open_trials(campaign.id)),
        count=asked.count,
        seed=asked.seed,
    )


def _exhausted(state: Laboratory, campaign: Campaign, at: datetime) -> Iterator[Effect]:
    """The planner has nothing left to propose: every point of the space was tried."""
    if campaign.status is CampaignStatus.RUNNING and not campaign.open:
        yield Record(e.CampaignFinished(at=at, campaign=campaign.id, reason="every point was tried"))


def _pause(campaign: str, at: datetime, reason: str) -> e.CampaignPaused:
    return e.CampaignPaused(at=at, campaign=campaign, by="labd", reason=reason)


# --- runs


def _next_run(state: Laboratory, trial: Trial, at: datetime, reason: str) -> Iterator[Effect]:
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


def _has_open_run(state: Laboratory, trial: Trial) -> bool:
    return any(run.status in OPEN for run in state.runs_of(trial))


def _awaits_analysis(run: Run) -> bool:
    complete = all(step.status is StepStatus.DONE for step in run.steps.values())
    return complete and run.status in (RunStatus.MEASURED, RunStatus.ABANDONED)


def _analyse(state: Laboratory, run: Run) -> AnalyseRun:
    protocol = state.campaign_of(run).protocol
    return AnalyseRun(
        run=run.id,
        analysis=protocol.analysis,
        outcomes=dict(protocol.outcomes),
        parameters=state.trials[run.trial].suggestion.parameters,
        results=dict(run.results),
    )


def _out(state: Laboratory) -> Iterator[Command]:
    return (command for command in state.commands.values() if command.status in OUT)
