"""The link to the instruments over MQTT: what arrives is valid, or it is rejected with a reason."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import assert_never

from labd.domain.errors import InvalidInput
from labd.mqtt import Arrived, Beside, Down, MqttTransport, Up
from labd.ports.instrument_link import Connected, Inbound, Lost, Message, Passing, ReadingHeard, Rejected, StopHeard
from labd.wire.chunks import CHUNK_LEAF, Chunk, chunk_from_driver, is_chunk
from labd.wire.decoding import TO_ALL_LEAVES, TO_DRIVER_LEAVES, Reader, ToAll, ToDriver, excerpt, is_reading, stop_from
from labd.wire.messages import Ack, Ask, Command, Stop
from labd.wire.topics import ANY_BIRTH, AT_ONCE_OR_NEVER, FROM_DRIVER, ROOT, TELEMETRY, topic, topic_of_all


class MqttLink:
    """`labd.ports.InstrumentLink` for one workcell on a broker. The client id must be this daemon's own.

    Of the telemetry it hears the `signals`: instruments and channels.
    """

    def __init__(
        self,
        url: str,
        workcell: str,
        *,
        client_id: str,
        signals: Iterable[tuple[str, str]] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._workcell, self._now = workcell, now
        self._stop = topic_of_all(workcell, "stop")
        self._reader = Reader()
        self._strangers: set[str] = set()
        """Births in another version that a person was told of; they are retained, and come with each connect."""
        readings = [topic(workcell, instrument, f"{TELEMETRY}/{channel}") for instrument, channel in signals]
        heard = [topic(workcell, "+", leaf) for leaf in (*FROM_DRIVER, CHUNK_LEAF) if leaf != "descriptor"]
        self._transport = MqttTransport(
            url,
            client_id=client_id,
            subscriptions=[ANY_BIRTH.format(workcell=workcell), *heard, *readings, self._stop],
        )

    async def inbound(self) -> AsyncGenerator[Inbound | Passing, None]:
        """What arrives, in order."""
        async with aclosing(self._transport.events()) as events:
            async for event in events:
                match event:
                    case Up():
                        yield Connected()
                    case Down(reason):
                        yield Lost(reason)
                    case Arrived(where, payload):
                        if (passing := self._arrived(where, payload)) is not None:
                            yield passing
                    case _:
                        assert_never(event)

    def _arrived(self, where: str, payload: bytes) -> Inbound | Passing | None:
        if is_chunk(where):
            return _read_chunk(where, payload)
        if is_reading(where):
            return self._read_reading(where, payload)
        if where == self._stop:
            return _read_stop(where, payload)
        if not payload or where in self._strangers:
            return None  # somebody cleared a retained message: nothing is said
        if not where.startswith(f"{ROOT}/"):
            self._strangers.add(where)
        return self._read(where, payload)

    async def send(self, instrument: str, body: ToDriver) -> None:
        """Publish to one instrument; returns when the broker has it, or when there is no broker to have it."""
        leaf = TO_DRIVER_LEAVES[type(body)]
        where, payload = topic(self._workcell, instrument, leaf), body.model_dump_json().encode()
        qos = 0 if leaf in AT_ONCE_OR_NEVER else 1
        await self._transport.publish(where, payload, qos=qos, beside=self._beside(instrument, body))

    def _beside(self, instrument: str, body: ToDriver) -> Beside | None:
        """What an order says is said again in MQTT 5's own words, for tools that look on."""
        match body:
            case Command(order=order):
                left = (order.deadline - self._now()).total_seconds() if order.deadline else None
                return Beside(
                    response_topic=topic(self._workcell, instrument, "report"),
                    correlation=order.command.encode(),
                    expiry_s=None if left is None else max(1, math.ceil(left)),
                )
            case Ask(command=command):
                where = topic(self._workcell, instrument, "answer")
                return Beside(response_topic=where, correlation=command.encode())
            case Ack(command=command):
                return Beside(correlation=command.encode())
            case _:
                return None

    async def tell_all(self, body: ToAll) -> None:
        """Publish to the workcell as a whole; the broker keeps a stop, and its release, for who comes later."""
        leaf = TO_ALL_LEAVES[type(body)]
        where, payload = topic_of_all(self._workcell, leaf), body.model_dump_json().encode()
        qos = 0 if leaf in AT_ONCE_OR_NEVER else 1
        await self._transport.publish(where, payload, qos=qos, retain=isinstance(body, Stop))

    def _read(self, where: str, payload: bytes) -> Message | Rejected:
        try:
            return Message(*self._reader.read(where, payload))
        except InvalidInput as error:
            return Rejected(where, str(error), excerpt(payload), len(payload))

    def _read_reading(self, where: str, payload: bytes) -> ReadingHeard | Rejected:
        try:
            return ReadingHeard(*self._reader.reading(where, payload))
        except InvalidInput as error:
            return Rejected(where, str(error), excerpt(payload), len(payload))


def _read_stop(where: str, payload: bytes) -> StopHeard | Rejected:
    try:
        return StopHeard(stop_from(payload))
    except InvalidInput as error:
        return Rejected(where, str(error), excerpt(payload), len(payload))


def _read_chunk(where: str, payload: bytes) -> Chunk | Rejected:
    try:
        return chunk_from_driver(where, payload)
    except InvalidInput as error:
        return Rejected(where, str(error), "", len(payload))
