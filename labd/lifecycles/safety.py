"""The life of the software emergency stop.

    clear ──stop──> stopped ──release──> clear
                      └──stop──^

It is latched: in the journal, on the broker and in the ledger of each driver. Nothing but a person with a reason leads
back, and only over the journal: what others say on the wire stops, and never releases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from labd.domain.events import LaboratoryReleased, LaboratoryStopped
from labd.lifecycles.table import Table
from labd.wire.messages import held_by


class SafetyStatus(StrEnum):
    """Whether the laboratory may move."""

    CLEAR = "clear"
    """Orders may leave."""
    STOPPED = "stopped"
    """Nothing begins, and every instrument that hears it makes itself safe."""


TABLE = Table(
    "laboratory",
    {
        SafetyStatus.CLEAR: {"stop": SafetyStatus.STOPPED},
        SafetyStatus.STOPPED: {"stop": SafetyStatus.STOPPED, "release": SafetyStatus.CLEAR},
    },
)


@dataclass(frozen=True, slots=True)
class Word:
    """What was said to the room last, of one kind: who, why, when."""

    by: str
    reason: str
    at: datetime

    @property
    def text(self) -> str:
        """Who, and why, in one line."""
        return held_by(self.by, self.reason)


@dataclass(frozen=True, slots=True)
class Safety:
    """Whether the laboratory is stopped, and by whom; of a stop that was released, too."""

    status: SafetyStatus = SafetyStatus.CLEAR
    stop: str = ""
    """The id of the stop, or of the last one; empty before the first. Its release bears the same."""
    pressed: Word | None = None
    """Of that stop."""
    released: Word | None = None
    """Of the last release."""

    @property
    def stopped(self) -> bool:
        """Whether nothing may begin."""
        return self.status is SafetyStatus.STOPPED

    def interrupted(self, since: datetime) -> bool:
        """Whether what has been under way since then was under way when the last stop was pressed."""
        return self.pressed is not None and since <= self.pressed.at


def stop(safety: Safety, event: LaboratoryStopped) -> Safety:
    """The laboratory, stopped. Of stops that hold together the latest id counts, so that one release ends them all."""
    later = max(safety.stop, event.stop) if safety.stopped else event.stop
    status = TABLE.next(safety.status, "stop")
    return replace(safety, status=status, stop=later, pressed=Word(event.by, event.reason, event.at))


def release(safety: Safety, event: LaboratoryReleased) -> Safety:
    """The laboratory, clear again. Raises `TransitionError` where it is not stopped."""
    status = TABLE.next(safety.status, "release")
    return replace(safety, status=status, released=Word(event.by, event.reason, event.at))
