"""The link to the instruments over MQTT: what arrives is valid, or it is rejected with a reason."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from pydantic import BaseModel, ValidationError

from labd.domain.errors import InvalidInput
from labd.mqtt import Arrived, Down, MqttTransport, Up
from labd.ports.instrument_link import Connected, Inbound, Lost, Message, Rejected
from labd.wire.messages import MAXIMUM_BYTES, Ack, Answer, Ask, Birth, Command, Control, Report, State
from labd.wire.topics import FROM_DRIVER, parse, topic

MODELS: dict[str, type[Birth] | type[State] | type[Report] | type[Answer]] = {
    "descriptor": Birth,
    "state": State,
    "report": Report,
    "answer": Answer,
}
LEAVES: dict[type[BaseModel], str] = {Command: "command", Ack: "ack", Ask: "ask", Control: "control"}
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
EXCERPT = 500


class MqttLink:
    """`labd.ports.InstrumentLink` for one workcell on a broker."""

    def __init__(self, url: str, workcell: str, *, client_id: str) -> None:
        self._workcell = workcell
        self._transport = MqttTransport(
            url, client_id=client_id, subscriptions=[topic(workcell, "+", leaf) for leaf in FROM_DRIVER]
        )

    async def inbound(self) -> AsyncIterator[Inbound]:
        """What arrives, in order."""
        async for event in self._transport.events():
            match event:
                case Up():
                    yield Connected()
                case Down(reason):
                    yield Lost(reason)
                case Arrived(_, payload) if not payload:
                    continue  # somebody cleared a retained message: nothing is said
                case Arrived(where, payload):
                    yield _read(where, payload)

    async def send(self, instrument: str, body: Command | Ack | Ask | Control) -> None:
        """Publish to one instrument."""
        where = topic(self._workcell, instrument, LEAVES[type(body)])
        await self._transport.publish(where, body.model_dump_json().encode())


def _read(where: str, payload: bytes) -> Message | Rejected:
    def rejected(reason: str) -> Rejected:
        return Rejected(where, reason, payload[:EXCERPT].decode(errors="replace"), len(payload))

    if len(payload) > MAXIMUM_BYTES:
        return rejected(f"{len(payload)} bytes are more than the {MAXIMUM_BYTES} that a message may have")
    try:
        address = parse(where)
        body = MODELS[address.leaf].model_validate_json(payload)
    except InvalidInput as error:
        return rejected(str(error))
    except ValidationError as error:
        return rejected(_in_words(error))
    if not NAME.fullmatch(address.instrument):
        return rejected(f"{address.instrument!r} is no name of an instrument (a-z, 0-9, _)")
    if isinstance(body, Birth) and body.descriptor.instrument != address.instrument:
        return rejected(f"the descriptor is of {body.descriptor.instrument!r} and came as {address.instrument!r}")
    return Message(address.instrument, body)


def _in_words(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where + ': ' if where else ''}{first['msg']}{more}"
