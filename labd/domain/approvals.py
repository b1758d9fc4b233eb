"""What a person must allow before it happens, and their word on it. An approval binds to the hash of what was shown."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from labd.domain.happened import ByPerson, Happened
from labd.domain.identifiers import CampaignId
from labd.domain.value import Value

Subject = Literal["campaign", "edit", "trial", "step"]


class Approval(Value):
    """A question to a person with authority."""

    id: str
    """`<subject>:<what>:<first 12 characters of the hash>`."""
    campaign: CampaignId
    subject: Subject
    what: str
    """The campaign, the trial or the step that waits."""
    content_hash: str
    """SHA-256 of what is approved; another content needs another approval."""
    text: str
    """What is asked, for the page."""
    reasons: tuple[str, ...] = ()
    """Why it is asked: first run of this version, hazard class, widened bounds, proposed by a machine, ..."""
    persons: int = Field(default=1, ge=1, le=2)
    """How many different persons must say yes."""
    until: datetime | None = None
    """Not answered by then means hold: it is asked again only when a person asks for it."""


class ApprovalRequested(Happened):
    """Something waits for a person's word."""

    kind: Literal["approval_requested"] = "approval_requested"
    approval: Approval


class ApprovalGiven(ByPerson):
    """A person said yes, to exactly this content."""

    kind: Literal["approval_given"] = "approval_given"
    approval: str
    content_hash: str


class ApprovalRefused(ByPerson):
    """A person said no."""

    kind: Literal["approval_refused"] = "approval_refused"
    approval: str


class ApprovalExpired(Happened):
    """Nobody answered in time: what was asked for is held."""

    kind: Literal["approval_expired"] = "approval_expired"
    approval: str


ApprovalEvent = ApprovalRequested | ApprovalGiven | ApprovalRefused | ApprovalExpired
