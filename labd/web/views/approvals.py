"""What persons are asked to allow: what, why, by whom so far. Pure."""

from __future__ import annotations

from labd.lifecycles import Laboratory
from labd.lifecycles.approval import ApprovalState, ApprovalStatus
from labd.web.views.pieces import View, moment_text


def approval_view(state: Laboratory, it: ApprovalState) -> View:
    """One question, and the words on it so far."""
    campaign = state.campaigns.get(it.approval.campaign)
    return {
        **it.approval.model_dump(mode="json"),
        "campaign_name": campaign.name if campaign else "",
        "status": it.status,
        "by": list(it.by),
        "reason": it.reason,
        "asked": moment_text(it.asked),
    }


def approvals_view(state: Laboratory) -> list[View]:
    """All of them: those that wait first, the newest first."""
    newest = sorted(state.approvals.values(), key=lambda each: each.asked, reverse=True)
    return [approval_view(state, each) for each in sorted(newest, key=lambda each: each.status not in UNSETTLED)]


def open_approvals(state: Laboratory) -> list[View]:
    """Those that wait for a person's word, or were not answered in time, of campaigns that have not ended."""
    found = (each for each in state.approvals.values() if each.status in UNSETTLED)
    return [
        approval_view(state, each)
        for each in found
        if (campaign := state.campaigns.get(each.approval.campaign)) is not None and campaign.ended is None
    ]


UNSETTLED = (ApprovalStatus.ASKED, ApprovalStatus.EXPIRED)
