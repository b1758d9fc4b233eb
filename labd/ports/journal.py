"""The truth, on disk."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from labd.domain.events import Event


class Recorded(NamedTuple):
    """An event and its place in the journal; places count from 1 without gaps."""

    sequence: int
    event: Event


class Journal(Protocol):
    """Append-only; what `append` returned from is on disk. Raises `JournalError` when it cannot."""

    async def append(self, events: Sequence[Event]) -> Sequence[Recorded]:
        """Commit all of these, with the projections that follow from them, or none."""

    def read(self, after: int = 0) -> AsyncIterator[Recorded]:
        """The events behind a place, in order."""

    async def latest_snapshot(self) -> tuple[int, str] | None:
        """The place and the JSON of the newest snapshot."""

    async def save_snapshot(self, sequence: int, state: str) -> None:
        """Keep the folded state at a place; older snapshots may go."""

    async def outcome_hash(self, command: str) -> str | None:
        """The content hash of the outcome that was recorded for a command, if there is one."""
