"""A journal in memory, with the contract of the real one and a crash that keeps only what was committed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from pydantic import TypeAdapter

from labd.domain.errors import JournalError
from labd.domain.events import CommandFinished, CommandIssued, Event
from labd.ports.journal import Recorded

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class SimulatedJournal:
    """`labd.ports.Journal` without a disk. What is read back went through JSON, as on the real one."""

    def __init__(self, payloads: Sequence[str] = (), snapshot: tuple[int, str] | None = None) -> None:
        self._payloads: list[str] = []
        self._hashes: dict[str, str | None] = {}
        self._snapshot = snapshot
        self.full = False
        """Set it, and the disk is full."""
        for payload in payloads:
            self._keep(payload, _EVENT.validate_json(payload))

    async def append(self, events: Sequence[Event]) -> Sequence[Recorded]:
        """Commit all of these or none."""
        self._need_room()
        recorded = [Recorded(len(self._payloads) + i, event) for i, event in enumerate(events, 1)]
        for payload, event in [(event.model_dump_json(), event) for event in events]:
            self._keep(payload, event)
        return recorded

    async def read(self, after: int = 0) -> AsyncIterator[Recorded]:
        """The events behind a place, in order."""
        for sequence, payload in enumerate(self._payloads[after:], after + 1):
            yield Recorded(sequence, _EVENT.validate_json(payload))

    async def latest_snapshot(self) -> tuple[int, str] | None:
        """The place and the JSON of the newest snapshot."""
        return self._snapshot

    async def save_snapshot(self, sequence: int, state: str) -> None:
        """Keep it, and no older one."""
        self._need_room()
        self._snapshot = (sequence, state)

    async def outcome_hash(self, command: str) -> str | None:
        """The content hash of the outcome that was recorded for a command, if there is one."""
        return self._hashes.get(command)

    def survivor(self) -> SimulatedJournal:
        """What the next daemon finds after a crash: all that was committed, and nothing else."""
        return SimulatedJournal(self._payloads, self._snapshot)

    def _need_room(self) -> None:
        if self.full:
            raise JournalError("The disk is full.", "Make room, and labd goes on by itself.")

    def _keep(self, payload: str, event: Event) -> None:
        self._payloads.append(payload)
        if isinstance(event, CommandIssued):
            self._hashes[event.order.command] = None
        elif isinstance(event, CommandFinished) and event.command in self._hashes:
            self._hashes[event.command] = event.content_hash
