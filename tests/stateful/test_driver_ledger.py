"""A driver that crashes at any point, and is ordered the same again, late, and with other content.

The physical world is `Bench.begun`: how often each command began to move something. It outlives every crash.
"""

import asyncio
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from labd.domain.capability import Json
from labd.domain.command import Failed, Order, Outcome, Refused, Succeeded, Unknown
from labd.driver_kit import Context, DeviceError, Driver, Recovery, action
from labd.driver_kit.executor import Executor
from labd.driver_kit.instrument import Instrument
from labd.driver_kit.ledger import Ledger
from labd.wire.messages import content_hash

Moment = Literal["before", "after", "full"]
LONG_AGO, LONG_HENCE = datetime(2000, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)


class Crash(BaseException):
    """`kill -9`."""


class FragileLedger(Ledger):
    """A ledger in whose process the next write is the moment of a crash, or for which the disk is full."""

    moment: Moment | None = None
    dead = False

    def begin(self, order: Order, at: datetime) -> None:
        self._before()
        super().begin(order, at)
        self._after()

    def refuse(self, order: Order, outcome: Outcome, at: datetime) -> None:
        self._before()
        super().refuse(order, outcome, at)
        self._after()

    def finish(self, command: str, outcome: Outcome, at: datetime) -> None:
        self._before()
        super().finish(command, outcome, at)
        self._after()

    def _before(self) -> None:
        if self.dead:
            raise Crash
        if self.moment == "full":
            self.moment = None
            raise sqlite3.OperationalError("database or disk is full")
        if self.moment == "before":
            self.dead = True
            raise Crash

    def _after(self) -> None:
        if self.moment == "after":
            self.dead = True
            raise Crash


class Bench(Driver):
    """Counts what it begins; an action ends when the test says so."""

    def __init__(self, begun: Counter[str]) -> None:
        self.begun = begun
        self.running: dict[str, asyncio.Future[dict[str, Json]]] = {}

    @action(recovery=Recovery.ASK, cancellable=True)
    async def pour(self, context: Context, volume: float = 1.0) -> dict[str, Json]:
        return await self._move(context)

    @action(recovery=Recovery.REPEAT)
    async def look(self, context: Context) -> dict[str, Json]:
        return await self._move(context)

    @action(recovery=Recovery.QUERY)
    async def ring(self, context: Context) -> dict[str, Json]:
        return await self._move(context)

    async def query(self, command: str, capability: str, arguments: dict[str, Json]) -> Outcome | None:
        return Succeeded(result={"begun": self.begun[command]}) if self.begun[command] else None

    async def _move(self, context: Context) -> dict[str, Json]:
        assert not self.running, "two actions at once"
        self.begun[context.command] += 1
        self.running[context.command] = asyncio.get_running_loop().create_future()
        try:
            return await self.running[context.command]
        finally:
            self.running.clear()


class DriverLife(RuleBasedStateMachine):
    """One instrument through many processes."""

    commands = Bundle("commands")

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda _loop, _context: None)  # tasks that a crash took with it
        self.begun: Counter[str] = Counter()
        self.orders: dict[str, Order] = {}
        self.reported: dict[str, Outcome] = {}
        self.accepted_now: set[str] = set()
        self.acked: set[str] = set()
        self.epoch = 1
        self.start()

    # --- the listener

    def accepted(self, command: str, note: str = "") -> None:
        self.accepted_now.add(command)

    def progressed(self, command: str, fraction: float | None, note: str) -> None:
        pass

    def changed(self) -> None:
        pass

    def recorded(self, command: str, note: str = "") -> None:
        entry = self.ledger.find(command)
        assert entry
        assert entry.ended, "reported before it was recorded"
        assert entry.ended.content_hash == content_hash(command, entry.ended.outcome)
        assert self.reported.setdefault(command, entry.ended.outcome) == entry.ended.outcome, "two outcomes of one id"

    # --- the process

    def start(self) -> None:
        self.ledger = FragileLedger(Path(self.directory.name) / "bench.sqlite")
        self.driver = Bench(self.begun)
        instrument, tasks = Instrument(self.driver, self.changed), asyncio.TaskGroup()
        self.executor = Executor(instrument, self.ledger, self, tasks)

        async def live() -> None:
            self.executor.settle()
            async with tasks:
                await instrument.keep_open(self.executor.recover)

        self.process = self.loop.create_task(live())
        self.turn()

    def turn(self, *, first: Callable[[], None] = lambda: None) -> None:
        """Do something, let everything happen that follows; then bury the process if it crashed on the way."""

        async def step() -> None:
            with suppress(Crash):
                first()
            for _ in range(25):
                await asyncio.sleep(0)

        self.loop.run_until_complete(step())
        if self.ledger.dead:
            self.crash()
        else:
            assert not self.process.done()

    @rule()
    def crash(self) -> None:
        self.ledger.dead = True
        self.bury()
        self.start()

    def bury(self) -> None:
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        while tasks := asyncio.all_tasks(self.loop):
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.ledger.close()

    @rule(moment=st.sampled_from(["before", "after"]))
    def doom(self, moment: Moment) -> None:
        self.ledger.moment = moment

    # --- the daemon

    def send(self, order: Order, epoch: int) -> None:
        self.turn(first=lambda: self.executor.order(epoch, order))

    @rule(
        target=commands,
        capability=st.sampled_from(["pour", "look", "ring", "fly"]),
        late=st.booleans(),
        stale=st.booleans(),
        full=st.booleans(),
    )
    def order(self, capability: str, late: bool, stale: bool, full: bool) -> str:
        command = f"c{len(self.orders) + 1}"
        deadline = LONG_AGO if late and stale else LONG_HENCE
        order = Order(
            command=command, run="r", step="s", attempt=1, instrument="b", capability=capability, deadline=deadline
        )
        self.orders[command] = order
        if full and self.ledger.moment is None:
            self.ledger.moment = "full"
            self.send(order, self.epoch)
            assert self.ledger.find(command) is None
            assert not self.begun[command]
        self.send(order, self.epoch - stale)
        return command

    @rule(command=commands)
    def order_again(self, command: str) -> None:
        self.send(self.orders[command], self.epoch)

    @rule(command=commands)
    def order_other_content(self, command: str) -> None:
        seen, before = self.ledger.find(command), self.begun[command]
        self.send(self.orders[command].model_copy(update={"capability": "look", "attempt": 2}), self.epoch)
        if seen:
            assert self.begun[command] == before
        elif found := self.ledger.find(command):
            self.orders[command] = found.order

    @rule()
    def new_daemon(self) -> None:
        self.epoch += 1

    @rule(command=commands)
    def acknowledge(self, command: str) -> None:
        if outcome := self.reported.get(command):
            assert not self.ledger.acknowledge(command, "other")
            assert self.ledger.acknowledge(command, content_hash(command, outcome))
            self.acked.add(command)

    @rule(command=commands)
    def cancel(self, command: str) -> None:
        self.turn(first=lambda: self.executor.cancel(command))

    @rule()
    def stop(self) -> None:
        self.turn(first=self.executor.stop)
        assert not self.driver.running
        assert self.executor.condition[0] == "stopped"

    @rule()
    def reset(self) -> None:
        self.executor.reset()

    # --- the instrument

    @precondition(lambda self: self.driver.running)
    @rule(well=st.booleans())
    def end(self, well: bool) -> None:
        (command,) = self.driver.running
        if well:
            self.driver.running[command].set_result({"begun": self.begun[command]})
        else:
            self.driver.running[command].set_exception(DeviceError("stalled"))
        self.turn()

    # --- what must be true

    @invariant()
    def each_order_moves_something_once(self) -> None:
        for command, times in self.begun.items():
            entry = self.ledger.find(command)
            assert entry, "it moved, and the ledger knows nothing of it"
            assert times <= 1 or entry.order.capability == "look"

    @invariant()
    def outcomes_tell_what_happened(self) -> None:
        for command, outcome in self.reported.items():
            match outcome:
                case Refused():
                    assert not self.begun[command]
                case Succeeded(result=result):
                    assert result["begun"] == self.begun[command] > 0
                case Failed():
                    assert self.begun[command]
                case Unknown():
                    assert self.begun[command] <= 1 or self.orders[command].capability == "look"

    @invariant()
    def nothing_reported_is_lost(self) -> None:
        unacknowledged = set(self.ledger.unacknowledged())
        assert set(self.reported) - self.acked <= unacknowledged
        assert not self.acked & unacknowledged

    @invariant()
    def what_is_in_hand_is_in_the_ledger(self) -> None:
        assert set(self.driver.running) <= set(self.executor.commands)
        assert {order.command for order in self.ledger.unfinished()} == set(self.executor.commands)

    def teardown(self) -> None:
        self.ledger.dead = True
        self.bury()
        self.loop.close()
        self.directory.cleanup()


def test_a_driver_that_crashes_anywhere_does_nothing_twice_and_loses_nothing() -> None:
    run_state_machine_as_test(DriverLife, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))
