"""A connection that comes back: MQTT 5 or 3.1.1, subscriptions in place before anything is said to be up."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from labd.domain.errors import InvalidInput

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 10.0
KEEP_ALIVE_S = 20
CONNECT_WITHIN_S = 5.0
UNSUPPORTED_VERSION = (1, 132)
"""Reason codes of a broker that does not speak the version: MQTT 3.1.1 and MQTT 5."""


class Arrived(NamedTuple):
    """A message."""

    topic: str
    payload: bytes


class Up(NamedTuple):
    """The connection is there and the subscriptions are in place."""

    version: str
    """`5` or `3.1.1`."""


class Down(NamedTuple):
    """The connection is gone; the transport is on its way back."""

    reason: str


class Will(NamedTuple):
    """What the broker says for a client that vanishes."""

    topic: str
    payload: bytes
    retain: bool = True


class _Broker(NamedTuple):
    host: str
    port: int
    username: str | None
    password: str | None
    version: str | None


class MqttTransport:
    """One client of one broker, by URL: `mqtt://[user:password@]host[:port][?version=5|3.1.1]`.

    Without a version MQTT 5 is tried and, where the broker refuses it, 3.1.1. Raises `InvalidInput` for another URL.
    """

    def __init__(self, url: str, *, client_id: str, subscriptions: Sequence[str], will: Will | None = None) -> None:
        self._broker = _parse(url)
        self._client_id, self._subscriptions, self._will = client_id, tuple(subscriptions), will
        self._version = self._broker.version or "5"
        self._client: aiomqtt.Client | None = None
        self._gone: asyncio.Future[None] | None = None

    async def events(self) -> AsyncIterator[Arrived | Up | Down]:
        """What happens on the connection, for ever. To be iterated once; closing it disconnects.

        Messages wait here without a bound: the broker has its acknowledgement already, so to drop one would be to lose it,
        and what a peer may have in flight is bounded by the wire (one command an instrument, outboxes that wait)."""
        failures = 0
        while True:
            reason = ""
            try:
                async with self._connection() as client:
                    for topic in self._subscriptions:
                        await client.subscribe(topic, qos=1)
                    self._client, self._gone = client, asyncio.get_running_loop().create_future()
                    failures = 0
                    yield Up(self._version)
                    async for message in client.messages:
                        yield Arrived(str(message.topic), bytes(message.payload or b""))
            except aiomqtt.MqttError as error:
                reason = str(error) or type(error).__name__
                if self._other_version(error):
                    continue
            finally:
                was_up = self._client is not None
                self._hang_up()
            if was_up:
                yield Down(reason)
            # Full jitter: after a broker's restart a room full of clients comes back one by one.
            longest = min(FIRST_PAUSE_S * 2**failures, LONGEST_PAUSE_S)
            failures = min(failures + 1, 30)
            await asyncio.sleep(random.uniform(FIRST_PAUSE_S, max(longest, FIRST_PAUSE_S)))  # noqa: S311 - no secret

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, expiry_s: int | None = None
    ) -> bool:
        """Whether the broker has the message (for QoS 0: whether it was sent). False when there is no connection, or when
        it went before the broker acknowledged; never raises for a lost connection."""
        client, gone = self._client, self._gone
        if client is None or gone is None:
            return False
        properties = None
        if expiry_s is not None and self._version == "5":
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.MessageExpiryInterval = expiry_s
        sending = asyncio.ensure_future(client.publish(topic, payload, qos, retain, properties))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not sending.done():
                sending.cancel()
        if sending.cancelled() or not sending.done():
            with suppress(asyncio.CancelledError, aiomqtt.MqttError):
                await sending
            return False
        return not isinstance(sending.exception(), aiomqtt.MqttError) and sending.exception() is None

    def _connection(self) -> aiomqtt.Client:
        broker, will = self._broker, self._will
        five = self._version == "5"
        return aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            identifier=self._client_id,
            protocol=aiomqtt.ProtocolVersion.V5 if five else aiomqtt.ProtocolVersion.V311,
            clean_session=None if five else True,
            clean_start=True if five else 3,  # 3: paho's "first only", the one value it takes for 3.1.1
            will=will and aiomqtt.Will(will.topic, will.payload, qos=1, retain=will.retain),
            keepalive=KEEP_ALIVE_S,
            timeout=CONNECT_WITHIN_S,
            max_inflight_messages=1000,
            # Without it Nagle and delayed acknowledgements make 95 ms of a round trip of 10.
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )

    def _other_version(self, error: aiomqtt.MqttError) -> bool:
        """Whether to come again at once with 3.1.1: the broker refused MQTT 5, and no version was asked for."""
        if self._broker.version is not None or self._version != "5" or self._client is not None:
            return False
        code = getattr(error, "rc", None)
        if getattr(code, "value", code) not in UNSUPPORTED_VERSION and "timed out" not in str(error):
            return False
        self._version = "3.1.1"
        return True

    def _hang_up(self) -> None:
        self._client = None
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)


def _parse(url: str) -> _Broker:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    version = query.pop("version", [None])[0]
    if parts.scheme != "mqtt" or not parts.hostname or query or version not in (None, "5", "3.1.1"):
        raise InvalidInput(
            f"{url!r} is no broker that labd can reach.", "Write mqtt://[user:password@]host[:port][?version=5|3.1.1]."
        )
    return _Broker(
        parts.hostname,
        parts.port or 1883,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        version,
    )
