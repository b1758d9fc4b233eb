"""From bytes to messages: the one place that says which payload belongs on which leaf."""

from __future__ import annotations

import re

from pydantic import ValidationError

from labd.domain.errors import InvalidInput
from labd.wire.messages import (
    MAXIMUM_BYTES,
    Ack,
    Answer,
    Ask,
    Birth,
    Command,
    Control,
    Echo,
    Fetch,
    Heartbeat,
    Reading,
    Report,
    State,
    Stop,
)
from labd.wire.topics import TELEMETRY, parse
from labd.wire.versions import validated

FromDriver = Birth | State | Report | Answer | Echo
ToDriver = Command | Ack | Ask | Control | Fetch
ToAll = Heartbeat | Stop

FROM_DRIVER_BODIES: dict[str, type[FromDriver]] = {
    "descriptor": Birth,
    "state": State,
    "report": Report,
    "answer": Answer,
    "echo": Echo,
}
TO_DRIVER_LEAVES: dict[type[ToDriver], str] = {
    Command: "command",
    Ack: "ack",
    Ask: "ask",
    Control: "control",
    Fetch: "fetch",
}
TO_ALL_BODIES: dict[str, type[ToAll]] = {"heartbeat": Heartbeat, "stop": Stop}
TO_ALL_LEAVES: dict[type[ToAll], str] = {body: leaf for leaf, body in TO_ALL_BODIES.items()}
INSTRUMENT = re.compile(r"[a-z][a-z0-9_]*")
EXCERPT_CHARACTERS = 500


def from_driver(topic: str, payload: bytes, protocol: str = "") -> tuple[str, FromDriver]:
    """The instrument that speaks, in that protocol, and what it says. Raises `InvalidInput` with the reason.

    >>> from_driver("labd/1/bench/hplc/answer", b'{"command": "c1", "session": "s1", "standing": "in_hand"}')
    ('hplc', Answer(command='c1', session='s1', standing='in_hand', ledger=''))
    """
    if len(payload) > MAXIMUM_BYTES:
        raise InvalidInput(f"{len(payload)} bytes are more than the {MAXIMUM_BYTES} that a message may have.")
    address = parse(topic)
    if not INSTRUMENT.fullmatch(address.instrument):
        raise InvalidInput(f"{address.instrument!r} is no name of an instrument (a-z, 0-9 and _).")
    model = FROM_DRIVER_BODIES.get(address.leaf)
    if model is None:
        raise InvalidInput(f"Nothing that a driver says belongs on {address.leaf!r}.")
    try:
        body = validated(model, payload, protocol)
    except ValidationError as error:
        raise InvalidInput(_in_words(error)) from None
    if isinstance(body, Birth) and body.descriptor.instrument != address.instrument:
        raise InvalidInput(f"The descriptor is of {body.descriptor.instrument!r} and came as {address.instrument!r}.")
    return address.instrument, body


class Reader:
    """Reads what drivers say, each in the protocol that its birth named."""

    def __init__(self) -> None:
        self._protocols: dict[str, str] = {}

    def read(self, topic: str, payload: bytes) -> tuple[str, FromDriver]:
        """As `from_driver`."""
        protocol = self._protocols.get(topic.rpartition("/")[0], "")
        instrument, body = from_driver(topic, payload, protocol)
        if isinstance(body, Birth):
            self._protocols[topic.rpartition("/")[0]] = body.protocol
        return instrument, body

    def reading(self, topic: str, payload: bytes) -> tuple[str, str, Reading]:
        """The instrument, the channel and the reading. Raises `InvalidInput` with the reason."""
        if len(payload) > MAXIMUM_BYTES:
            raise InvalidInput(f"{len(payload)} bytes are more than the {MAXIMUM_BYTES} that a message may have.")
        speaker, _, channel = topic.partition(f"/{TELEMETRY}/")
        try:
            body = validated(Reading, payload, self._protocols.get(speaker, ""))
        except ValidationError as error:
            raise InvalidInput(_in_words(error)) from None
        return parse(topic).instrument, channel, body


def is_reading(topic: str) -> bool:
    """Whether a reading belongs on the topic."""
    return topic.split("/")[4:5] == [TELEMETRY]


def stop_from(payload: bytes) -> Stop | None:
    """What the stop topic says; None where it was emptied. Raises `InvalidInput` with the reason.

    >>> stop_from(b"") is None
    True
    """
    if not payload:
        return None
    if len(payload) > MAXIMUM_BYTES:
        raise InvalidInput(f"{len(payload)} bytes are more than the {MAXIMUM_BYTES} that a message may have.")
    try:
        return Stop.model_validate_json(payload)
    except ValidationError as error:
        raise InvalidInput(_in_words(error)) from None


def excerpt(payload: bytes) -> str:
    """The beginning of a payload as text, whatever it is; without NUL, which not every database takes."""
    return payload[:EXCERPT_CHARACTERS].decode(errors="replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _in_words(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where + ': ' if where else ''}{first['msg']}{more}"[:EXCERPT_CHARACTERS]
