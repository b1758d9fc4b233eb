"""One connection to a broker, from CONNECT to its end: what aiomqtt leaves to its user is done here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from labd.mqtt.address import BrokerAddress, Version
from labd.mqtt.client import Client, LoginRefused, VersionRefused, Will
from labd.mqtt.credentials import Login

OTHER_VERSION = (1, 132)
"""A broker's codes for "I do not speak that": from one of MQTT 3.1.1, and from one of MQTT 5."""
WHO_IS_THIS = (4, 5, 134, 135)
"""A broker's codes for credentials that it does not take, likewise."""


@contextlib.asynccontextmanager
async def connection(
    address: BrokerAddress,
    version: Version,
    client_id: str,
    login: Login,
    subscriptions: Sequence[str],
    will: Will | None,
) -> AsyncGenerator[Client, None]:
    """A connection with its subscriptions in place, disconnected cleanly at the end: no will is sent.

    Raises `aiomqtt.MqttError`, and of that `VersionRefused` where another version may do better, and `LoginRefused`
    where another password may.
    """
    client = Client(address, version, client_id, login, will)
    try:
        await _connect(client, login)
        try:
            await _subscribe(client, subscriptions)
            yield client
        finally:
            with contextlib.suppress(aiomqtt.MqttError):
                await client.__aexit__(None, None, None)
    finally:
        await _clear_away(client)


class Beside(NamedTuple):
    """What MQTT 5 can say beside a payload, for whoever looks on; a payload carries all that labd itself needs."""

    response_topic: str = ""
    """Where the answer to it comes."""
    correlation: bytes = b""
    """What it is about: the same in a question and in its answers."""
    expiry_s: int | None = None
    """The broker drops what could not be delivered within so many seconds."""


def publish_properties(version: Version, beside: Beside | None) -> Properties | None:
    """As paho has them; MQTT 3.1.1 has no place for it."""
    if beside is None or version != "5":
        return None
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if beside.response_topic:
        properties.ResponseTopic = beside.response_topic
    if beside.correlation:
        properties.CorrelationData = beside.correlation
    if beside.expiry_s is not None:
        properties.MessageExpiryInterval = beside.expiry_s
    return properties


async def _connect(client: Client, login: Login) -> None:
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
        code = getattr(error.rc, "value", error.rc)
        if code in OTHER_VERSION:
            raise VersionRefused(str(error)) from error
        if code in WHO_IS_THIS:
            raise LoginRefused(_refused(login)) from error
        raise
    except VersionRefused:
        raise
    except aiomqtt.MqttError as error:
        if client.reached:
            raise VersionRefused("The broker does not answer.") from error
        raise


def _refused(login: Login) -> str:
    if login.username is None:
        return "The broker lets nobody in without a name and a password."
    return f"The broker does not let {login.username} in: it does not know that name, or not with this password."


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
