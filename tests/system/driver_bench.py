"""A bench for one driver process: a broker, the daemon's side of the wire, and the gate that its actions wait at."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from labd.adapters.broker import EmbeddedBroker
from labd.domain.command import Order
from labd.domain.value import Value
from labd.mqtt import Arrived, MqttTransport, Up
from labd.wire.messages import Ack, Answer, Ask, Birth, Command, Control, Echo, Heartbeat, Reading, Report, State, Stop
from labd.wire.topics import topic, topic_of_all

WORKCELL, NAME = "bench", "pourer"
BODIES: dict[str, type[Value]] = {"descriptor": Birth, "state": State, "report": Report, "answer": Answer, "echo": Echo}
WITHIN_S = 60.0
Body = TypeVar("Body", bound=Value)


class Gate:
    """Where actions wait: `begun` gives the next command that began, `let` answers it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._arrived: asyncio.Queue[str] = asyncio.Queue()
        self._writers: dict[str, asyncio.StreamWriter] = {}
        self._open: list[asyncio.StreamWriter] = []

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.append(writer)
        command = (await reader.readline()).decode().strip()
        self._writers[command] = writer
        self._arrived.put_nowait(command)

    async def begun(self) -> str:
        return await asyncio.wait_for(self._arrived.get(), WITHIN_S)

    def let(self, command: str, answer: str = "0") -> None:
        self._writers[command].write(f"{answer}\n".encode())

    async def close(self) -> None:
        for writer in self._open:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)  # its driver was killed, perhaps


class DriverBench:
    """Starts driver processes, speaks to them as the daemon does, and remembers all that they say, in order."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.acts_file = directory / "acts"
        self.gate = Gate(directory / "gate")
        self.broker = EmbeddedBroker(directory / "broker")
        self.said: list[Value] = []
        self.ups = 0
        self._more = asyncio.Condition()
        self._stack = AsyncExitStack()
        self._drivers: list[asyncio.subprocess.Process] = []

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.broker)
        leaves = [*BODIES, "telemetry/temperature"]
        self._transport = MqttTransport(
            self.broker.url, client_id="daemon", subscriptions=[topic(WORKCELL, NAME, leaf) for leaf in leaves]
        )
        server = await asyncio.start_unix_server(self.gate.take, self.gate.path)
        listening = asyncio.create_task(self._listen())
        self._stack.push_async_callback(self._end, server, listening)
        await self.until(lambda: self.ups > 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _end(self, server: asyncio.Server, listening: asyncio.Task[None]) -> None:
        for process in self._drivers:
            if process.returncode is None:
                process.kill()
                await process.wait()
        await self.gate.close()
        server.close()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self) -> None:
        async for event in self._transport.events():
            match event:
                case Up():
                    self.ups += 1
                case Arrived():
                    leaf = event.topic.rsplit("/", 1)[-1]
                    self.said.append(BODIES.get(leaf, Reading).model_validate_json(event.payload))
            async with self._more:
                self._more.notify_all()

    # --- the driver

    async def start(self) -> asyncio.subprocess.Process:
        """A driver process; returns at once."""
        with (self.directory / "driver.log").open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *(
                    sys.executable,
                    "-m",
                    "labd.driver_kit",
                    "gated_driver:Gated",
                    "--workcell",
                    WORKCELL,
                    "--name",
                    NAME,
                ),
                *("--broker", self.broker.url, "--state", str(self.directory), "--with-parent"),
                *("--option", f"acts={self.acts_file}", "--option", f"gate={self.gate.path}"),
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
                stdin=asyncio.subprocess.PIPE,
                stderr=output,
            )
        self._drivers.append(process)
        return process

    async def started(self) -> asyncio.subprocess.Process:
        """A driver process that has said that it is idle."""
        already = len(self.said)
        process = await self.start()
        await self.hear(State, lambda state: state.status == "idle", after=already)
        return process

    def acts(self) -> list[str]:
        """What the instrument did, by its own account."""
        return self.acts_file.read_text(encoding="utf-8").splitlines() if self.acts_file.exists() else []

    # --- the daemon's side

    async def send(self, body: Command | Ack | Ask | Control) -> None:
        await self.publish(type(body).__name__.lower(), body.model_dump_json().encode())

    async def publish(self, leaf: str, payload: bytes) -> None:
        assert await self._transport.publish(topic(WORKCELL, NAME, leaf), payload)

    async def say_stop(self, stop: str, *, stopped: bool = True) -> None:
        """What stands on the stop topic from now on."""
        said = Stop(id=stop, stopped=stopped, by="ada", reason="smoke", at=datetime.now(UTC))
        await self.leave_on_stop_topic(said.model_dump_json().encode())

    async def leave_on_stop_topic(self, payload: bytes) -> None:
        assert await self._transport.publish(topic_of_all(WORKCELL, "stop"), payload, retain=True)

    async def beat(self, number: int, at: datetime, *, protocol: str = "1.1", **more: Any) -> Echo:
        """A heartbeat, and the driver's echo of it."""
        beat = Heartbeat(epoch=1, number=number, every_s=5, at=at, protocol=protocol).model_dump(mode="json")
        payload = json.dumps(beat | more).encode()
        assert await self._transport.publish(topic_of_all(WORKCELL, "heartbeat"), payload)
        return await self.hear(Echo, lambda echo: echo.number == number)

    async def order(self, command: str, capability: str = "pour", *, epoch: int = 1, **more: Any) -> None:
        arguments = more.pop("arguments", {"volume": 2} if capability == "pour" else {})
        order = Order(
            command=command,
            run="r",
            step="s",
            attempt=1,
            instrument=NAME,
            capability=capability,
            arguments=arguments,
            **more,
        )
        await self.send(Command(epoch=epoch, order=order))

    async def hear(self, kind: type[Body], fits: Callable[[Body], bool] = lambda _: True, *, after: int = 0) -> Body:
        """The first message of that kind that fits, of those said from place `after` on; waits for it."""
        found: list[Body] = []

        def search() -> bool:
            found.extend(each for each in self.said[after:] if isinstance(each, kind) and fits(each))
            return bool(found)

        await self.until(search)
        return found[0]

    async def outcome(self, command: str, *, after: int = 0) -> Report:
        """The final report of a command."""
        return await self.hear(Report, lambda each: each.command == command and each.outcome is not None, after=after)

    async def until(self, fits: Callable[[], bool]) -> None:
        async with self._more, asyncio.timeout(WITHIN_S):
            await self._more.wait_for(fits)


def kill(process: asyncio.subprocess.Process) -> None:
    """`kill -9`."""
    os.kill(process.pid, signal.SIGKILL)
