"""What a driver makes of its daemon's heartbeats: its clock, and the watchdog."""

import asyncio
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from labd.driver_kit.pulse import KEPT, DaemonClock, Pulse
from labd.simulation.clock import run_virtual
from labd.wire.messages import Heartbeat

MORNING = datetime(2026, 1, 5, 8, tzinfo=UTC)
BEAT_S = 5.0


def beat(number: int, after_s: float, *, epoch: int = 1) -> Heartbeat:
    at = MORNING + timedelta(seconds=after_s)
    return Heartbeat(epoch=epoch, number=number, every_s=BEAT_S, at=at, protocol="1.1")


def off_by_s(clock: DaemonClock, now_s: float, truly_s: float) -> float:
    at = clock.at(now_s)
    assert at is not None
    return (at - MORNING).total_seconds() - truly_s


# --- the daemon's clock


@given(
    st.lists(st.floats(0, 3), min_size=1, max_size=30),
    st.floats(-1e7, 1e7),
)
def test_it_lags_by_the_least_delay_and_never_runs_ahead(delays: list[float], own_offset_s: float) -> None:
    clock = DaemonClock()
    now_s = 0.0
    for number, delay in enumerate(delays, 1):
        now_s = number * BEAT_S + delay
        clock.heard(beat(number, number * BEAT_S), own_offset_s + now_s)
    least = min(delays[-KEPT:])
    assert abs(off_by_s(clock, own_offset_s + now_s, now_s) + least) < 1e-5


def test_before_the_first_heartbeat_nothing_is_known() -> None:
    assert DaemonClock().at(5.0) is None


@given(st.floats(-1e6, 1e6).filter(lambda jump: abs(jump) > BEAT_S))
def test_a_daemon_that_sets_its_clock_is_followed_at_once(jump_s: float) -> None:
    clock = DaemonClock()
    for number in range(1, 6):
        clock.heard(beat(number, number * BEAT_S), number * BEAT_S)
    clock.heard(beat(6, 6 * BEAT_S + jump_s), 6 * BEAT_S)
    assert abs(off_by_s(clock, 6 * BEAT_S, 6 * BEAT_S + jump_s)) < 1e-5


def test_a_small_step_back_is_followed_after_a_while() -> None:
    clock = DaemonClock()
    clock.heard(beat(1, BEAT_S), BEAT_S)
    for number in range(2, KEPT + 2):
        clock.heard(beat(number, number * BEAT_S - 2), number * BEAT_S)
    assert abs(off_by_s(clock, 50, 48)) < 1e-5


def test_another_daemon_has_another_clock() -> None:
    clock = DaemonClock()
    clock.heard(beat(1, 1000), BEAT_S)
    clock.heard(beat(1, 2 * BEAT_S, epoch=2), 2 * BEAT_S)
    assert abs(off_by_s(clock, 2 * BEAT_S, 2 * BEAT_S)) < 1e-5


# --- the watchdog


class Watched:
    """A pulse, and when the watchdog barked (virtual seconds)."""

    def __init__(self, watchdog_s: float = 30.0) -> None:
        self.barked: list[tuple[float, str]] = []
        self.pulse = Pulse(watchdog_s, lambda why: self.barked.append((asyncio.get_running_loop().time(), why)))


def test_a_lost_broker_makes_it_bark_once() -> None:
    async def day() -> Watched:
        it = Watched()
        it.pulse.broker_lost()
        await asyncio.sleep(1000)
        it.pulse.end()
        return it

    assert run_virtual(day()).barked == [(30.0, "no broker for 30 s")]


def test_a_broker_without_heartbeats_is_enough_where_there_never_were_any() -> None:
    async def day() -> Watched:
        it = Watched()
        it.pulse.broker_lost()
        await asyncio.sleep(20)
        it.pulse.broker_found()
        await asyncio.sleep(1000)
        return it

    assert run_virtual(day()).barked == []


def test_a_daemon_that_falls_silent_makes_it_bark_though_the_broker_is_there() -> None:
    async def day() -> Watched:
        it = Watched()
        it.pulse.broker_found()
        for number in range(1, 4):
            it.pulse.heard(beat(number, number * BEAT_S))
            await asyncio.sleep(BEAT_S)
        it.pulse.broker_lost()  # counted from the last heartbeat, not from now
        it.pulse.broker_found()
        await asyncio.sleep(1000)
        it.pulse.heard(beat(4, 4 * BEAT_S))
        await asyncio.sleep(1000)
        it.pulse.end()
        return it

    assert [at for at, _ in run_virtual(day()).barked] == [40.0, 1045.0]


def test_a_watchdog_shorter_than_the_beat_waits_for_three_of_them() -> None:
    async def day() -> Watched:
        it = Watched(watchdog_s=1.0)
        it.pulse.heard(beat(1, 0))
        await asyncio.sleep(1000)
        it.pulse.end()
        return it

    assert run_virtual(day()).barked == [(15.0, "no heartbeat for 15 s")]


def test_the_time_is_the_daemons() -> None:
    async def day() -> timedelta:
        it = Watched()
        own = it.pulse.now()
        it.pulse.heard(beat(1, 0))
        await asyncio.sleep(100)
        it.pulse.end()
        assert abs(own - datetime.now(UTC)) < timedelta(minutes=1)
        return it.pulse.now() - MORNING

    assert abs(run_virtual(day()) - timedelta(seconds=100)) < timedelta(milliseconds=1)
