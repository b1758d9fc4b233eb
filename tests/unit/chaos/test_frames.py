"""What the proxy understands of MQTT: packets cut out of a stream, who connects, what is published."""

import asyncio

import pytest

from tests.chaos.frames import CONNECT, PUBLISH, Frame, frames

NAME = b"labd-storm-doser_1-X"
CLIENT = bytes([0, len(NAME)]) + NAME
CONNECTS = {
    "3.1.1": b"\x00\x04MQTT\x04\x02\x00\x0a" + CLIENT,
    "5, without properties": b"\x00\x04MQTT\x05\x02\x00\x0a\x00" + CLIENT,
    "5, with a session expiry": b"\x00\x04MQTT\x05\x02\x00\x0a\x05\x11\x00\x00\x00\x3c" + CLIENT,
}
LONG = b"x" * 300
TOPIC = b"\x00\x04a/up"


async def cut(stream: bytes) -> list[Frame]:
    reader = asyncio.StreamReader()
    reader.feed_data(stream)
    reader.feed_eof()
    return [each async for each in frames(reader)]


@pytest.mark.parametrize("which", CONNECTS)
async def test_who_connects_is_known(which: str) -> None:
    body = CONNECTS[which]
    (frame,) = await cut(bytes([0x10, len(body)]) + body)
    assert frame.kind == CONNECT
    assert frame.client_id == NAME.decode()


async def test_packets_of_any_length_are_cut_out_of_the_stream_and_a_torn_one_is_none() -> None:
    short = bytes([0x32, 10]) + TOPIC + b"\x00\x07hi"
    length = len(TOPIC) + 2 + len(LONG)
    long = bytes([0x34, length & 127 | 128, length >> 7]) + TOPIC + b"\x01\x02" + LONG
    found = await cut(short + long + short[:5])
    assert [each.raw for each in found] == [short, long]
    assert [(each.kind, each.qos, each.topic, each.packet_id) for each in found] == [
        (PUBLISH, 1, "a/up", b"\x00\x07"),
        (PUBLISH, 2, "a/up", b"\x01\x02"),
    ]
    assert found[0].puback() == b"\x40\x02\x00\x07"
