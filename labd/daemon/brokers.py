"""Which broker a laboratory is on: one that somebody runs, or the embedded one, for demonstrations."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import structlog

from labd.adapters.broker import EmbeddedBroker, Kind
from labd.domain.errors import InvalidInput
from labd.domain.workcell import Workcell
from labd.mqtt import BrokerAddress

log = structlog.get_logger(__name__)

EMBEDDED: dict[str, Kind | None] = {"": None, "mosquitto": "mosquitto", "amqtt": "amqtt"}


class Broker(NamedTuple):
    """Where it is, what it is, and that in words: for people, and without a password."""

    url: str
    kind: str
    words: str


async def broker(stack: AsyncExitStack, wanted: str, workcell: Workcell, directory: Path, *, i_know: bool) -> Broker:
    """The broker at a URL, or the embedded one, which runs until the stack is left. Raises `LabError`.

    The embedded broker is on loopback and without passwords: every account of this machine may order every instrument.
    So it is for demonstrations, in which the daemon starts all drivers itself, or for those who say that they know.
    """
    if "://" in wanted:
        address = BrokerAddress.parse(wanted)
        return Broker(wanted, "external", f"{address}{'' if address.tls else ', not encrypted'}")
    if wanted not in EMBEDDED:
        raise InvalidInput(f"{wanted!r} is no broker.", "Give mosquitto, amqtt, or a URL like mqtt://host:1883.")
    elsewhere = [name for name, each in workcell.instruments.items() if each.driver is None]
    if elsewhere and not i_know:
        raise InvalidInput(
            f"The embedded broker is for demonstrations: it listens on this machine alone, and has no passwords. "
            f"Here somebody else starts the driver of {', '.join(elsewhere)}.",
            "Run a broker of your own (`labd broker config` makes its files) and name it with --broker URL; "
            "or say --i-know.",
        )
    embedded = await stack.enter_async_context(EmbeddedBroker(directory, prefer=EMBEDDED[wanted]))
    words = (
        f"{embedded.kind} on 127.0.0.1:{embedded.port}, for this machine alone, without passwords: for demonstrations"
    )
    log.warning("embedded_broker", broker=words)
    return Broker(embedded.url, embedded.kind, words)
