"""One suite for the link to the instruments: over each broker, and in memory."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from labd.adapters.broker import EmbeddedBroker
from labd.adapters.broker.programs import Kind
from labd.adapters.mqtt_link import MqttLink
from labd.domain.capability import Descriptor
from labd.domain.command import Failed, FailureKind, Order, Succeeded
from labd.ports import Inbound, InstrumentLink
from labd.ports.instrument_link import Connected, Lost, Message, Passing, ReadingHeard, Rejected, StopHeard
from labd.simulation.link import SimulatedLink
from labd.wire.chunks import Chunk, chunk_leaf
from labd.wire.decoding import FromDriver, ToDriver
from labd.wire.messages import (
    MAXIMUM_BYTES,
    Ack,
    Answer,
    Ask,
    Birth,
    Command,
    Control,
    Fetch,
    Reading,
    Report,
    State,
    Stop,
    content_hash,
)
from labd.wire.topics import topic
from tests.system.mqtt_client import WITHIN_S, Client, client

BENCH = "labd/1/bench"
BIRTH = Birth(descriptor=Descriptor(instrument="hplc", session="S1"))
IDLE = State(session="S1", sequence=1, status="idle")
ANSWER = Answer(command="c.1", session="S1", standing="in_hand")
COMMANDS: list[ToDriver] = [
    Command(epoch=1, order=Order(command="c.1", run="c", step="mix", attempt=1, instrument="hplc", capability="mix")),
    Ack(command="c.1", content_hash="0" * 64),
    Ask(command="c.1"),
    Control(action="stop", epoch=1),
    Fetch(blob=f"sha256:{'ab' * 32}", offset=3, length=262_144),
]


def report(outcome: Succeeded | Failed) -> Report:
    return Report(
        command="c.1",
        session="S1",
        sequence=2,
        device_time=datetime(2026, 1, 5, 8, tzinfo=UTC),
        outcome=outcome,
        content_hash=content_hash("c.1", outcome),
    )


class Room(Protocol):
    """The instruments' side of a link."""

    @property
    def link(self) -> InstrumentLink:
        """The daemon's side."""

    async def say(self, where: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish as an instrument would."""

    async def heard(self) -> tuple[str, bytes]:
        """The next thing that the daemon said: topic and payload."""

    async def lose_broker(self) -> None:
        """The broker dies and, after a while, is back."""


class RealRoom:
    def __init__(self, broker: EmbeddedBroker, instruments: Client) -> None:
        self._broker, self._instruments = broker, instruments
        self.link = MqttLink(broker.url, "bench", client_id="daemon-1", signals=[("hplc", "pressure")])

    async def say(self, where: str, payload: bytes, *, retain: bool = False) -> None:
        assert await self._instruments.publish(where, payload, retain=retain)

    async def heard(self) -> tuple[str, bytes]:
        return await self._instruments.arrived()

    async def lose_broker(self) -> None:
        os.kill(self._broker.pid, signal.SIGKILL)
        await self._instruments.up()


class RoomInMemory:
    def __init__(self) -> None:
        self.link = SimulatedLink()

    async def say(self, where: str, payload: bytes, *, retain: bool = False) -> None:
        assert self.link.publish(where, payload, retain=retain)

    async def heard(self) -> tuple[str, bytes]:
        instrument, body = await self.link.sent.get()
        return topic("bench", instrument, type(body).__name__.lower()), body.model_dump_json().encode()

    async def lose_broker(self) -> None:
        self.link.cut()
        await self.link.send("hplc", Ask(command="lost"))
        self.link.restore()


@asynccontextmanager
async def real_room(directory: Path, kind: Kind) -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(EmbeddedBroker(directory, prefer=kind))
        to_hplc = [f"{BENCH}/hplc/{leaf}" for leaf in ("command", "ack", "ask", "control", "fetch")]
        instruments = await stack.enter_async_context(client(broker.url, "hplc", *to_hplc))
        yield RealRoom(broker, instruments)


@pytest.fixture(params=[pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto")), "amqtt", "memory"])
async def room(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Room]:
    if request.param == "memory":
        yield RoomInMemory()
    else:
        async with real_room(tmp_path, request.param) as real:
            yield real


class Listening:
    """The daemon's side: what arrives, one by one."""

    def __init__(self, link: InstrumentLink) -> None:
        self._inbound = link.inbound()

    async def next(self) -> Inbound | Passing:
        return await asyncio.wait_for(anext(self._inbound), WITHIN_S)

    async def aclose(self) -> None:
        await self._inbound.aclose()


@pytest.fixture
async def daemon(room: Room) -> AsyncIterator[Listening]:
    async with aclosing(Listening(room.link)) as listening:
        yield listening


async def test_what_instruments_say_arrives_in_order(room: Room, daemon: Listening) -> None:
    assert await daemon.next() == Connected()
    said: list[FromDriver] = [BIRTH, IDLE, ANSWER, report(Succeeded(result={"area": 1.5, "spectrum": [1, 2, 3]}))]
    said.append(report(Failed(failure=FailureKind.DEFINED, message="the needle is blocked")))
    for body in said:
        leaf = "descriptor" if body is BIRTH else type(body).__name__.lower()
        await room.say(f"{BENCH}/hplc/{leaf}", body.model_dump_json().encode())
    assert [await daemon.next() for _ in said] == [Message("hplc", body) for body in said]


async def test_a_retained_birth_is_told_to_a_daemon_that_comes_later(room: Room, daemon: Listening) -> None:
    await room.say(f"{BENCH}/hplc/descriptor", BIRTH.model_dump_json().encode(), retain=True)
    await room.say(f"{BENCH}/hplc/state", IDLE.model_dump_json().encode(), retain=True)
    assert await daemon.next() == Connected()
    both = {type(message.body): message async for message in _messages(daemon, 2)}
    assert both == {Birth: Message("hplc", BIRTH), State: Message("hplc", IDLE)}


async def test_what_the_daemon_says_is_heard_on_its_leaf(room: Room, daemon: Listening) -> None:
    assert await daemon.next() == Connected()
    for body in COMMANDS:
        await room.link.send("hplc", body)
        where, payload = await room.heard()
        assert where == f"{BENCH}/hplc/{type(body).__name__.lower()}"
        assert type(body).model_validate_json(payload) == body


async def test_a_stop_comes_back_to_who_said_it_and_is_kept_for_who_comes_later(room: Room, daemon: Listening) -> None:
    assert await daemon.next() == Connected()
    stop = Stop(id="S1", stopped=True, by="ada", reason="smoke", at=datetime(2026, 1, 5, 8, tzinfo=UTC))
    await room.link.tell_all(stop)
    assert await daemon.next() == StopHeard(stop)
    await room.say(f"{BENCH}/stop", b"", retain=True)
    assert await daemon.next() == StopHeard(None)
    await room.say(f"{BENCH}/stop", b'{"stopped": true}', retain=True)
    rejected = await daemon.next()
    assert isinstance(rejected, Rejected)
    assert "id" in rejected.reason


async def test_a_lost_broker_is_said_and_the_link_comes_back(room: Room, daemon: Listening) -> None:
    assert await daemon.next() == Connected()
    await room.lose_broker()
    assert isinstance(await daemon.next(), Lost)
    assert await daemon.next() == Connected()
    await room.say(f"{BENCH}/hplc/state", IDLE.model_dump_json().encode())
    assert await daemon.next() == Message("hplc", IDLE)
    await room.link.send("hplc", Ask(command="c.1"))
    assert (await room.heard())[0] == f"{BENCH}/hplc/ask", "what was said without a broker is dropped"


async def test_ten_megabytes_are_rejected_and_the_link_is_still_up(room: Room, daemon: Listening) -> None:
    assert await daemon.next() == Connected()
    await room.say(f"{BENCH}/hplc/report", b"\xff" * 10_000_000)
    rejected = await daemon.next()
    assert isinstance(rejected, Rejected)
    assert (rejected.size_bytes, len(rejected.excerpt)) == (10_000_000, 500)
    assert "10000000 bytes are more than the 4000000" in rejected.reason
    await room.say(f"{BENCH}/hplc/state", IDLE.model_dump_json().encode())
    assert await daemon.next() == Message("hplc", IDLE)


async def test_the_largest_message_is_taken(room: Room, daemon: Listening) -> None:
    assert await daemon.next() == Connected()
    empty = report(Succeeded(result={"raw": ""})).model_dump_json()
    raw = "x" * (MAXIMUM_BYTES - len(empty))
    largest = empty.replace('"raw":""', f'"raw":"{raw}"').encode()
    assert len(largest) == MAXIMUM_BYTES
    await room.say(f"{BENCH}/hplc/report", largest)
    assert isinstance(await daemon.next(), Message)
    await room.say(f"{BENCH}/hplc/report", largest + b" ")
    assert isinstance(await daemon.next(), Rejected)


@pytest.mark.parametrize(
    ("where", "payload", "reason"),
    [
        ("hplc/state", b"\xff\x00 no text", "Invalid JSON"),
        ("hplc/state", b"{", "Invalid JSON"),
        ("hplc/state", b"[" * 100_000, "recursion limit exceeded"),
        ("hplc/state", b'{"session": "\\ud800"}', "unexpected end of hex escape"),
        ("hplc/state", b"null", "Input should be an object"),
        (
            "hplc/state",
            b'{"session": "S1", "sequence": 1, "status": "bored"}',
            "status: Input should be 'idle', 'busy'",
        ),
        ("hplc/state", b'{"session": "S1", "sequence": NaN, "status": "idle"}', "sequence: "),
        ("hplc/state", b'{"session": "S1", "sequence": 1, "status": "idle", "mood": 1}', "mood: Extra inputs"),
        (
            "hplc/descriptor",
            b'{"descriptor": {"instrument": "mixer", "session": "S1"}}',
            "of 'mixer' and came as 'hplc'",
        ),
        ("hplc/report", b"{}", r"command: Field required \(and 3 more\)"),
        ("HPLC-1/state", IDLE.model_dump_json().encode(), "'HPLC-1' is no name of an instrument"),
        ("hplc/answer", b'{"command": "' + b"c" * 300 + b'", "session": "", "standing": "in_hand"}', "at most 256"),
    ],
)
async def test_what_is_no_message_is_rejected_with_its_reason(where: str, payload: bytes, reason: str) -> None:
    room = RoomInMemory()  # the same decoding as over a broker, which the tests above see at work
    daemon = Listening(room.link)
    assert await daemon.next() == Connected()
    await room.say(f"{BENCH}/{where}", payload)
    rejected = await daemon.next()
    assert isinstance(rejected, Rejected)
    assert re.search(reason, rejected.reason), rejected.reason
    assert rejected.topic == f"{BENCH}/{where}"
    assert rejected.size_bytes == len(payload)
    assert len(rejected.excerpt) <= 500
    assert "\x00" not in rejected.excerpt
    await daemon.aclose()


async def test_rubbish_does_not_stop_what_comes_after_it(room: Room, daemon: Listening) -> None:
    assert await daemon.next() == Connected()
    for payload in (b"\xff\x00", b"{}", b"", b"[1]"):
        await room.say(f"{BENCH}/hplc/state", payload)
    await room.say(f"{BENCH}/HPLC/state", IDLE.model_dump_json().encode())
    await room.say(f"{BENCH}/hplc/state", IDLE.model_dump_json().encode())
    arrived = [await daemon.next() for _ in range(5)]
    assert [type(each) for each in arrived] == [Rejected, Rejected, Rejected, Rejected, Message]


async def test_a_driver_of_another_major_version_is_named(room: Room, daemon: Listening) -> None:
    assert await daemon.next() == Connected()
    await room.say("labd/2/bench/hplc/descriptor", b"{}", retain=True)
    rejected = await daemon.next()
    assert isinstance(rejected, Rejected)
    assert "hplc speaks labd/2 and this daemon labd/1" in rejected.reason
    await room.say(f"{BENCH}/hplc/state", IDLE.model_dump_json().encode())
    assert await daemon.next() == Message("hplc", IDLE)


async def test_no_number_inside_a_result_is_let_through(room: Room, daemon: Listening) -> None:
    """The orchestrator makes a failed measurement of it; to refuse the report would be to ask for it for ever."""
    assert await daemon.next() == Connected()
    body = report(Succeeded(result={"area": 1.0}))
    await room.say(f"{BENCH}/hplc/report", body.model_dump_json().replace('"area":1.0', '"area":NaN').encode())
    message = await daemon.next()
    assert isinstance(message, Message)
    assert isinstance(message.body, Report)
    assert isinstance(message.body.outcome, Succeeded)
    area = message.body.outcome.result["area"]
    assert area != area  # noqa: PLR0124 - that is what NaN is


async def _messages(daemon: Listening, count: int) -> AsyncIterator[Message]:
    for _ in range(count):
        message = await daemon.next()
        assert isinstance(message, Message)
        yield message


@pytest.mark.parametrize("data", [b"\x00\xff not JSON", b"", bytes(262_144)])
async def test_a_part_of_a_large_result_arrives_as_it_is(room: Room, daemon: Listening, data: bytes) -> None:
    assert await daemon.next() == Connected()
    await room.say(f"{BENCH}/hplc/{chunk_leaf('ab' * 32, 262_144)}", data)
    assert await daemon.next() == Chunk(instrument="hplc", sha256="ab" * 32, offset=262_144, data=data)


async def test_a_signal_is_heard_and_no_other_reading(room: Room, daemon: Listening) -> None:
    assert await daemon.next() == Connected()
    reading = Reading(session="S1", device_time=datetime(2026, 1, 5, 8, tzinfo=UTC), value=101.3, unit="kPa")
    if isinstance(room, RealRoom):  # in memory there is no broker, and all is heard
        await room.say(f"{BENCH}/hplc/telemetry/oven", reading.model_dump_json().encode())
    await room.say(f"{BENCH}/hplc/telemetry/pressure", reading.model_dump_json().encode())
    assert await daemon.next() == ReadingHeard("hplc", "pressure", reading)
    await room.say(f"{BENCH}/hplc/telemetry/pressure", b'{"value": 1}')
    rejected = await daemon.next()
    assert isinstance(rejected, Rejected)
    assert "session" in rejected.reason


@pytest.mark.parametrize("leaf", ["chunk/abcd/0", f"chunk/{'ab' * 32}/-1", f"chunk/{'ab' * 32}/007", "chunk/x/y"])
async def test_a_part_of_nothing_is_rejected(leaf: str) -> None:
    room = RoomInMemory()
    daemon = Listening(room.link)
    assert await daemon.next() == Connected()
    await room.say(f"{BENCH}/hplc/{leaf}", b"x")
    rejected = await daemon.next()
    assert isinstance(rejected, Rejected)
    assert "is not chunk/<sha256>/<offset>" in rejected.reason
    await daemon.aclose()
