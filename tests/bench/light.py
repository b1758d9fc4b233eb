"""Simulated instruments on the wire: `python -m tests.bench.light URL WORKCELL INSTRUMENTS`, ended by a signal.

They say what a driver says (birth, state, accepted, the outcome until it is acknowledged) and keep no ledger: what is
measured with them is the daemon. They share some connections, as instruments behind a gateway do, and report no state
between two commands.
"""

import asyncio
import json
import sys
from collections.abc import Iterable
from contextlib import aclosing
from datetime import UTC, datetime

from labd.domain.capability import Descriptor
from labd.domain.command import Succeeded
from labd.mqtt import Arrived, MqttTransport, Up
from labd.wire.messages import Birth, Report, State, content_hash
from labd.wire.topics import topic
from tests.bench.stage import NOOP

CONNECTIONS = 20
AGAIN_S = 5.0


class Gateway:
    """Some instruments on one connection."""

    def __init__(self, url: str, workcell: str, number: int, names: Iterable[str]) -> None:
        self._workcell, self._names = workcell, tuple(names)
        leaves = [topic(workcell, name, leaf) for name in self._names for leaf in ("command", "ack")]
        self._transport = MqttTransport(url, client_id=f"bench-gateway-{number}", subscriptions=leaves)
        self._unacknowledged: dict[str, asyncio.TimerHandle] = {}
        self._sequence = 0

    async def serve(self) -> None:
        """Speak for the instruments until cancelled."""
        async with asyncio.TaskGroup() as tasks, aclosing(self._transport.events()) as events:
            async for each in events:
                match each:
                    case Up():
                        await self._appear()
                    case Arrived(where, payload):
                        self._take(tasks, where.split("/")[3], where.rpartition("/")[2], json.loads(payload))

    async def _appear(self) -> None:
        for name in self._names:
            descriptor = Descriptor(instrument=name, session="s1", capabilities=(NOOP,))
            said = {"descriptor": Birth(descriptor=descriptor), "state": State(session="s1", sequence=1, status="idle")}
            for leaf, body in said.items():
                where = topic(self._workcell, name, leaf)
                await self._transport.publish(where, body.model_dump_json().encode(), retain=True)

    def _take(self, tasks: asyncio.TaskGroup, name: str, leaf: str, body: dict[str, dict[str, str]]) -> None:
        if leaf == "ack":
            if timer := self._unacknowledged.pop(str(body["command"]), None):
                timer.cancel()
            return
        command, now = body["order"]["command"], datetime.now(UTC)
        outcome = Succeeded(result={"x": 1.0})
        accepted = Report(command=command, session="s1", sequence=self._next(), device_time=now, accepted=True)
        ended = Report(
            command=command,
            session="s1",
            sequence=self._next(),
            device_time=now,
            outcome=outcome,
            content_hash=content_hash(command, outcome),
        )
        self._say(tasks, name, accepted)
        self._repeat(tasks, name, ended)

    def _repeat(self, tasks: asyncio.TaskGroup, name: str, ended: Report) -> None:
        again = asyncio.get_running_loop().call_later(AGAIN_S, self._repeat, tasks, name, ended)
        self._unacknowledged[ended.command] = again
        self._say(tasks, name, ended)

    def _say(self, tasks: asyncio.TaskGroup, name: str, report: Report) -> None:
        where = topic(self._workcell, name, "report")
        tasks.create_task(self._publish(where, report.model_dump_json().encode()))

    async def _publish(self, where: str, payload: bytes) -> None:
        await self._transport.publish(where, payload)

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence


async def main(url: str, workcell: str, instruments: int) -> None:
    """All of them, until cancelled."""
    names = [f"worker_{i}" for i in range(1, instruments + 1)]
    async with asyncio.TaskGroup() as tasks:
        for number in range(min(CONNECTIONS, instruments)):
            tasks.create_task(Gateway(url, workcell, number, names[number::CONNECTIONS]).serve())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
