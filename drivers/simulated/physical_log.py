"""What physically happened, in each instrument's own words: a witness that neither drivers' kit nor daemon writes.

`<world>/physical/<instrument>.jsonl` holds a JSON object a line, appended and fsynced before the action goes on:

    {"at": "2026-01-01T12:00:00.000000+00:00", "event": "begun", "instrument": "reactor_1",
     "command": "01JD3Z.7.1.react.1", "action": "react", "sample": "01JD3Z.7.1", "moved": {"temperature": 70.0}}

`event` is `begun` (something moved), then `done`, or `failed` (with `reason`): an action without an end was cut off.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple


class Action(NamedTuple):
    """One line of a log."""

    at: datetime
    event: Literal["begun", "done", "failed"]
    instrument: str
    command: str
    action: str
    sample: str
    moved: dict[str, float | int | str]
    reason: str = ""


class PhysicalLog:
    """The log of one instrument. Two processes may append to it: a line is written whole."""

    def __init__(self, directory: Path, instrument: str) -> None:
        self._path = directory / f"{instrument}.jsonl"
        self.instrument = instrument

    def write(
        self,
        event: Literal["begun", "done", "failed"],
        *,
        command: str,
        action: str,
        sample: str,
        moved: dict[str, float | int | str],
        reason: str = "",
    ) -> None:
        """Append a line; on disk when this returns."""
        now = datetime.now(UTC)
        line = Action(now, event, self.instrument, command, action, sample, moved, reason)._asdict()
        text = json.dumps(line | {"at": now.isoformat(timespec="microseconds")}) + "\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, text.encode())
            os.fsync(file)
        finally:
            os.close(file)


def actions(directory: Path) -> list[Action]:
    """Everything that the instruments of `<world>/physical` did, in the order of its times."""
    lines = [
        json.loads(line) for path in directory.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()
    ]
    read = [Action(**(line | {"at": datetime.fromisoformat(line["at"])})) for line in lines]
    return sorted(read, key=lambda each: each.at)
