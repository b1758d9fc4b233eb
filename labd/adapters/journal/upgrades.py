"""Old payloads, made new: small pure functions, one a step, so that a journal of any release opens.

A change of an event that an old payload could not be read with adds a function here; what is written from then on
carries the version behind the last step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Payload = dict[str, Any]
Upgrades = Mapping[tuple[str, int], Callable[[Payload], Payload]]
"""By kind and the version that it takes: the payload of the next version."""

UPGRADES: Upgrades = {}


def current(kind: str, upgrades: Upgrades) -> int:
    """The version of a kind that this release writes: 1, and one more for each step.

    >>> current("campaign_paused", {("campaign_paused", 1): dict})
    2
    """
    return 1 + max((version for known, version in upgrades if known == kind), default=0)


def upgraded(kind: str, version: int, payload: Payload, upgrades: Upgrades) -> Payload:
    """The payload as this release reads it."""
    while (kind, version) in upgrades:
        payload = upgrades[kind, version](payload)
        version += 1
    return payload
