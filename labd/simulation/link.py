"""A link in memory: what a test plays as the instruments goes in, what the daemon sends comes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

from labd.ports.instrument_link import Connected, Inbound
from labd.wire.messages import Ack, Ask, Command, Control


class Sent(NamedTuple):
    """Something that the daemon sent."""

    instrument: str
    body: Command | Ack | Ask | Control


class SimulatedLink:
    """`labd.ports.InstrumentLink` without a broker."""

    def __init__(self) -> None:
        self._inbound: asyncio.Queue[Inbound] = asyncio.Queue()
        self.sent: asyncio.Queue[Sent] = asyncio.Queue()
        """For the instruments to take."""

    async def inbound(self) -> AsyncIterator[Inbound]:
        """What arrives, in order, after the link is up."""
        yield Connected()
        while True:
            yield await self._inbound.get()

    async def send(self, instrument: str, body: Command | Ack | Ask | Control) -> None:
        """Hand it to the instruments."""
        self.sent.put_nowait(Sent(instrument, body))

    def arrive(self, inbound: Inbound) -> None:
        """Let something arrive at the daemon."""
        self._inbound.put_nowait(inbound)
