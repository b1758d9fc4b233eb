"""The driver that is looked at: its process, and the daemon's side of its wire."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from labd.conformance.report import Skipped, Violated
from labd.conformance.sampling import allowed
from labd.domain.capability import Capability, Json
from labd.domain.command import Order
from labd.domain.errors import InvalidInput
from labd.mqtt import Arrived, Down, MqttTransport, Up
from labd.wire.chunks import CHUNK_LEAF, Chunk, chunk_from_driver, is_chunk
from labd.wire.decoding import FROM_DRIVER_BODIES, TO_DRIVER_LEAVES, FromDriver, ToDriver, from_driver
from labd.wire.messages import Answer, Birth, Command, Echo, Heartbeat, Report, State, Stop
from labd.wire.topics import topic, topic_of_all

Body = TypeVar("Body", Birth, State, Report, Answer, Echo, Chunk)
LAST_WORDS = 300
"""How much of a driver's log is quoted when it ended, in characters."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start the driver: `{broker}`, `{workcell}`, `{name}` and `{state}` in the command are filled in."""

    command: Sequence[str]
    workcell: str = "check"
    name: str = "checked"

    def filled(self, broker: str, state: Path) -> tuple[list[str], dict[str, str]]:
        """The command line, and the same places as environment variables."""
        places = {"broker": broker, "workcell": self.workcell, "name": self.name, "state": str(state)}
        words = list(self.command)
        for name, place in places.items():
            words = [word.replace(f"{{{name}}}", place) for word in words]
        values = (broker, self.workcell, self.name, str(state))
        variables = ("LABD_BROKER", "LABD_WORKCELL", "LABD_NAME", "LABD_STATE")
        return words, dict(zip(variables, values, strict=True))


@dataclass(frozen=True, slots=True)
class Choice:
    """What to order where the descriptor leaves it open, and how long to wait for anything, in seconds."""

    capability: str = ""
    """By default the first of the descriptor."""
    arguments: Mapping[str, Json] = field(default_factory=dict)
    """Instead of values in the middle of the bounds."""
    patience_s: float = 10.0


class Subject:
    """One rule's driver, under one name on a broker of its own. Everything that it says is kept, in order."""

    def __init__(self, launch: Launch, choice: Choice, broker_url: str, state: Path) -> None:
        self.launch, self.choice = launch, choice
        self.said: list[FromDriver | Chunk] = []
        self.ups = self.downs = 0
        self._unreadable = ""
        self._broker_url, self._state = broker_url, state
        self._process: asyncio.subprocess.Process | None = None
        self._news = asyncio.Condition()
        self._orders = 0
        self._transport = MqttTransport(
            broker_url,
            client_id="labd-check",
            subscriptions=[self._topic(leaf) for leaf in (*FROM_DRIVER_BODIES, CHUNK_LEAF)],
        )

    async def __aenter__(self) -> Self:
        self._state.mkdir(parents=True, exist_ok=True)
        self._listening = asyncio.create_task(self._listen())
        await self.until(lambda: self.ups > 0, "The broker does not answer.")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.end()
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)

    # --- the process

    async def start(self) -> None:
        """Start the driver; returns at once. Raises `InvalidInput` for a command that cannot be run."""
        words, places = self.launch.filled(self._broker_url, self._state)
        with self._log.open("ab") as output:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *words,
                    env={**os.environ, **places},
                    stdin=asyncio.subprocess.PIPE,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,  # a driver behind a shell is killed with its shell
                )
            except OSError as error:
                raise InvalidInput(f"{words[0]} cannot be run: {error}.", "Give the driver's command.") from error
        self._watching = asyncio.create_task(self._watch(self._process))

    async def kill(self) -> None:
        """`kill -9`."""
        await self._signal(signal.SIGKILL)

    async def end(self) -> None:
        """SIGTERM, and SIGKILL where that does not help."""
        try:
            async with asyncio.timeout(self.choice.patience_s):
                await self._signal(signal.SIGTERM)
        except TimeoutError:
            await self.kill()

    async def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            await self._process.wait()
            self._process = None
            await self._watching

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()
        async with self._news:
            self._news.notify_all()

    @property
    def _log(self) -> Path:
        return self._state / "driver.log"

    # --- what it says

    async def _listen(self) -> None:
        async with contextlib.aclosing(self._transport.events()) as events:
            async for event in events:
                match event:
                    case Up():
                        self.ups += 1
                    case Down():
                        self.downs += 1
                    case Arrived():
                        self._take(event)
                async with self._news:
                    self._news.notify_all()

    def _take(self, arrived: Arrived) -> None:
        try:
            if is_chunk(arrived.topic):
                self.said.append(chunk_from_driver(arrived.topic, arrived.payload))
            else:
                self.said.append(from_driver(arrived.topic, arrived.payload)[1])
        except InvalidInput as error:
            self._unreadable = f"{arrived.topic.rsplit('/', 1)[-1]} cannot be read: {error}"

    async def until(self, fits: Callable[[], bool], otherwise: str, *, within_s: float | None = None) -> None:
        """Wait until it fits. Raises `Violated` when it does not in time, or when the driver ended meanwhile."""
        if not await self.happens(fits, within_s=within_s or self.choice.patience_s):
            raise Violated(" ".join(filter(None, (otherwise, self._unreadable))))

    async def happens(self, fits: Callable[[], bool], *, within_s: float) -> bool:
        """Whether it fits in time. Raises `Violated` when the driver ended meanwhile."""
        try:
            async with asyncio.timeout(within_s), self._news:
                await self._news.wait_for(lambda: fits() or self._ended)
        except TimeoutError:
            return False
        if not fits():
            raise Violated(self._last_words())
        return True

    @property
    def _ended(self) -> bool:
        return self._process is not None and self._process.returncode is not None

    def _last_words(self) -> str:
        code = self._process.returncode if self._process else None
        words = self._log.read_text(encoding="utf-8", errors="replace").strip()[-LAST_WORDS:]
        return f"The driver ended with code {code}" + (f": ...{words}" if words else ".")

    async def first(
        self,
        kind: type[Body],
        fits: Callable[[Body], bool],
        otherwise: str,
        *,
        after: int = 0,
        within_s: float | None = None,
    ) -> Body:
        """The first message of that kind that fits, of those from place `after` on; waits for it."""
        found: list[Body] = []

        def search() -> bool:
            found.extend(each for each in self.said[after:] if isinstance(each, kind) and fits(each))
            return bool(found)

        await self.until(search, otherwise, within_s=within_s)
        return found[0]

    async def ready(self, *, after: int = 0) -> Birth:
        """The descriptor, when the driver has said it and that it is idle."""
        birth = await self.first(Birth, lambda _: True, "No descriptor came.", after=after)
        session = birth.descriptor.session
        idle = "It did not say that it is idle, in the session of its descriptor."
        await self.first(State, lambda each: each.status == "idle" and each.session == session, idle, after=after)
        return birth

    async def ready_again(self, *, after: int) -> State:
        """The state, when the driver has said again that it is idle."""
        return await self.first(State, lambda each: each.status == "idle", "It is not idle again.", after=after)

    async def started(self) -> Birth:
        """Start the driver; its descriptor, when it is idle."""
        already = len(self.said)
        await self.start()
        return await self.ready(after=already)

    def reports(self, command: str, *, after: int = 0) -> list[Report]:
        """What was reported of a command, from place `after` on."""
        return [each for each in self.said[after:] if isinstance(each, Report) and each.command == command]

    async def outcome(self, order: Order, *, after: int = 0) -> Report:
        """The final report of an order; waits for it as long as its action usually takes, and longer."""
        capability = self.capability(order.capability)
        within_s = self.choice.patience_s + (3 * capability.typical_s if capability else 0.0)
        return await self.first(
            Report,
            lambda each: each.command == order.command and each.outcome is not None,
            f"No outcome of an order for {order.capability} came.",
            after=after,
            within_s=within_s,
        )

    async def retained(self, leaf: str) -> FromDriver:
        """What somebody who connects now is told, while the driver itself is held. Raises `Violated` for nothing."""
        where = self._topic(leaf)
        late = MqttTransport(self._broker_url, client_id="labd-check-late", subscriptions=[where])
        self._hold(signal.SIGSTOP)
        try:
            async with asyncio.timeout(self.choice.patience_s), contextlib.aclosing(late.events()) as events:
                async for event in events:
                    if isinstance(event, Arrived) and event.topic == where:  # amqtt sends others too
                        return from_driver(where, event.payload)[1]
        except TimeoutError:
            raise Violated(f"Whoever connects later is told no {leaf}: it is not retained.") from None
        except InvalidInput as error:
            raise Violated(f"The retained {leaf} cannot be read: {error}") from error
        finally:
            self._hold(signal.SIGCONT)
        raise AssertionError("unreachable: the events never end")

    def _hold(self, number: signal.Signals) -> None:
        if self._process is not None and not self._ended:
            os.killpg(self._process.pid, number)

    # --- what it is told

    def capability(self, name: str) -> Capability | None:
        """What the descriptor says of a capability."""
        births = [each for each in self.said if isinstance(each, Birth)]
        return births[-1].descriptor.capability(name) if births else None

    def chosen(self, birth: Birth) -> Capability:
        """The capability to order. Raises `Skipped` when there is none, `InvalidInput` for a name that it has not."""
        if not birth.descriptor.capabilities:
            raise Skipped("The descriptor has no capability that could be ordered.")
        if not self.choice.capability:
            return birth.descriptor.capabilities[0]
        found = birth.descriptor.capability(self.choice.capability)
        if found is None:
            has = ", ".join(each.name for each in birth.descriptor.capabilities)
            raise InvalidInput(f"The driver has no capability {self.choice.capability}; it has {has}.")
        if strange := sorted(set(self.choice.arguments) - set(found.arguments)):
            raise InvalidInput(f"{found.name} takes no argument {', '.join(strange)}.")
        return found

    def new_order(self, capability: Capability, **instead: Json) -> Order:
        """An order that was not given before, with allowed arguments."""
        self._orders += 1
        chosen = {name: value for name, value in self.choice.arguments.items() if name in capability.arguments}
        return Order(
            command=f"check.{self._orders}",
            run="check",
            step="check",
            attempt=1,
            instrument=self.launch.name,
            capability=capability.name,
            arguments={**allowed(capability), **chosen, **instead},
        )

    async def order(self, order: Order, *, epoch: int = 1) -> int:
        """Send an order; the place in `said` from which on it may be answered."""
        already = len(self.said)
        await self.send(Command(epoch=epoch, order=order))
        return already

    async def send(self, body: ToDriver) -> None:
        """Send what a daemon sends."""
        await self.publish(TO_DRIVER_LEAVES[type(body)], body.model_dump_json().encode())

    async def send_to_all(self, body: Heartbeat | Stop, *, retain: bool = False) -> None:
        """Send what a daemon says to the workcell as a whole."""
        where = topic_of_all(self.launch.workcell, type(body).__name__.lower())
        await self._publish(where, body.model_dump_json().encode(), retain=retain)

    async def forget(self, leaf: str) -> None:
        """Empty what was retained for the workcell as a whole, as a broker does that forgets."""
        await self._publish(topic_of_all(self.launch.workcell, leaf), b"", retain=True)

    async def publish(self, leaf: str, payload: bytes) -> None:
        """Send anything."""
        await self._publish(self._topic(leaf), payload)

    async def _publish(self, where: str, payload: bytes, *, retain: bool = False) -> None:
        if not await self._transport.publish(where, payload, retain=retain):
            raise Violated("The broker was lost.")

    def _topic(self, leaf: str) -> str:
        return topic(self.launch.workcell, self.launch.name, leaf)
