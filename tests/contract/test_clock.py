"""One suite for every clock: of this machine, and virtual."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from labd.adapters.system_clock import SystemClock
from labd.ports.clock import Clock
from labd.simulation.clock import VirtualClock, VirtualLoop, run_virtual
from tests.scenery import MORNING


class Way(NamedTuple):
    """A clock, the loop that it lives on, and what a moment is there."""

    clock: Clock
    loop: Callable[[], asyncio.AbstractEventLoop]
    moment: timedelta

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=self.loop) as runner:
            runner.run(work)


@pytest.fixture(params=["system", "virtual"])
def way(request: pytest.FixtureRequest) -> Way:
    if request.param == "system":
        return Way(SystemClock(), asyncio.SelectorEventLoop, timedelta(milliseconds=5))
    return Way(VirtualClock(MORNING), VirtualLoop, timedelta(days=1))


def test_the_time_is_aware_and_universal(way: Way) -> None:
    async def work() -> None:
        assert way.clock.now().utcoffset() == timedelta(0)

    way.run(work())


def test_it_calls_at_the_moment_and_in_order(way: Way) -> None:
    async def work() -> None:
        called: list[str] = []
        done = asyncio.Event()
        start = way.clock.now()
        way.clock.call_at(start + 3 * way.moment, done.set)
        way.clock.call_at(start + 2 * way.moment, lambda: called.append("second"))
        way.clock.call_at(start + way.moment, lambda: called.append("first"))
        await done.wait()
        assert called == ["first", "second"]
        # A millisecond: the system's two clocks, of timers and of the day, may drift apart by less.
        assert way.clock.now() - start >= 3 * way.moment - timedelta(milliseconds=1)

    way.run(work())


def test_a_moment_that_has_passed_is_now_and_never_within_the_call(way: Way) -> None:
    async def work() -> None:
        done = asyncio.Event()
        way.clock.call_at(way.clock.now() - timedelta(days=400), done.set)
        assert not done.is_set()
        await done.wait()

    way.run(work())


def test_what_is_cancelled_does_not_happen(way: Way) -> None:
    async def work() -> None:
        called: list[str] = []
        done = asyncio.Event()
        timer = way.clock.call_at(way.clock.now() + way.moment, lambda: called.append("never"))
        way.clock.call_at(way.clock.now() + 2 * way.moment, done.set)
        timer.cancel()
        await done.wait()
        assert called == []
        timer.cancel()

    way.run(work())


def test_a_virtual_year_of_hours_passes_in_a_moment() -> None:
    async def work() -> datetime:
        for _ in range(365 * 24):
            await asyncio.sleep(3600)
        return VirtualClock(MORNING).now()

    assert run_virtual(work()) == MORNING + timedelta(days=365)


def test_virtual_time_stands_still_while_there_is_work() -> None:
    async def work() -> float:
        for _ in range(1000):
            await asyncio.sleep(0)
        return asyncio.get_running_loop().time()

    assert run_virtual(work()) == 0.0


def test_virtual_time_reaches_every_timer_also_far_from_its_start() -> None:
    """Sums of floats need not come out even; a jump that fell short of its timer for ever would hang."""

    async def work() -> float:
        await asyncio.sleep(1e9 / 3)
        for _ in range(1000):
            await asyncio.sleep(0.1)
        return asyncio.get_running_loop().time()

    assert run_virtual(work()) == pytest.approx(1e9 / 3 + 100)


def test_waiting_for_ever_in_virtual_time_is_told() -> None:
    async def work() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="no timer is set"):
        run_virtual(work())


def test_the_system_clock_is_that_of_the_machine() -> None:
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(seconds=5)
