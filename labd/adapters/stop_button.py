"""The emergency stop, pressed at the broker itself: for when there is no daemon to press it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime

from ulid import ULID

from labd.domain.errors import Unavailable
from labd.mqtt import Down, MqttTransport, Up
from labd.wire.messages import Stop
from labd.wire.topics import topic_of_all

WITHIN_S = 10.0
"""For the broker to take it."""


def press(broker: str, workcell: str, *, by: str, reason: str) -> Stop:
    """Leave the stop on the workcell's topic, retained, and return what was left there. Every driver obeys it, and a
    daemon that comes later finds it. Raises `Unavailable` where the broker does not take it, and `InvalidInput`
    for a URL."""
    stop = Stop(id=str(ULID()), stopped=True, by=by, reason=reason, at=datetime.now(UTC))
    asyncio.run(_publish(broker, workcell, stop))
    return stop


async def _publish(broker: str, workcell: str, stop: Stop) -> None:
    transport = MqttTransport(broker, client_id=f"labd-stop-{stop.id}", subscriptions=())
    why = "it says nothing"
    try:
        async with asyncio.timeout(WITHIN_S), aclosing(transport.events()) as events:
            async for event in events:
                match event:
                    case Up():
                        where, payload = topic_of_all(workcell, "stop"), stop.model_dump_json().encode()
                        if await transport.publish(where, payload, retain=True):
                            return
                        why = "it does not let us say that"
                    case Down(reason):
                        why = reason
    except TimeoutError:
        pass
    raise Unavailable(f"The broker does not take the stop: {why}", "Go there, and press the hard-wired emergency stop.")
