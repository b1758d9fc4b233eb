"""What persons say to what they are asked to allow.

Each function raises a `LabError` that says what to do, or returns once the event is on disk.
"""

from __future__ import annotations

from datetime import datetime

from labd.domain import approvals as a
from labd.domain import events as e
from labd.domain.errors import InvalidInput, NotFound, TransitionError
from labd.lifecycles import Laboratory
from labd.lifecycles.approval import ApprovalState
from labd.lifecycles.campaign import Campaign
from labd.lifecycles.gates import is_given, of_campaign, requested
from labd.orchestrator.orchestrator import Orchestrator


async def approve(orchestrator: Orchestrator, key: str, content_hash: str, *, by: str, reason: str = "") -> None:
    """Say yes to exactly this content. Raises `NotFound`, and `TransitionError` for another content."""
    _named(by)
    known = _known(orchestrator.state, key)
    await orchestrator.submit(
        lambda _, at: a.ApprovalGiven(at=at, by=by, reason=reason, approval=known, content_hash=content_hash)
    )


async def refuse(orchestrator: Orchestrator, key: str, *, by: str, reason: str) -> None:
    """Say no. Raises `NotFound`, `InvalidInput` without a reason, and `TransitionError`."""
    _named(by)
    if not reason.strip():
        raise InvalidInput("A refusal has a reason.", "Say what would have to be another.")
    known = _known(orchestrator.state, key)
    await orchestrator.submit(lambda _, at: a.ApprovalRefused(at=at, by=by, reason=reason, approval=known))


async def ask_again(orchestrator: Orchestrator, key: str) -> None:
    """Ask once more for what was refused, or not answered in time. Raises `NotFound` and `TransitionError`."""
    known = _known(orchestrator.state, key)
    await orchestrator.submit(lambda state, at: requested(state.approvals[known].approval, at))


def first_asked(state: Laboratory, campaign: Campaign, at: datetime) -> e.Event | None:
    """The question that is put before the campaign goes on; None where nobody need be asked, or all have said yes.
    Raises `TransitionError` where it is open, or was refused."""
    approval = of_campaign(campaign)
    if approval is None or is_given(state, approval):
        return None
    known = state.approvals.get(approval.id)
    if known is not None and known.status == "asked":
        raise waits(campaign, approval)
    if known is not None and known.status == "refused":
        raise TransitionError(
            f"{approval.text} was refused by {', '.join(known.by)}: {known.reason}.",
            f"Change it; or ask again: labd approvals --again {approval.id}",
        )
    return requested(approval, at)


def waits(campaign: Campaign, approval: a.Approval) -> TransitionError:
    """That the campaign waits for persons, and for how many."""
    many = "two persons" if approval.persons == 2 else "a person"
    return TransitionError(
        f"{campaign.name} waits for the approval of {many}: {'; '.join(approval.reasons)}.",
        f"labd approve {approval.id} --by NAME, then start or resume it again.",
    )


def _known(state: Laboratory, key: str) -> str:
    """The id of the approval that is meant: the whole of it, or the end of it."""
    found = [each for each in state.approvals if each == key or each.endswith(f":{key}")]
    if len(found) != 1:
        raise NotFound(f"There is no approval {key!r}.", "`labd approvals` names those that wait.")
    return found[0]


def _named(by: str) -> None:
    if not by.strip():
        raise InvalidInput("Nobody has said it.", "Give the name of the person: --by NAME.")


def known_approval(state: Laboratory, key: str) -> ApprovalState:
    """The approval of that id. Raises `NotFound`."""
    return state.approvals[_known(state, key)]
