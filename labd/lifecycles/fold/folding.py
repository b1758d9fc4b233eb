"""What each event makes of the state: one arm an event, none forgotten.

It takes everything from the event, so a journal folds to the same state for ever, whatever release reads it; what is
*decided* about an event is in `labd.lifecycles.decisions`, and each decision that matters is itself an event.
"""

from __future__ import annotations

from typing import assert_never

from labd.domain import events as e
from labd.domain.approvals import ApprovalEvent
from labd.domain.edits import Edit
from labd.domain.errors import NotFound, TransitionError
from labd.domain.room_events import RoomEvent
from labd.domain.step_events import StepEvent
from labd.lifecycles import campaign as campaigns
from labd.lifecycles import safety
from labd.lifecycles.campaign import PlanRequest
from labd.lifecycles.fold.approvals import on_approval
from labd.lifecycles.fold.campaigns import (
    change_campaign,
    move_campaign,
    not_answered,
    open_trials,
    put_campaign,
    tell,
)
from labd.lifecycles.fold.commands import accept, finish, issue, move_command, overdue, resolve
from labd.lifecycles.fold.edits import on_edit
from labd.lifecycles.fold.matter import on_room_event, shelve
from labd.lifecycles.fold.room import change_instrument, contest, fall_silent, furnish, lock, report_state, unlock
from labd.lifecycles.fold.steps import on_step_event
from labd.lifecycles.fold.trials import analysed, close_trial, fail_run, resolve_run, start_run
from labd.lifecycles.instrument import InstrumentStatus
from labd.lifecycles.interlock import InterlockState
from labd.lifecycles.laboratory import QUARANTINE_SHOWN, Laboratory
from labd.lifecycles.register import Register
from labd.lifecycles.replacing import replace


def evolve(state: Laboratory, event: e.Event) -> Laboratory:  # noqa: C901, PLR0912, PLR0915 - one arm an event
    """The state after the event. Raises `TransitionError` or `NotFound` where the event cannot follow: it is then no
    part of the journal."""
    state = replace(state, version=state.version + 1)
    if isinstance(event, e.CommandIssued):  # these three first: nearly all that happens is one of them
        return issue(state, event)
    if isinstance(event, e.CommandAccepted):
        return accept(state, event)
    if isinstance(event, e.CommandFinished):
        return finish(state, event)
    if isinstance(event, Edit):
        return on_edit(state, event)
    if isinstance(event, ApprovalEvent):
        return on_approval(state, event)
    if isinstance(event, RoomEvent):
        return on_room_event(state, event)
    if isinstance(event, StepEvent):
        return on_step_event(state, event)
    match event:
        case e.DaemonStarted():
            silent = {
                name: replace(
                    each,
                    status=InstrumentStatus.OFFLINE,
                    session="",
                    in_hand=(),
                    stop="",
                    held="",
                    version=state.version,
                )
                for name, each in state.instruments.items()
            }
            unheard = Register({name: InterlockState(since=event.at) for name in state.interlocks})
            return replace(state, epoch=event.epoch, linked=False, instruments=Register(silent), interlocks=unheard)
        case e.EpochRaised():
            return replace(state, epoch=event.epoch)
        case e.WorkcellLoaded():
            return shelve(furnish(state, event.workcell), event.workcell)
        case e.LinkConnected():
            return replace(state, linked=True)
        case e.LinkLost():
            return replace(state, linked=False)
        case e.MessageQuarantined():
            short = event.model_copy(update={"excerpt": event.excerpt[:500]})
            return replace(
                state, quarantined=state.quarantined + 1, quarantine=(*state.quarantine, short)[-QUARANTINE_SHOWN:]
            )
        case e.TimerFired():
            return overdue(state, event)
        case e.LaboratoryStopped():
            return replace(state, safety=safety.stop(state.safety, event))
        case e.LaboratoryReleased():
            return replace(state, safety=safety.release(state.safety, event))
        case e.InstrumentDescribed():
            return change_instrument(
                state,
                event.instrument,
                lambda it: replace(
                    it, descriptor=event.descriptor, session=event.descriptor.session, ledger=event.ledger
                ),
            )
        case e.InstrumentStateReported():
            return report_state(state, event)
        case e.InstrumentFellSilent():
            return fall_silent(state, event)
        case e.InstrumentContested():
            return contest(state, event)
        case e.InstrumentLocked():
            return lock(state, event)
        case e.InstrumentUnlocked():
            return unlock(state, event)
        case e.InstrumentPaused() | e.InstrumentResumed() | e.InstrumentReset():
            return change_instrument(state, event.instrument, lambda it: it)  # its state will say what became of it
        case e.CampaignDrafted():
            if event.campaign in state.campaigns:
                raise TransitionError(f"Campaign {event.campaign} exists already.", "Ids are drawn, never chosen.")
            return put_campaign(state, campaigns.drafted(event, state.version))
        case e.CampaignStarted() | e.CampaignResumed():
            return move_campaign(state, event, "start" if isinstance(event, e.CampaignStarted) else "resume")
        case e.CampaignPaused():
            return move_campaign(state, event, "pause")
        case e.CampaignStopped():
            return move_campaign(state, event, "stop")
        case e.CampaignFinished():
            return move_campaign(state, event, "finish")
        case e.SuggestionsRequested():
            request = PlanRequest(event.request, event.count, event.seed, event.proposer)
            return change_campaign(
                state, event.campaign, lambda c: replace(c, request=request, requests=max(c.requests, event.request))
            )
        case e.SuggestionsMade():
            return open_trials(state, event)
        case e.PlanningFailed():
            return change_campaign(state, event.campaign, lambda c: not_answered(c, event))
        case e.ObservationAdded():
            return tell(state, event)
        case e.StepsForeseen():
            return replace(state, foreseen=event.starts_s)
        case e.RunStarted():
            return start_run(state, event)
        case e.RunAnalysed():
            return analysed(state, event)
        case e.RunResolved():
            return resolve_run(state, event)
        case e.RunFailed():
            return fail_run(state, event)
        case e.TrialObserved():
            return close_trial(state, event, "observe", event.note)
        case e.TrialFailed():
            return close_trial(state, event, "fail", event.reason)
        case e.TrialAbandoned():
            return close_trial(state, event, "abandon", event.reason)
        case e.CommandMissed():
            return move_command(state, event.command, "missed")
        case e.CancelRequested():
            if event.command not in state.commands:
                raise NotFound(f"There is no open command {event.command!r}.", "It may be finished already.")
            return state
        case e.CommandResolved():
            return resolve(state, event)
        case _:
            assert_never(event)
