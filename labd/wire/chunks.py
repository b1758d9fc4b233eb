"""Parts of large results, as bytes: the one payload that is no JSON.

>>> chunk_leaf("ab" * 32, 262144)[-12:]
'babab/262144'
>>> chunk_from_driver("labd/1/bench/camera/" + chunk_leaf("ab" * 32, 3), b"pixels").data
b'pixels'
"""

from __future__ import annotations

import re

from labd.domain.errors import InvalidInput
from labd.domain.value import Value
from labd.wire.topics import parse

CHUNK = "chunk"
CHUNK_LEAF = f"{CHUNK}/+/+"
"""What a daemon subscribes to."""
MAXIMUM_CHUNK_BYTES = 1_000_000
"""A longer one is neither asked for nor taken."""
_LEAF = re.compile(rf"{CHUNK}/([0-9a-f]{{64}})/(0|[1-9][0-9]{{0,15}})")


class Chunk(Value):
    """`chunk/<sha256>/<offset>`: bytes of a large result as they are; none at all: the driver does not have it."""

    instrument: str
    """Who sent it: the one of the topic."""
    sha256: str
    """Of the whole, 64 hexadecimal digits."""
    offset: int
    """Where in the whole it begins."""
    data: bytes
    """The payload."""


def chunk_leaf(sha256: str, offset: int) -> str:
    """The leaf on which a driver answers for that part."""
    return f"{CHUNK}/{sha256}/{offset}"


def is_chunk(topic: str) -> bool:
    """Whether a topic is one of chunks, right or wrong."""
    return topic.count("/") > 4 and topic.split("/", 5)[4] == CHUNK


def chunk_from_driver(topic: str, payload: bytes) -> Chunk:
    """A part of a large result. Raises `InvalidInput` with the reason."""
    if len(payload) > MAXIMUM_CHUNK_BYTES:
        raise InvalidInput(f"{len(payload)} bytes are more than the {MAXIMUM_CHUNK_BYTES} that a chunk may have.")
    address = parse(topic)
    found = _LEAF.fullmatch(address.leaf)
    if found is None:
        raise InvalidInput(f"{address.leaf[:200]!r} is not {CHUNK}/<sha256>/<offset>.")
    return Chunk(instrument=address.instrument, sha256=found[1], offset=int(found[2]), data=payload)
