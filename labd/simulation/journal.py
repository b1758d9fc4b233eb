"""A journal in memory, with the contract of the real one and a crash that keeps only what was committed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from labd.domain.errors import JournalError
from labd.domain.events import CommandFinished, Event
from labd.ports.journal import Recorded


class SimulatedJournal:
    """`labd.ports.Journal` without a disk."""

    def __init__(self, recorded: Sequence[Recorded] = (), snapshot: tuple[int, str] | None = None) -> None:
        self._recorded = list(recorded)
        self._snapshot = snapshot
        self.full = False
        """Set it, and the disk is full."""

    async def append(self, events: Sequence[Event]) -> Sequence[Recorded]:
        """Commit all of these or none."""
        if self.full:
            raise JournalError("The disk is full.", "Make room, and labd goes on by itself.")
        added = [Recorded(len(self._recorded) + i, event) for i, event in enumerate(events, 1)]
        self._recorded += added
        return added

    async def read(self, after: int = 0) -> AsyncIterator[Recorded]:
        """The events behind a place, in order."""
        for each in self._recorded[after:]:
            yield each

    async def latest_snapshot(self) -> tuple[int, str] | None:
        """The newest snapshot."""
        return self._snapshot

    async def save_snapshot(self, sequence: int, state: str) -> None:
        """Keep it."""
        self._snapshot = (sequence, state)

    async def outcome_hash(self, command: str) -> str | None:
        """The content hash of the outcome that was recorded for a command, if there is one."""
        finished = (each.event for each in self._recorded if isinstance(each.event, CommandFinished))
        return next((event.content_hash for event in finished if event.command == command), None)

    def survivor(self) -> SimulatedJournal:
        """What the next daemon finds after a crash: all that was committed, and nothing else."""
        return SimulatedJournal(self._recorded, self._snapshot)
