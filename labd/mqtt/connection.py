"""One connection to a broker, from CONNECT to its end: what aiomqtt leaves to its user is done here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from labd.mqtt.address import BrokerAddress, Version

KEEP_ALIVE_S = 10
"""A cut cable is noticed after one and a half of it, at either end."""
ANSWER_WITHIN_S = 5.0
"""For the broker's answer to CONNECT and SUBSCRIBE."""
OTHER_VERSION = (1, 132)
"""A broker's codes for "I do not speak that": from one of MQTT 3.1.1, and from one of MQTT 5."""

_LOG = logging.getLogger("labd.mqtt.paho")
_LOG.setLevel(logging.CRITICAL)  # what paho would say of a lost connection is said by `Down`


class Will(NamedTuple):
    """What the broker says for a client that vanishes."""

    topic: str
    payload: bytes
    retain: bool = True


class VersionRefused(aiomqtt.MqttError):
    """The broker does not speak this version of MQTT, or says nothing to it."""


class _Client(aiomqtt.Client):
    reached = False
    """Whether the thread that connects the socket is done."""

    def _client_connect(self) -> None:
        super()._client_connect()
        self.reached = True

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason_code: ReasonCode, *rest: Any) -> None:
        if not self._connected.done():  # aiomqtt would wait on for an answer that cannot come any more
            self._connected.set_exception(VersionRefused("The broker hung up instead of answering."))
        super()._on_disconnect(client, userdata, flags, reason_code, *rest)


@contextlib.asynccontextmanager
async def connection(
    address: BrokerAddress, version: Version, client_id: str, subscriptions: Sequence[str], will: Will | None
) -> AsyncGenerator[aiomqtt.Client, None]:
    """A connection with its subscriptions in place, disconnected cleanly at the end: no will is sent.

    Raises `aiomqtt.MqttError`, and of that `VersionRefused` where another version may do better.
    """
    client = _client(address, version, client_id, will)
    try:
        await _connect(client)
        try:
            await _subscribe(client, subscriptions)
            yield client
        finally:
            with contextlib.suppress(aiomqtt.MqttError):
                await client.__aexit__(None, None, None)
    finally:
        await _clear_away(client)


def publish_properties(version: Version, expiry_s: int | None) -> Properties | None:
    """What MQTT 5 says beside a payload; 3.1.1 has no place for it."""
    if expiry_s is None or version != "5":
        return None
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = expiry_s
    return properties


def _client(address: BrokerAddress, version: Version, client_id: str, will: Will | None) -> _Client:
    client = _Client(
        address.host,
        address.port,
        username=address.username,
        password=address.password,
        identifier=client_id,
        logger=_LOG,
        protocol=aiomqtt.ProtocolVersion.V5 if version == "5" else aiomqtt.ProtocolVersion.V311,
        will=will and aiomqtt.Will(will.topic, will.payload, qos=1, retain=will.retain),
        keepalive=KEEP_ALIVE_S,
        timeout=ANSWER_WITHIN_S,
        # Without it Nagle and delayed acknowledgements make 95 ms of a round trip of 10.
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    )
    client.pending_calls_threshold = sys.maxsize  # above it aiomqtt logs a warning for each call
    return client


async def _connect(client: _Client) -> None:
    # A thread connects the socket: cancelled in the midst of it, aiomqtt would leave a socket and a task behind.
    entering = asyncio.ensure_future(client.__aenter__())
    lost = client._disconnected
    try:
        await asyncio.shield(entering)
        if lost.done():  # in the moment after the answer; aiomqtt has forgotten it already
            raise aiomqtt.MqttError(str(lost.exception() or "The broker hung up at once."))
    except asyncio.CancelledError:
        if client.reached:
            entering.cancel()
        await asyncio.gather(entering, return_exceptions=True)
        raise
    except aiomqtt.MqttCodeError as error:
        if getattr(error.rc, "value", error.rc) in OTHER_VERSION:
            raise VersionRefused(str(error)) from error
        raise
    except VersionRefused:
        raise
    except aiomqtt.MqttError as error:
        if client.reached:
            raise VersionRefused("The broker does not answer.") from error
        raise


async def _subscribe(client: aiomqtt.Client, subscriptions: Sequence[str]) -> None:
    if not subscriptions:
        return
    codes = await client.subscribe([(each, 1) for each in subscriptions])
    for subscription, code in zip(subscriptions, codes, strict=True):
        if isinstance(code, ReasonCode) and code.is_failure:
            raise aiomqtt.MqttError(f"The broker refuses the subscription to {subscription}.")


async def _clear_away(client: aiomqtt.Client) -> None:
    """Close what aiomqtt leaves open when the broker does not answer, or when what it sends cannot be read."""
    client._client._sock_close()
    if client._misc_task is not None:
        client._misc_task.cancel()
        await asyncio.gather(client._misc_task, return_exceptions=True)
