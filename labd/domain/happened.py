"""What all events have."""

from __future__ import annotations

from pydantic import AwareDatetime

from labd.domain.value import Value


class Happened(Value):
    """What all events have: when the daemon learnt of it (UTC)."""

    at: AwareDatetime


class ByPerson(Happened):
    """Something that a person did: who, and why."""

    by: str = "operator"
    reason: str = ""
