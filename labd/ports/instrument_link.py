"""The way to the instruments."""

from collections.abc import AsyncGenerator
from typing import NamedTuple, Protocol

from labd.wire.chunks import Chunk
from labd.wire.decoding import FromDriver, ToAll, ToDriver
from labd.wire.messages import Reading, Stop


class Message(NamedTuple):
    """A valid message from an instrument."""

    instrument: str
    body: FromDriver


class StopHeard(NamedTuple):
    """Something stands on the stop topic, whoever said it, this daemon included."""

    body: Stop | None
    """None where the topic was emptied."""


class ReadingHeard(NamedTuple):
    """A reading of a channel that an interlock names."""

    instrument: str
    channel: str
    body: Reading


class Rejected(NamedTuple):
    """Something arrived that is no valid message."""

    topic: str
    reason: str
    excerpt: str
    size_bytes: int


class Connected(NamedTuple):
    """The link is up; subscriptions are in place."""


class Lost(NamedTuple):
    """The link is down; it comes back by itself."""

    reason: str


Passing = Chunk | ReadingHeard
"""What passes by all else: it is no message, and nothing of it is journalled."""
Inbound = Message | StopHeard | Rejected | Connected | Lost


class InstrumentLink(Protocol):
    """Carries messages to and from the instruments of one workcell. It reconnects by itself and loses nothing silently:
    what cannot be sent is dropped, and `Connected` follows, upon which the laboratory asks."""

    def inbound(self) -> AsyncGenerator[Inbound | Passing, None]:
        """What arrives, in order. To be iterated once, for the life of the link.

        Parts of large results, and readings, pass by all else."""

    async def send(self, instrument: str, body: ToDriver) -> None:
        """Publish to one instrument; returns when it was handed to the broker, or dropped for want of one."""

    async def tell_all(self, body: ToAll) -> None:
        """Publish to the workcell as a whole, a stop or its release for good; returns as `send` does."""
