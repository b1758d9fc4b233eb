"""The executor in real time: overruns, stubborn actions, a full disk, a lost instrument, a lost broker."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import pytest
import pytest_asyncio

from labd.domain.capability import Json, Slot
from labd.domain.command import Failed, FailureKind, Order, Outcome, Refused, Succeeded
from labd.driver_kit import Context, Driver, action
from labd.driver_kit.executor import Executor
from labd.driver_kit.instrument import Instrument
from labd.driver_kit.ledger import Ledger
from labd.driver_kit.station import Station


class Oven(Driver):
    """Every way to misbehave."""

    def __init__(self) -> None:
        self.safe = asyncio.Event()
        self.go = asyncio.Event()
        self.opened = 0
        self.warmed: list[float] = []
        self.unsafe: Exception | None = None

    async def open(self) -> None:
        self.opened += 1
        if self.opened == 1:
            raise ConnectionRefusedError("it is switched off")

    async def make_safe(self) -> None:
        if self.unsafe:
            raise self.unsafe
        self.safe.set()

    @action()
    async def heat(self, context: Context) -> dict[str, Json]:
        await self.go.wait()
        return {"hot": True}

    @action()
    async def warm(self, context: Context, temperature: Annotated[float, Slot(unit="degC", high=50)]) -> None:
        self.warmed.append(temperature)

    @action(typical_s=0, maximum_s=0.02)
    async def overrun(self, context: Context) -> None:
        await self.go.wait()

    @action(cancellable=True)
    async def finish_early(self, context: Context) -> dict[str, Json]:
        with contextlib.suppress(asyncio.CancelledError):
            await self.go.wait()
        return {"hot": False}

    @action()
    async def lose(self, context: Context) -> None:
        raise ConnectionResetError("the cable is out")


class FullOnce(Ledger):
    """The disk is full for the first outcome."""

    full = True

    def finish(self, command: str, outcome: Outcome, at: datetime) -> None:
        if self.full:
            self.full = False
            raise sqlite3.OperationalError("database or disk is full")
        super().finish(command, outcome, at)


class Life:
    """An executor at work, and what it said."""

    def __init__(self, ledger: Ledger, tasks: asyncio.TaskGroup) -> None:
        self.driver, self.ledger = Oven(), ledger
        self.instrument = Instrument(self.driver, self.changed)
        self.executor = Executor(self.instrument, ledger, self, tasks)
        self.conditions: list[tuple[str, str]] = []
        self._more = asyncio.Condition()
        self._tasks = tasks

    def accepted(self, command: str, note: str = "") -> None:
        self.changed()

    def progressed(self, command: str, fraction: float | None, note: str) -> None:
        self.changed()

    def recorded(self, command: str, note: str = "") -> None:
        self.changed()

    def changed(self) -> None:
        self.conditions.append(self.executor.condition)
        self._tasks.create_task(self._tell())

    async def _tell(self) -> None:
        async with self._more:
            self._more.notify_all()

    async def until(self, fits: Callable[[], bool]) -> None:
        async with self._more, asyncio.timeout(60):
            await self._more.wait_for(fits)

    async def outcome(self, capability: str, command: str = "c", **arguments: Json) -> Outcome:
        self.order(capability, command, **arguments)
        await self.until(lambda: bool((entry := self.ledger.find(command)) and entry.ended))
        entry = self.ledger.find(command)
        assert entry
        assert entry.ended
        return entry.ended.outcome

    def order(self, capability: str, command: str = "c", **arguments: Json) -> None:
        order = Order(command=command, run="r", step="s", attempt=1, instrument="oven", capability=capability)
        self.executor.order(1, order.model_copy(update={"arguments": arguments}))

    async def idle(self) -> None:
        await self.until(lambda: self.executor.condition[0] == "idle")


@pytest_asyncio.fixture(params=[Ledger])
async def life(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Life]:
    ledger = request.param(tmp_path / "oven.sqlite")
    async with asyncio.TaskGroup() as tasks:
        life = Life(ledger, tasks)
        keeping = tasks.create_task(life.instrument.keep_open(life.executor.recover))
        await life.idle()
        yield life
        await life.executor.abandon()
        keeping.cancel()
    ledger.close()


async def test_an_instrument_that_cannot_be_opened_is_tried_again(life: Life) -> None:
    assert life.driver.opened == 2
    assert ("error", "cannot be opened: ConnectionRefusedError: it is switched off") in life.conditions


async def test_the_drivers_own_envelope_refuses_whatever_is_ordered(life: Life) -> None:
    """The third envelope, with neither planner nor workcell before it."""
    refused = await life.outcome("warm", temperature=50.1)
    assert refused == Refused(message="temperature is 50.1 degC; it must be at most 50 degC.")
    assert life.driver.warmed == [], "nothing moved"
    assert isinstance(await life.outcome("warm", "c2", temperature=50), Succeeded)
    assert life.driver.warmed == [50.0]


async def test_an_action_that_takes_too_long_is_cancelled_and_the_instrument_made_safe(life: Life) -> None:
    outcome = await life.outcome("overrun")
    assert outcome == Failed(
        failure=FailureKind.UNDEFINED, message="The action took longer than 0.02 s and was cancelled."
    )
    assert life.driver.safe.is_set()
    await life.idle()


async def test_however_fast_its_time_runs_an_action_has_a_minute(life: Life) -> None:
    life.driver.time_scale = float("inf")
    life.order("overrun")
    life.driver.go.set()
    assert await life.outcome("overrun") == Succeeded()


async def test_a_cancelled_action_may_still_give_a_result(life: Life) -> None:
    life.order("finish_early")
    await asyncio.sleep(0)
    life.executor.cancel("c")
    assert await life.outcome("finish_early") == Succeeded(result={"hot": False})


async def test_a_lost_instrument_is_opened_again(life: Life) -> None:
    outcome = await life.outcome("lose")
    assert outcome == Failed(failure=FailureKind.CONNECTION, message="the cable is out")
    await life.until(lambda: life.driver.opened == 3)
    await life.idle()
    assert ("error", "the cable is out") in life.conditions


async def test_an_instrument_that_cannot_be_made_safe_says_so_until_it_is_reset(life: Life) -> None:
    life.driver.unsafe = OSError("valve stuck")
    life.executor.stop()
    await life.until(lambda: life.executor.condition[0] == "error")
    assert life.executor.condition[1] == "could not be made safe: OSError: valve stuck"
    assert isinstance(await life.outcome("heat"), Refused)
    life.executor.reset()
    await life.idle()


async def test_a_paused_instrument_refuses_and_brings_what_it_has_to_its_end(life: Life) -> None:
    life.order("heat", "c1")
    life.executor.pause(paused=True)
    assert isinstance(await life.outcome("heat", "c2"), Refused)
    life.driver.go.set()
    assert await life.outcome("heat", "c1") == Succeeded(result={"hot": True})
    await life.until(lambda: life.executor.condition[0] == "stopped")
    assert isinstance(await life.outcome("heat", "c3"), Refused)
    life.executor.pause(paused=False)
    assert await life.outcome("heat", "c4") == Succeeded(result={"hot": True})


async def test_what_is_abandoned_stays_begun(life: Life) -> None:
    life.order("heat")
    await life.executor.abandon()
    assert [order.command for order in life.ledger.unfinished()] == ["c"]


@pytest.mark.parametrize("life", [FullOnce], indirect=True)
async def test_an_outcome_waits_for_a_full_disk(life: Life) -> None:
    life.driver.go.set()
    assert await life.outcome("heat") == Succeeded(result={"hot": True})
    assert ("error", "the ledger cannot be written: database or disk is full") in life.conditions
    await life.idle()


class Alone(Oven):
    """Opens at once, and does not wait long for a broker."""

    watchdog_s = 0.05

    async def open(self) -> None:
        pass


async def test_without_a_broker_an_idle_instrument_makes_itself_safe(tmp_path: Path) -> None:
    driver, ledger = Alone(), Ledger(tmp_path / "alone.sqlite")
    station = Station(driver, ledger, workcell="bench", name="alone", broker="mqtt://127.0.0.1:1")
    serving = asyncio.create_task(station.serve())
    await asyncio.wait_for(driver.safe.wait(), 60)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    ledger.close()
