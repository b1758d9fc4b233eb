"""A connection that comes back: MQTT 5 or 3.1.1, subscriptions in place before anything is said to be up."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from typing import NamedTuple

import aiomqtt

from labd.domain.errors import InvalidInput
from labd.mqtt.address import BrokerAddress, Version
from labd.mqtt.client import Client, LoginRefused, VersionRefused, Will
from labd.mqtt.connection import Beside, connection, publish_properties
from labd.mqtt.credentials import logins
from labd.mqtt.pauses import Pauses
from labd.mqtt.security import tls_context

VERSIONS: tuple[Version, ...] = ("5", "3.1.1")
UNANSWERED = 3
"""A broker that says nothing any more so often may be another one, of an older version. Before that it is taken for a
busy one, or the network for a broken one: to speak less to it from then on would be the worse error."""
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


class _Waiting:
    """What waits for the consumer, in order; what is urgent before all else, and in its own order."""

    def __init__(self, urgent: Collection[str]) -> None:
        self._topics = urgent
        self._urgent: deque[Happening] = deque()
        self._rest: deque[Happening] = deque()
        self._news = asyncio.Event()
        self._ended = False

    def put(self, happening: Happening) -> None:
        hurries = isinstance(happening, Arrived) and happening.topic in self._topics
        (self._urgent if hurries else self._rest).append(happening)
        self._news.set()

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._news.set()

    async def get(self) -> Happening | None:
        """The next; None when nothing more will come."""
        while not (self._urgent or self._rest or self._ended):
            self._news.clear()
            await self._news.wait()
        if self._urgent:
            return self._urgent.popleft()
        return self._rest.popleft() if self._rest else None


class _Loss(NamedTuple):
    """How an attempt ended, or the connection that came of it."""

    reason: str
    held_s: float | None = None
    """How long there was a connection, if there was one."""
    refused: bool = False
    """The broker knows none of our passwords."""


class MqttTransport:
    """One client of one broker, by URL (`labd.mqtt.address`).

    Without a version MQTT 5 is tried and, where the broker refuses it, 3.1.1. A client id belongs to one process at a
    time: the broker throws out the older one. Raises `InvalidInput` for a URL, or for files that it names, of no use.

    A message on one of the `urgent` topics overtakes everything that waits for the consumer.
    """

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        subscriptions: Sequence[str],
        will: Will | None = None,
        urgent: Collection[str] = (),
    ) -> None:
        self._address = BrokerAddress.parse(url)
        self._client_id, self._subscriptions, self._will = client_id, tuple(subscriptions), will
        logins(self._address)
        if self._address.tls:
            tls_context(self._address)
        self._urgent = frozenset(urgent)
        self._spoken: Version | None = None
        """What the broker answered to last."""
        self._unanswered = 0
        """How often it said nothing since, or that it does not speak that."""
        self._client: Client | None = None

    async def events(self) -> AsyncGenerator[Happening, None]:
        """What happens on the connection, for ever. To be iterated once; to close it is to disconnect.

        The connection is watched by a task of its own, so that its loss is noticed while the consumer is busy.
        """
        # Without a bound: the broker has its acknowledgement of what waits here, so to drop it would be to lose it. Who
        # sends is bounded (one command an instrument, outboxes that wait for labd's own acknowledgement), and whatever
        # is lost all the same, with this process or with the broker, is sent again until that acknowledgement.
        waiting = _Waiting(self._urgent)
        keeper = asyncio.create_task(self._keep_connected(waiting.put), name=f"mqtt {self._client_id}")
        keeper.add_done_callback(lambda _: waiting.end())
        try:
            while (happening := await waiting.get()) is not None:
                yield happening
                if self._urgent:
                    await asyncio.sleep(0)  # however much waits: something urgent may have come
            await keeper  # it ended: for ever is over, by an error that is no loss of connection
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, beside: Beside | None = None
    ) -> bool:
        """Whether the broker has the message (for QoS 0: whether it was sent).

        False when there is no connection, when it went before the broker acknowledged, or when the broker does not let
        us say that, as an MQTT 5 broker tells; never raises for a lost connection. `beside` is said with MQTT 5 only.
        """
        client = self._client
        if client is None:
            return False
        return await client.say(topic, payload, publish_properties(client.version, beside), qos=qos, retain=retain)

    async def _keep_connected(self, say: Callable[[Happening], None]) -> None:
        pauses = Pauses(random.Random())  # noqa: S311 - no secret
        away, told = False, ""
        while True:
            loss = await self._stay(say)
            if loss.held_s is not None:
                away = False
                if loss.held_s > STEADY_S:
                    pauses.begin_anew()
            if not away:
                say(Down(loss.reason))
                away = True
            pause_s = pauses.refused_s() if loss.refused else pauses.next_s()
            level = logging.ERROR if loss.refused else logging.INFO
            log.log(
                level if loss.reason != told else logging.DEBUG, "no broker: %s Again in %.3g s.", loss.reason, pause_s
            )
            told = loss.reason
            await asyncio.sleep(pause_s)

    async def _stay(self, say: Callable[[Happening], None]) -> _Loss:
        """Try each version and each password until one is let in, and stay as long as the connection holds."""
        loop = asyncio.get_running_loop()
        try:
            to_try = logins(self._address)
        except InvalidInput as error:
            return _Loss(str(error))
        loss = _Loss("")
        for version in self._versions():
            for login in to_try:
                try:
                    async with connection(
                        self._address, version, self._client_id, login, self._subscriptions, self._will
                    ) as client:
                        since = loop.time()
                        self._spoken, self._unanswered = version, 0
                        return _Loss(await self._listen(client, say), held_s=loop.time() - since)
                except LoginRefused as error:
                    loss = _Loss(str(error), refused=True)
                except VersionRefused as error:
                    loss = _Loss(str(error))
                    self._unanswered += 1
                    break
                except aiomqtt.MqttError as error:
                    return _Loss(str(error))
            if loss.refused:
                break
        return loss

    def _versions(self) -> tuple[Version, ...]:
        """What to try, the newest first: the broker that is there next may be another one."""
        if self._address.version:
            return (self._address.version,)
        if self._spoken and self._unanswered < UNANSWERED:
            return (self._spoken,)
        return VERSIONS

    async def _listen(self, client: Client, say: Callable[[Happening], None]) -> str:
        """Pass on what arrives until the connection is lost; the reason of that."""
        self._client = client
        say(Up(client.version))
        try:
            return await client.listen(lambda topic, payload: say(Arrived(topic, payload)))
        finally:
            self._client = None
