"""MQTT as it lies in a stream: packets, and of those the little that a proxy must understand.

Source: MQTT Version 3.1.1 and MQTT Version 5.0, OASIS Standards, 2014 and 2019, sections 2.1, 3.1 and 3.3.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

CONNECT, PUBLISH, PUBACK = 1, 3, 4


class Frame(NamedTuple):
    """One packet, with its header."""

    raw: bytes
    header: int
    """How many bytes the fixed header has."""

    @property
    def kind(self) -> int:
        return self.raw[0] >> 4

    @property
    def qos(self) -> int:
        """Of a PUBLISH."""
        return self.raw[0] >> 1 & 3

    @property
    def topic(self) -> str:
        """Of a PUBLISH."""
        return _text(self.raw, self.header)

    @property
    def packet_id(self) -> bytes:
        """Of a PUBLISH with a quality of service above 0."""
        at = self.header + 2 + int.from_bytes(self.raw[self.header : self.header + 2], "big")
        return self.raw[at : at + 2]

    @property
    def client_id(self) -> str:
        """Of a CONNECT: behind protocol name, version, flags, keep-alive and, in MQTT 5, the properties."""
        at = self.header + 2 + int.from_bytes(self.raw[self.header : self.header + 2], "big")
        version, at = self.raw[at], at + 4
        if version == 5:
            length, size = _variable(self.raw[at : at + 4])
            at += length + size
        return _text(self.raw, at)

    def puback(self) -> bytes:
        """The acknowledgement of this PUBLISH; the same in both versions."""
        return bytes([PUBACK << 4, 2]) + self.packet_id


def _text(raw: bytes, at: int) -> str:
    length = int.from_bytes(raw[at : at + 2], "big")
    return raw[at + 2 : at + 2 + length].decode()


def _variable(raw: bytes) -> tuple[int, int]:
    """A variable byte integer, and how many bytes it has."""
    value = 0
    for place, byte in enumerate(raw):
        value |= (byte & 127) << 7 * place
        if not byte & 128:
            return value, place + 1
    raise ValueError("no variable byte integer")


async def frames(reader: asyncio.StreamReader) -> AsyncIterator[Frame]:
    """The packets of a stream, until it ends."""
    while True:
        try:
            raw = await reader.readexactly(2)
            while raw[-1] & 128:
                raw += await reader.readexactly(1)
            length, size = _variable(raw[1:])
            yield Frame(raw + await reader.readexactly(length), 1 + size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
