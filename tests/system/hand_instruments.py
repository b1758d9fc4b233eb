"""Two instruments played by hand, over the real wire, to a daemon process of its own: they report what they like."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from labd.domain.capability import Capability, Descriptor
from labd.domain.command import Order, Succeeded
from labd.domain.identifiers import CommandId
from labd.wire.messages import Ack, Birth, Command, Report, State, content_hash
from labd.wire.topics import topic
from tests.system.lab_process import LabProcess, journal
from tests.system.mqtt_client import Client, client

ROOM = "bench"
METERS = ("meter_1", "meter_2")
WORKCELL = """
workcell: bench
roles:
  meter:
    capabilities:
      read:
        arguments:
          temperature: {unit: degC, low: 0, high: 100}
        results:
          mass: {unit: mg, low: 0, high: 1000, detection: 0.1, saturation: 400}
          current: {unit: mA}
          temperature: {unit: degC, reads_back: temperature, tolerance: 2 K}
          wells: {type: object}
instruments:
  meter_1: {roles: [meter]}
  meter_2: {roles: [meter]}
"""
STEP = '{role: meter, capability: read, instrument: INSTRUMENT, arguments: {temperature: "${temperature}"}, MORE}'
PROTOCOL = """
protocol: reading
parameters:
  temperature: {type: continuous, low: 20 degC, high: 80 degC}
steps:
  read: READ
outcomes:
  mass: {unit: mg, low: 0, high: 500}
analysis:
  - {function: value, inputs: {measurements: read.mass}, outcomes: {mass: value}}
objectives:
  - maximise: mass
stopping: {trials: 1}
planner: {initial: 20, parallel: 1}
"""


def reading(*, more: str = "retries: 1", second: str = "") -> str:
    """A protocol whose one step reads on meter_1; `second` is the rest of another step, on meter_2."""
    text = PROTOCOL.replace("READ", STEP.replace("INSTRUMENT", "meter_1").replace("MORE", more))
    if second:
        other = STEP.replace("INSTRUMENT", "meter_2").replace("MORE", second)
        text = text.replace("outcomes:\n", f"  other: {other}\noutcomes:\n", 1)
    return text


class Hand:
    """What a row of the table holds: the instruments in one hand, the daemon's journal and page in the other."""

    def __init__(self, lab: LabProcess, wire: Client) -> None:
        self.lab, self.wire = lab, wire
        self.since: int = lab.get("now")["version"]
        self.campaign = ""
        self._sequence = 0

    # --- the instruments

    async def wake(self) -> None:
        """Both are here, and idle."""
        for name in METERS:
            born = Descriptor(instrument=name, session=self.session, capabilities=(Capability(name="read"),))
            await self._say(name, "descriptor", Birth(descriptor=born))
            await self.idle(name)

    @property
    def session(self) -> str:
        return f"S{self.since}"

    async def idle(self, name: str = "meter_1") -> None:
        await self._say(name, "state", State(session=self.session, sequence=self._next(), status="idle"))

    async def order(self) -> Order:
        """The next order to either of them."""
        return Command.model_validate_json(await self._arrived("command")).order

    async def acked(self, command: CommandId) -> None:
        """Wait until the daemon says that it has the outcome of this."""
        while Ack.model_validate_json(await self._arrived("ack")).command != command:
            pass

    async def accept(self, order: Order, device_time: datetime | None = None) -> None:
        report = self._report(order.command, device_time).model_copy(update={"accepted": True})
        await self._say(order.instrument, "report", report)

    async def finish(
        self, order: Order, result: str, *, command: str | None = None, device_time: datetime | None = None
    ) -> None:
        """Report that the order succeeded with this result, in JSON as it may come; idle again, and acknowledged."""
        key = command or order.command
        outcome = Succeeded.model_validate_json(f'{{"result": {result}}}')
        report = self._report(key, device_time).model_dump(mode="json")
        report |= {"outcome": outcome.model_dump(), "content_hash": content_hash(key, outcome)}
        where = topic(ROOM, order.instrument, "report")
        assert await self.wire.publish(where, json.dumps(report).encode())  # pydantic would write null for a NaN
        await self.idle(order.instrument)
        await self.acked(key)

    def _report(self, command: str, device_time: datetime | None) -> Report:
        when = device_time or datetime.now(UTC)
        return Report(command=command, session=self.session, sequence=self._next(), device_time=when)

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence

    async def _say(self, name: str, leaf: str, body: Birth | State | Report) -> None:
        assert await self.wire.publish(topic(ROOM, name, leaf), body.model_dump_json().encode())

    async def _arrived(self, leaf: str) -> bytes:
        while not (arrived := await self.wire.arrived()).topic.endswith(f"/{leaf}"):
            pass
        return arrived.payload

    # --- the daemon

    async def begin(self, protocol: str) -> Order:
        """Start a campaign; its first order."""
        body = {"protocol": protocol, "file": "p.yaml", "seed": 1, "start": True, "by": "test"}
        made = await asyncio.to_thread(self.lab.post, "campaigns", body)
        self.campaign = made["id"]
        return await self.order()

    async def post(self, path: str, **body: object) -> None:
        """Ask the daemon for something, as a person."""
        await asyncio.to_thread(self.lab.post, path, {"by": "Ada", "reason": "looked", **body})

    async def until(self, kind: str, count: int = 1) -> Mapping[str, Any]:
        """The event of that kind that is the `count`th since the row began."""
        return await asyncio.to_thread(self._until, kind, count)

    def _until(self, kind: str, count: int) -> Mapping[str, Any]:
        found = (each for each in enumerate(self.lab.events(self.since), self.since + 1) if each[1]["kind"] == kind)
        for _ in range(count - 1):
            next(found)
        sequence, event = next(found)
        while self.lab.get("now")["version"] < sequence:  # the file has it a moment before what the API tells of
            continue
        return event

    async def questions(self) -> list[Mapping[str, Any]]:
        """What the page asks a person about the row's campaign."""
        return [each for each in (await self.now())["questions"] if each["command"].startswith(self.campaign)]

    async def now(self) -> Any:
        return await asyncio.to_thread(self.lab.get, "now")

    async def trial(self, number: int = 1) -> Mapping[str, Any]:
        view = await asyncio.to_thread(self.lab.get, f"campaigns/{self.campaign}")
        return next(each for each in view["trials"] if each["number"] == number)

    def on_disk(self) -> list[dict[str, Any]]:
        """What the journal's file holds of this row."""
        return journal(self.lab.directory)[self.since :]


@asynccontextmanager
async def hand(lab: LabProcess) -> AsyncIterator[Hand]:
    """The instruments, awake; in the end the campaign is stopped."""
    broker = json.loads((lab.directory / ".labd" / "broker" / "broker.json").read_text())
    heard = [topic(ROOM, name, leaf) for name in METERS for leaf in ("command", "ack")]
    async with client(f"mqtt://127.0.0.1:{broker['port']}", "by_hand", *heard) as wire:
        it = Hand(lab, wire)
        await it.wake()
        yield it
        if it.campaign:
            try:
                await it.post(f"campaigns/{it.campaign}/stop")
            except HTTPError as refused:
                if refused.code != HTTPStatus.CONFLICT:  # unless it has ended by itself
                    raise


def furnish(directory: Path) -> None:
    """A laboratory of the two instruments, which labd does not start."""
    (directory / "workcell.yaml").write_text(WORKCELL)
