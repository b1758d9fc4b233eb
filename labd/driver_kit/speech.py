"""What a driver says, in order: numbered, queued while the broker is slow, and dropped while there is none."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import NamedTuple

from labd.domain.value import Value
from labd.mqtt import Beside, MqttTransport
from labd.wire.messages import Answer, Report, State
from labd.wire.topics import topic

OUTGOING_BOUND = 10_000
"""Messages that wait for a slow broker; beyond it they are dropped, and the outbox sends outcomes again."""

log = logging.getLogger("labd.driver")


class _Outgoing(NamedTuple):
    leaf: str
    payload: bytes
    qos: int
    retain: bool
    beside: Beside | None


class Speech:
    """The messages of one instrument on their way to the broker. `run` publishes them until it is cancelled."""

    def __init__(self, transport: MqttTransport, workcell: str, name: str) -> None:
        self._transport, self._workcell, self._name = transport, workcell, name
        self._outgoing: asyncio.Queue[_Outgoing] = asyncio.Queue(OUTGOING_BOUND)
        self.sequence = 0
        """The number of the last state or report of this session."""
        self.connected = False
        """Whether anything that is said now is carried."""

    def say(self, leaf: str, body: State | Report, *, retain: bool = False) -> None:
        """Number a state or report and hand it to the publisher. One that is dropped leaves a gap, which the daemon
        finds; what is said while there is no connection has no number."""
        if self.connected:
            self.sequence += 1
            self.put(leaf, body.model_copy(update={"sequence": self.sequence}), retain=retain)

    def put(self, leaf: str, body: Value, *, qos: int = 1, retain: bool = False) -> None:
        """Hand a message to the publisher, while connected; whoever connects later is told the state anew."""
        if not self.connected:
            return
        try:
            beside = Beside(correlation=body.command.encode()) if isinstance(body, Report | Answer) else None
            self._outgoing.put_nowait(_Outgoing(leaf, body.model_dump_json().encode(), qos, retain, beside))
        except asyncio.QueueFull:
            log.warning("the broker is too slow: a message on %s is dropped", leaf)

    async def run(self) -> None:
        """Publish what is put, one after the other."""
        while True:
            message = await self._outgoing.get()
            where = topic(self._workcell, self._name, message.leaf)
            await self._transport.publish(
                where, message.payload, qos=message.qos, retain=message.retain, beside=message.beside
            )
            self._outgoing.task_done()

    async def drained(self, within_s: float) -> None:
        """Wait, for so long at most, until all that was put is published."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._outgoing.join(), within_s)
