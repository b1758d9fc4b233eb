"""What the transport makes of a broker that does not do as a broker should."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager

import pytest

from labd.mqtt import Down, MqttTransport, Up

CONNACK_5 = bytes([0x20, 3, 0, 0, 0])
CONNACK_3 = bytes([0x20, 2, 0, 0])
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def unruly(serve: Serve, query: str = "?version=5") -> AsyncIterator[str]:
    """A broker that does this with each connection; its address."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}{query}"


async def packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """A small packet: its first byte and its content."""
    first, length = await reader.readexactly(2)
    return first, await reader.readexactly(length)


async def test_one_that_hangs_up_is_not_waited_for() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await packet(reader)

    async with unruly(hang_up) as url, aclosing(MqttTransport(url, client_id="a", subscriptions=()).events()) as events:
        async with asyncio.timeout(2):
            assert await anext(events) == Down(
                "The broker hung up instead of answering; where it wants TLS, write mqtts://."
            )


async def test_one_that_hangs_up_on_mqtt_5_is_spoken_to_in_3() -> None:
    async def only_3(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, connect = await packet(reader)
        if connect[6] == 4:
            writer.write(CONNACK_3)
            await reader.read()

    async with (
        unruly(only_3, "") as url,
        aclosing(MqttTransport(url, client_id="a", subscriptions=()).events()) as events,
    ):
        async with asyncio.timeout(2):
            assert await anext(events) == Up("3.1.1")


async def test_one_that_spoke_mqtt_5_and_is_busy_is_not_spoken_to_in_3() -> None:
    versions: list[int] = []
    answers = iter([True, False, False, True])

    async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, connect = await packet(reader)
        versions.append(connect[6])
        if next(answers):
            writer.write(CONNACK_5)
            await packet(reader)

    async with (
        unruly(busy, "") as url,
        aclosing((transport := MqttTransport(url, client_id="a", subscriptions=())).events()) as events,
    ):
        async with asyncio.timeout(4):
            for _ in range(2):
                assert await anext(events) == Up("5")
                assert await transport.publish("labd/x", b"", qos=0)
                assert isinstance(await anext(events), Down)
    assert versions == [5, 5, 5, 5]


async def test_to_give_up_on_one_that_says_nothing_leaves_nothing_behind() -> None:
    called = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await packet(reader)
        called.set()
        await reader.read()

    async def connect(url: str) -> None:
        async with aclosing(MqttTransport(url, client_id="a", subscriptions=()).events()) as events:
            await anext(events)

    async with unruly(say_nothing) as url:
        connecting = asyncio.create_task(connect(url))
        await called.wait()
        connecting.cancel()
        async with asyncio.timeout(2):
            with pytest.raises(asyncio.CancelledError):
                await connecting


async def test_a_refused_subscription_is_no_connection() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await packet(reader)
        writer.write(CONNACK_5)
        _, subscribe = await packet(reader)
        writer.write(bytes([0x90, 4, *subscribe[:2], 0, 0x87]))
        await reader.read()

    async with unruly(refuse) as url:
        transport = MqttTransport(url, client_id="a", subscriptions=("labd/#",))
        async with aclosing(transport.events()) as events, asyncio.timeout(2):
            assert await anext(events) == Down("The broker refuses the subscription to labd/#.")
            assert not await transport.publish("labd/x", b"")


RUBBISH = pytest.mark.parametrize(
    "rubbish",
    [
        pytest.param(b"", id="nothing any more"),
        pytest.param(bytes([0x00, 0x00]), id="a type that there is not"),
        pytest.param(bytes([0x30, 5, 0, 2, 0xFF, 0xFE, 0]), id="a topic that is no text"),
        pytest.param(bytes([0x30, 6, 0, 3, *b"a/#", 0]), id="a topic that is a filter"),
        pytest.param(bytes([0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]), id="a length that cannot be"),
        pytest.param(bytes([0x40, 1, 0]), id="half an acknowledgement"),
    ],
)


@RUBBISH
async def test_rubbish_with_the_first_answer_costs_the_connection_and_no_more(rubbish: bytes) -> None:
    async def talk_rubbish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await packet(reader)
        writer.write(CONNACK_5 + rubbish)
        if rubbish:
            await reader.read()

    async with (
        unruly(talk_rubbish) as url,
        aclosing(MqttTransport(url, client_id="a", subscriptions=()).events()) as events,
    ):
        async with asyncio.timeout(2):
            while not isinstance(await anext(events), Down):
                pass


@RUBBISH
async def test_rubbish_later_costs_the_connection_and_no_more(rubbish: bytes) -> None:
    async def talk_rubbish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await packet(reader)
        writer.write(CONNACK_5)
        await packet(reader)
        writer.write(rubbish)
        if rubbish:
            await reader.read()

    async with unruly(talk_rubbish) as url:
        transport = MqttTransport(url, client_id="a", subscriptions=())
        async with aclosing(transport.events()) as events, asyncio.timeout(4):
            for _ in range(2):
                assert await anext(events) == Up("5")
                assert await transport.publish("labd/x", b"", qos=0)
                assert isinstance(await anext(events), Down)
