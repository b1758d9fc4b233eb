"""What is decided about the daemon, the link, the instruments and their timers, and about a person's hand on them."""

from __future__ import annotations

from collections.abc import Iterator

from labd.domain import events as e
from labd.domain.effects import Effect, Record, SendAsk, SetTimer
from labd.lifecycles import holding
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.command import OUT
from labd.lifecycles.decisions import approvals
from labd.lifecycles.decisions.batches import go_on
from labd.lifecycles.decisions.commands import ANSWER_WITHIN, ASK_AGAIN, ASK_AT_LEAST, out
from labd.lifecycles.decisions.deciding import decide
from labd.lifecycles.decisions.opening import is_ahead, next_run
from labd.lifecycles.decisions.planning import HOURS, deadline, pause, request
from labd.lifecycles.decisions.runs import analyse, awaits_analysis, has_open_run
from labd.lifecycles.decisions.skipping import left_to_a_person
from labd.lifecycles.decisions.steps import timers, woken
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.trial import TrialStatus


@decide.register
def _(event: e.DaemonStarted, state: Laboratory) -> Iterator[Effect]:
    for command in out(state):
        yield SetTimer(command.order.command, event.at + ANSWER_WITHIN)
    for campaign in state.campaigns.values():
        yield from deadline(campaign)
        if campaign.request is not None:
            yield request(state, campaign)
        yield from go_on(state, campaign, event.at)
    for run in state.runs.values():
        if awaits_analysis(run):
            yield analyse(state, run)
    yield from timers(state, event.at)
    yield from approvals.timers(state)
    for trial in state.trials.values():
        campaign = state.campaigns[trial.campaign]
        alone = campaign.protocol.batch is None and not is_ahead(campaign)
        if alone and trial.status is TrialStatus.PENDING and not has_open_run(state, trial):
            yield from next_run(state, trial, event.at, "interrupted")


@decide.register
def _(event: e.EpochRaised, state: Laboratory) -> Iterator[Effect]:
    for campaign in state.campaigns.values():
        if campaign.status is CampaignStatus.RUNNING:
            reason = (
                f"{event.instrument} has obeyed a daemon that this journal does not know: an old backup was restored,"
                " and samples may be further than it says. Look at the open trials, then resume or stop"
            )
            yield Record(pause(campaign.id, event.at, reason))
    for command in out(state):
        yield SendAsk(command.order.instrument, command.order.command)


@decide.register
def _(event: e.LinkConnected, state: Laboratory) -> Iterator[Effect]:
    if state.safety.stopped:  # the broker may have forgotten it
        yield from holding.said(state.safety)
    for command in out(state):
        yield SendAsk(command.order.instrument, command.order.command)


@decide.register
def _(event: e.InstrumentDescribed, state: Laboratory) -> Iterator[Effect]:
    for command in out(state):
        if command.order.instrument == event.instrument:
            yield SendAsk(event.instrument, command.order.command)


@decide.register
def _(event: e.TimerFired, state: Laboratory) -> Iterator[Effect]:
    yield from woken(state, event.timer, event.at)
    yield from approvals.woken(state, event.timer, event.at)
    if (campaign := state.campaigns.get(event.timer.removeprefix(HOURS))) and event.timer.startswith(HOURS):
        yield from go_on(state, campaign, event.at)
    command = state.commands.get(event.timer)
    if command is not None and command.status in OUT:
        yield SendAsk(command.order.instrument, event.timer)
        yield SetTimer(event.timer, event.at + min(max((event.at - command.issued) / 4, ASK_AGAIN), ASK_AT_LEAST))


# --- a person's hand on an instrument


@decide.register
def _(event: e.LaboratoryStopped, state: Laboratory) -> Iterator[Effect]:
    yield from holding.on_stop(event, state)
    for run in state.runs.values():
        yield from left_to_a_person(state, run, event.at)


decide.register(e.LaboratoryReleased)(holding.on_release)
decide.register(e.CancelRequested)(holding.on_cancel)
for _kind in holding.CONTROLS:
    decide.register(_kind)(holding.on_control)
