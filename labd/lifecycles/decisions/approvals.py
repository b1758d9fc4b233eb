"""What is decided about approvals: how long they wait, and what a refusal leads to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from labd.domain import approvals as a
from labd.domain.edits import TrialRejected
from labd.domain.effects import CancelTimer, Effect, Record, SetTimer
from labd.lifecycles.approval import ApprovalStatus
from labd.lifecycles.campaign import Campaign, CampaignStatus
from labd.lifecycles.decisions.deciding import decide
from labd.lifecycles.decisions.planning import pause
from labd.lifecycles.gates import is_given, of_campaign, requested
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.trial import TrialStatus

TIMER = "approval/"


@decide.register
def _(event: a.ApprovalRequested, state: Laboratory) -> Iterator[Effect]:
    if event.approval.until is not None:
        yield SetTimer(f"{TIMER}{event.approval.id}", event.approval.until)


@decide.register
def _(event: a.ApprovalGiven, state: Laboratory) -> Iterator[Effect]:
    if state.approvals[event.approval].status is ApprovalStatus.GIVEN:
        yield CancelTimer(f"{TIMER}{event.approval}")


@decide.register
def _(event: a.ApprovalRefused, state: Laboratory) -> Iterator[Effect]:
    """A trial is rejected, where nothing of it has begun; a step leaves its campaign to a person."""
    yield CancelTimer(f"{TIMER}{event.approval}")
    approval = state.approvals[event.approval].approval
    trial = state.trials.get(approval.what)
    if approval.subject == "trial" and trial is not None:
        if trial.status is TrialStatus.PENDING and not state.has_begun(trial):
            reason = event.reason or "it was not approved"
            yield Record(TrialRejected(at=event.at, trial=trial.id, by=event.by, reason=reason))
    elif approval.subject == "step":
        reason = f"{event.by} refused {approval.what}" + (f": {event.reason}" if event.reason else "")
        yield from _held(state.campaigns[approval.campaign], event.at, reason)


def after_edit(state: Laboratory, campaign: Campaign, at: datetime) -> Iterator[Effect]:
    """An edit makes another content of what was approved: it is held until that is approved, too."""
    approval = of_campaign(campaign)
    if approval is not None and not is_given(state, approval):
        yield from _held(campaign, at, "It was edited, and waits for approval as it is now")
        if campaign.status is not CampaignStatus.DRAFT and approval.id not in state.approvals:
            yield Record(requested(approval, at))


def _held(campaign: Campaign, at: datetime, reason: str) -> Iterator[Record]:
    if campaign.status is CampaignStatus.RUNNING:
        yield Record(pause(campaign.id, at, reason))


def woken(state: Laboratory, timer: str, at: datetime) -> Iterator[Effect]:
    """An approval whose time is over, if nobody has answered."""
    known = state.approvals.get(timer.removeprefix(TIMER)) if timer.startswith(TIMER) else None
    if known is not None and known.status is ApprovalStatus.ASKED:
        if known.approval.until is not None and known.approval.until > at:
            yield SetTimer(timer, known.approval.until)
        else:
            yield Record(a.ApprovalExpired(at=at, approval=known.approval.id))


def timers(state: Laboratory) -> Iterator[Effect]:
    """Those of all approvals that wait, as a restart needs them."""
    for known in state.approvals.values():
        if known.status is ApprovalStatus.ASKED and known.approval.until is not None:
            yield SetTimer(f"{TIMER}{known.approval.id}", known.approval.until)
