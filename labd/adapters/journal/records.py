"""Events as rows and rows as events: streams, versions and payloads."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from labd.adapters.journal.upgrades import UPGRADES, Upgrades, current, upgraded
from labd.domain.errors import JournalError
from labd.domain.events import CommandIssued, Event
from labd.ports.journal import Recorded

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def stream(event: Event) -> str:
    """Where an event belongs: its campaign, down to its commands (ids of children begin with their campaign's), its
    instrument, or the laboratory."""
    if isinstance(event, CommandIssued):
        return event.order.run.partition(".")[0]
    for part in ("campaign", "trial", "run", "command"):
        if (key := getattr(event, part, None)) is not None:
            return str(key).partition(".")[0]
    name = getattr(event, "instrument", None)
    return "laboratory" if name is None else f"instrument:{name}"


def row(recorded: Recorded, into: str, version: int, upgrades: Upgrades = UPGRADES) -> dict[str, Any]:
    """The row of an event that is number `version` of the stream `into`."""
    sequence, event = recorded
    return {
        "sequence": sequence,
        "stream": into,
        "version": version,
        "kind": event.kind,
        "schema_version": current(event.kind, upgrades),
        "at": event.at.isoformat(),
        "payload": event.model_dump_json(),
    }


def restored(sequence: int, kind: str, version: int, payload: str, upgrades: Upgrades = UPGRADES) -> Recorded:
    """The event of a row. Raises `JournalError` where this release cannot read it."""
    newest = current(kind, upgrades)
    if version > newest:
        raise JournalError(
            f"Event {sequence} ({kind}) was written by a newer release of labd.", "Use that release, or a newer one."
        )
    try:
        if version == newest:
            return Recorded(sequence, _EVENT.validate_json(payload))
        return Recorded(sequence, _EVENT.validate_python(upgraded(kind, version, json.loads(payload), upgrades)))
    except (ValidationError, ValueError) as error:
        raise JournalError(
            f"Event {sequence} ({kind}) cannot be read: {error}",
            "The journal is damaged, or of a newer release of labd: restore it from a backup, or use that release.",
        ) from error
