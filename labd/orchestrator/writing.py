"""A group of events on its way to the journal, with what goes out after the commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from labd.domain import events as e
from labd.domain.effects import Effect
from labd.domain.errors import InvalidInput, LabError
from labd.lifecycles import Laboratory, Settled, begin, follow

log = structlog.get_logger(__name__)

Build = Callable[[Laboratory, datetime], e.Event]
"""Makes an event of the state and the time at which it is written."""


@dataclass(frozen=True, slots=True)
class Submission:
    """An event that a person or a part of the daemon brings, and who waits for it to be on disk."""

    build: Build
    done: asyncio.Future[e.Event] | None = None


class Writing:
    """A group on its way to the journal: nothing of it is true before the commit."""

    def __init__(self, state: Laboratory) -> None:
        self.state = state
        self.events: list[e.Event] = []
        self.effects: list[Effect] = []
        self.answered: list[tuple[asyncio.Future[e.Event], e.Event]] = []
        self.hashes: dict[str, str] = {}
        """Of the outcomes in this group, which the journal does not know yet."""
        self.seen = False

    def settle(self, event: e.Event) -> None:
        """Take the event and what follows from it into the group; no further step begins yet. Raises `LabError`, and
        then takes nothing."""
        self._take(follow(self.state, event))

    def conclude(self) -> None:
        """The group is complete: begin what can begin now."""
        self._take(begin(self.state, self.events))

    def _take(self, settled: Settled) -> None:
        self.state = settled.state
        self.events += settled.events
        self.effects += settled.effects
        self.hashes |= {
            each.command: each.content_hash for each in settled.events if isinstance(each, e.CommandFinished)
        }


def writable(event: e.Event) -> None:
    """Raises `InvalidInput` for what a person brought and the journal, which is JSON in UTF-8, cannot hold."""
    try:
        event.model_dump_json()
    except ValueError as error:
        raise InvalidInput(f"It cannot be written down: {error}.", "Use valid Unicode text.") from error


def told(error: Exception, what: str) -> str:
    """The error in words; one that nobody foresaw is logged with its trace."""
    if isinstance(error, LabError):
        return str(error)
    log.error(what, exc_info=error)
    return f"{type(error).__name__}: {error}"
