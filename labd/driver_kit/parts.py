"""Parts of large results on their way to the daemon, beside all else that a driver says."""

from __future__ import annotations

import asyncio
import logging

from labd.driver_kit.attachments import Attachments
from labd.mqtt import MqttTransport
from labd.wire.chunks import chunk_leaf
from labd.wire.messages import Fetch
from labd.wire.topics import topic

WANTED_BOUND = 64
"""A daemon asks for a few parts at a time. What is beyond is dropped, and asked for again."""

log = logging.getLogger("labd.driver")


class Parts:
    """Answers what is fetched, one after the other, while `run` runs; states and reports do not wait behind it."""

    def __init__(self, transport: MqttTransport, attachments: Attachments, workcell: str, name: str) -> None:
        self._transport, self._attachments = transport, attachments
        self._workcell, self._name = workcell, name
        self._wanted: asyncio.Queue[Fetch] = asyncio.Queue(WANTED_BOUND)

    def fetch(self, wanted: Fetch) -> None:
        """A part is to be sent."""
        try:
            self._wanted.put_nowait(wanted)
        except asyncio.QueueFull:
            log.warning("more parts of data are asked for than can be sent: one is dropped")

    async def run(self) -> None:
        """Send what is wanted, until cancelled. Without a broker it is dropped: it will be wanted again."""
        while True:
            wanted = await self._wanted.get()
            data = await self._attachments.part(wanted)
            leaf = chunk_leaf(wanted.blob.partition(":")[2], wanted.offset)
            await self._transport.publish(topic(self._workcell, self._name, leaf), data)
