"""A link in memory: what a test plays as the instruments goes in, what the daemon sends comes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import NamedTuple

from labd.domain.errors import InvalidInput
from labd.ports.instrument_link import Connected, Inbound, Lost, Message, Passing, ReadingHeard, Rejected, StopHeard
from labd.wire.chunks import chunk_from_driver, is_chunk
from labd.wire.decoding import TO_ALL_LEAVES, TO_DRIVER_LEAVES, Reader, ToAll, ToDriver, excerpt, is_reading, stop_from
from labd.wire.messages import Stop
from labd.wire.topics import topic_of_all

STOP = topic_of_all("memory", "stop")
"""There is one room here, whatever it is called."""


class Sent(NamedTuple):
    """Something that the daemon sent."""

    instrument: str
    body: ToDriver


class SimulatedLink:
    """`labd.ports.InstrumentLink` without a broker; the room's side is `publish`, `arrive`, `cut` and `restore`."""

    def __init__(self) -> None:
        self._inbound: asyncio.Queue[Inbound | Passing] = asyncio.Queue()
        self._retained: dict[str, bytes] = {}
        self._listening = False
        self._reader = Reader()
        self._up = True
        self.sent: asyncio.Queue[Sent] = asyncio.Queue()
        """For the instruments to take."""
        self.told: asyncio.Queue[ToAll] = asyncio.Queue()
        """For all of them."""

    async def inbound(self) -> AsyncGenerator[Inbound | Passing, None]:
        """What arrives, in order, after the link is up."""
        self._listening = True
        if self._up:
            self._connect()
        while True:
            yield await self._inbound.get()

    async def send(self, instrument: str, body: ToDriver) -> None:
        """Hand it to the instruments; while the link is cut it is dropped."""
        assert type(body) in TO_DRIVER_LEAVES, f"{body!r} is nothing that a daemon says"  # noqa: S101
        if self._up and self._listening:
            self.sent.put_nowait(Sent(instrument, body))

    async def tell_all(self, body: ToAll) -> None:
        """Hand it to the room; a stop comes back, as from any broker, and is kept for who comes later."""
        assert type(body) in TO_ALL_LEAVES, f"{body!r} is nothing that a daemon says"  # noqa: S101
        if not (self._up and self._listening):
            return
        self.told.put_nowait(body)
        if isinstance(body, Stop):
            self.publish(STOP, body.model_dump_json().encode(), retain=True)

    # --- the room's side

    def arrive(self, inbound: Inbound | Passing) -> None:
        """Let something arrive at the daemon, whatever the state of the link."""
        self._inbound.put_nowait(inbound)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Say something as an instrument, in bytes. Whether there was a broker to take it."""
        if not self._up:
            return False
        if retain and payload:
            self._retained[topic] = payload
        elif retain:
            self._retained.pop(topic, None)
        if self._listening:
            self._take(topic, payload)
        return True

    def cut(self, reason: str = "The broker is gone.") -> None:
        """The broker dies, and forgets what it retained."""
        self._up = False
        self._retained.clear()
        if self._listening:
            self._inbound.put_nowait(Lost(reason))

    def restore(self) -> None:
        """The broker is back."""
        self._up = True
        if self._listening:
            self._connect()

    def _connect(self) -> None:
        self._inbound.put_nowait(Connected())
        for topic, payload in self._retained.items():
            self._take(topic, payload)

    def _take(self, topic: str, payload: bytes) -> None:
        try:
            if topic.count("/") == STOP.count("/") and topic.endswith("/stop"):
                self._inbound.put_nowait(StopHeard(stop_from(payload)))
            elif is_chunk(topic):
                self._inbound.put_nowait(chunk_from_driver(topic, payload))
            elif is_reading(topic):
                self._inbound.put_nowait(ReadingHeard(*self._reader.reading(topic, payload)))
            elif payload:  # else somebody cleared a retained message: nothing is said
                self._inbound.put_nowait(Message(*self._reader.read(topic, payload)))
        except InvalidInput as error:
            self._inbound.put_nowait(Rejected(topic, str(error), excerpt(payload), len(payload)))
