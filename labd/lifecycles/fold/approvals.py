"""What events make of approvals."""

from __future__ import annotations

from typing import assert_never

from labd.domain import approvals as a
from labd.domain.errors import NotFound
from labd.lifecycles import approval as approvals
from labd.lifecycles.approval import ApprovalState
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.replacing import replace


def on_approval(state: Laboratory, event: a.ApprovalEvent) -> Laboratory:
    """The state after the event. Raises `NotFound` or `TransitionError`."""
    match event:
        case a.ApprovalRequested(approval=approval):
            return _put(state, approvals.asked(state.approvals.get(approval.id), approval, event.at))
        case a.ApprovalGiven():
            return _put(state, approvals.given(_known(state, event.approval), event))
        case a.ApprovalRefused():
            return _put(state, approvals.ended(_known(state, event.approval), "refuse", (event.by,), event.reason))
        case a.ApprovalExpired():
            return _put(state, approvals.ended(_known(state, event.approval), "expire", (), "nobody answered in time"))
        case _:
            assert_never(event)


def _known(state: Laboratory, key: str) -> ApprovalState:
    if key not in state.approvals:
        raise NotFound(f"Nobody asks for the approval {key!r}.", "`labd approvals` names those that wait.")
    return state.approvals[key]


def _put(state: Laboratory, it: ApprovalState) -> Laboratory:
    return replace(state, approvals=state.approvals | {it.approval.id: it})
