"""Old payloads, made new: small pure functions, one a step, so that a journal of any release opens.

A change of an event that an old payload could not be read with raises `SCHEMA_VERSIONS[kind]` and adds a function here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Payload = dict[str, Any]
Upgrades = Mapping[tuple[str, int], Callable[[Payload], Payload]]
"""By kind and the version that it takes: the payload of the next version."""

SCHEMA_VERSIONS: Mapping[str, int] = {}
"""By kind, where it is not 1: the version that is written now."""

UPGRADES: Upgrades = {}


def upgraded(kind: str, version: int, payload: Payload, upgrades: Upgrades = UPGRADES) -> Payload:
    """The payload as this release reads it."""
    while (kind, version) in upgrades:
        payload = upgrades[kind, version](payload)
        version += 1
    return payload
