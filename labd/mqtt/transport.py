"""A connection that comes back: MQTT 5 or 3.1.1, subscriptions in place before anything is said to be up."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import NamedTuple

import aiomqtt

from labd.mqtt.address import BrokerAddress, Version
from labd.mqtt.connection import VersionRefused, Will, connection, publish_properties

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 10.0
STEADY_S = 5.0
"""A connection that held so long was a good one: the pauses begin anew. Two clients that throw each other out, because
they have the same id, do it more and more slowly."""

log = logging.getLogger(__name__)


class Arrived(NamedTuple):
    """A message."""

    topic: str
    payload: bytes


class Up(NamedTuple):
    """The connection is there and the subscriptions are in place."""

    version: str
    """`5` or `3.1.1`."""


class Down(NamedTuple):
    """There is no connection (any more); the transport is on its way. Said once for each time that it is away."""

    reason: str


Happening = Arrived | Up | Down


class MqttTransport:
    """One client of one broker, by URL: `mqtt://[user:password@]host[:port][?version=5|3.1.1]`.

    Without a version MQTT 5 is tried and, where the broker refuses it, 3.1.1. A client id belongs to one process at a
    time: the broker throws out the older one. Raises `InvalidInput` for another URL.
    """

    def __init__(self, url: str, *, client_id: str, subscriptions: Sequence[str], will: Will | None = None) -> None:
        self._address = BrokerAddress.parse(url)
        self._client_id, self._subscriptions, self._will = client_id, tuple(subscriptions), will
        self._version: Version = self._address.version or "5"
        self._client: aiomqtt.Client | None = None
        self._publishing: set[asyncio.Timeout] = set()

    async def events(self) -> AsyncGenerator[Happening, None]:
        """What happens on the connection, for ever. To be iterated once; to close it is to disconnect.

        The connection is watched by a task of its own, so that its loss is noticed while the consumer is busy.
        """
        # Without a bound: the broker has its acknowledgement of what waits here, so to drop it would be to lose it. Who
        # sends is bounded (one command an instrument, outboxes that wait for labd's own acknowledgement), and whatever
        # is lost all the same, with this process or with the broker, is sent again until that acknowledgement.
        waiting: asyncio.Queue[Happening | None] = asyncio.Queue()
        keeper = asyncio.create_task(self._keep_connected(waiting.put_nowait), name=f"mqtt {self._client_id}")
        keeper.add_done_callback(lambda _: waiting.put_nowait(None))
        try:
            while (happening := await waiting.get()) is not None:
                yield happening
            await keeper  # it ended: for ever is over, by an error that is no loss of connection
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, expiry_s: int | None = None
    ) -> bool:
        """Whether the broker has the message (for QoS 0: whether it was sent).

        False when there is no connection, or when it went before the broker acknowledged; never raises for a lost
        connection. An MQTT 5 broker drops the message when it could not be delivered within `expiry_s`, in seconds.
        """
        client = self._client
        if client is None:
            return False
        properties = publish_properties(self._version, expiry_s)
        try:
            async with asyncio.timeout(None) as until_lost:
                self._publishing.add(until_lost)
                try:
                    await client.publish(topic, payload, qos, retain, properties, timeout=math.inf)
                finally:
                    self._publishing.discard(until_lost)
        except (TimeoutError, aiomqtt.MqttError):
            return False
        return True

    async def _keep_connected(self, say: Callable[[Happening], None]) -> None:
        loop = asyncio.get_running_loop()
        failures, away = 0, False
        while True:
            try:
                async with connection(
                    self._address, self._version, self._client_id, self._subscriptions, self._will
                ) as client:
                    since, away = loop.time(), False
                    reason = await self._listen(client, say)
                    if loop.time() - since > STEADY_S:
                        failures = 0
            except VersionRefused as error:
                reason = str(error)
                if self._address.version is None and self._version == "5":
                    self._version = "3.1.1"
                    continue
            except aiomqtt.MqttError as error:
                reason = str(error)
            self._version = self._address.version or "5"  # the next broker there may be another one
            if not away:
                say(Down(reason))
                away = True
            # Full jitter: after a broker's restart a room full of clients comes back one by one.
            pause_s = random.uniform(0, min(FIRST_PAUSE_S * 2**failures, LONGEST_PAUSE_S))  # noqa: S311 - no secret
            failures = min(failures + 1, 30)
            log.info("no broker: %s; again in %.3f s", reason, pause_s)
            await asyncio.sleep(pause_s)

    async def _listen(self, client: aiomqtt.Client, say: Callable[[Happening], None]) -> str:
        """Pass on what arrives until the connection is lost; the reason of that."""
        self._client = client
        say(Up(self._version))
        try:
            async for message in client.messages:
                say(Arrived(str(message.topic), bytes(message.payload)))
        except aiomqtt.MqttError as error:
            return str(error.__cause__ or error)
        finally:
            self._client = None
            now = asyncio.get_running_loop().time()
            for until_lost in self._publishing:
                until_lost.reschedule(now)
        raise AssertionError("unreachable: the messages end by an error only")
