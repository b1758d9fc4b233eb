"""The life of an approval.

    asked ──give──> given
      │ ^──agree──┘ (the first of two persons)
      ├──refuse──> refused ──ask──> asked
      └──expire──> expired ──ask──> asked

It is bound to the hash of what was shown: another content is another approval, with an id of its own. Nobody's silence
is a yes: what is not answered in time is held.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from labd.domain.approvals import Approval, ApprovalGiven
from labd.domain.errors import TransitionError
from labd.lifecycles.replacing import replace
from labd.lifecycles.table import Table


class ApprovalStatus(StrEnum):
    """Where an approval stands."""

    ASKED = "asked"
    """It waits for as many persons as must say yes."""
    GIVEN = "given"
    """They did; of this content it is for good."""
    REFUSED = "refused"
    """One of them said no."""
    EXPIRED = "expired"
    """Nobody answered in time: that is no yes."""


TABLE = Table(
    "approval",
    {
        ApprovalStatus.ASKED: {
            "agree": ApprovalStatus.ASKED,
            "give": ApprovalStatus.GIVEN,
            "refuse": ApprovalStatus.REFUSED,
            "expire": ApprovalStatus.EXPIRED,
        },
        ApprovalStatus.REFUSED: {"ask": ApprovalStatus.ASKED},
        ApprovalStatus.EXPIRED: {"ask": ApprovalStatus.ASKED},
        ApprovalStatus.GIVEN: {},
    },
)


@dataclass(frozen=True, slots=True)
class ApprovalState:
    """A question to persons with authority, and their word so far."""

    approval: Approval
    asked: datetime
    status: ApprovalStatus = ApprovalStatus.ASKED
    by: tuple[str, ...] = ()
    """Who said yes; of a refusal, who said no."""
    reason: str = ""
    """Of the last word."""


def asked(known: ApprovalState | None, approval: Approval, at: datetime) -> ApprovalState:
    """The question, for the first time or again. Raises `TransitionError` where it is open or was answered by yes."""
    if known is not None:
        TABLE.next(known.status, "ask")
    return ApprovalState(approval, at)


def given(it: ApprovalState, event: ApprovalGiven) -> ApprovalState:
    """With one more yes. Raises `TransitionError` for another content, or a person who said so already."""
    if event.content_hash != it.approval.content_hash:
        raise TransitionError(
            f"{it.approval.id} is about another content than the one that was approved.",
            "Look at what is asked now, and approve that.",
        )
    if _same(event.by) in map(_same, it.by):
        raise TransitionError(f"{event.by} has approved it already.", "It needs another person, too.")
    by = (*it.by, event.by)
    status = TABLE.next(it.status, "give" if len(by) >= it.approval.persons else "agree")
    return replace(it, status=status, by=by, reason=event.reason)


def ended(it: ApprovalState, trigger: str, by: tuple[str, ...], reason: str) -> ApprovalState:
    """Refused, or expired. Raises `TransitionError`."""
    return replace(it, status=TABLE.next(it.status, trigger), by=by, reason=reason)


def _same(name: str) -> str:
    return " ".join(name.casefold().split())
