"""The folded state as text, believed only by the release that folded it: another may make more of the same events."""

from __future__ import annotations

import hashlib
import json
from functools import cache

from pydantic import TypeAdapter, ValidationError

from labd.lifecycles import Laboratory

_STATE = TypeAdapter(Laboratory)


def dumped(state: Laboratory, release: str) -> str:
    """The state, behind a line that says who folded it."""
    return f"{_mark(release)}\n{_STATE.dump_json(state).decode()}"


def restored(text: str, release: str) -> Laboratory | None:
    """The state; None where it was folded by another release, or has another shape."""
    mark, _, state = text.partition("\n")
    if mark != _mark(release):
        return None
    try:
        return _STATE.validate_json(state)
    except ValidationError:
        return None


@cache  # the schema of all that there is takes longer than the state of a small laboratory
def _mark(release: str) -> str:
    shape = json.dumps(_STATE.json_schema(mode="serialization"), sort_keys=True)
    return hashlib.sha256(f"{release} {shape}".encode()).hexdigest()
