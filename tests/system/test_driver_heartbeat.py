"""A true driver and its daemon's heartbeat: the echo, whose clock counts, and what is numbered."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from labd.wire.messages import Ack, Birth, Control, Report, State
from labd.wire.topics import PROTOCOL
from tests.system.driver_bench import DriverBench

pytestmark = pytest.mark.needs("mosquitto")

HOUR = timedelta(hours=1)


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[DriverBench]:
    async with DriverBench(tmp_path) as bench:
        yield bench


async def test_the_daemons_clock_decides_about_a_deadline(bench: DriverBench) -> None:
    """By its own clock the driver would refuse the first of these orders, and begin the second."""
    await bench.started()
    now = datetime.now(UTC)
    echo = await bench.beat(1, now - HOUR)
    assert echo.at == now - HOUR
    assert abs(echo.device_time - now) < HOUR / 2
    await bench.order("good", deadline=now - HOUR / 2)
    assert await bench.gate.begun() == "good"
    bench.gate.let("good")
    assert (await bench.outcome("good")).outcome

    await bench.beat(2, now + HOUR)
    await bench.order("stale", deadline=now + HOUR / 2)
    refused = (await bench.outcome("stale")).outcome
    assert refused
    assert refused.kind == "refused"
    assert "deadline" in refused.message


async def test_what_it_says_is_numbered_without_gaps_and_said_again_at_a_rebirth(bench: DriverBench) -> None:
    await bench.started()
    await bench.order("c1")
    await bench.gate.begun()
    bench.gate.let("c1", "0.5")
    first = await bench.outcome("c1")
    await bench.hear(State, lambda state: state.status == "idle", after=bench.said.index(first))
    echo = await bench.beat(1, datetime.now(UTC))
    numbered = [each.sequence for each in bench.said if isinstance(each, State | Report)]
    assert numbered == list(range(1, echo.sequence + 1))

    already = len(bench.said)
    await bench.send(Control(action="rebirth", epoch=1))
    birth = await bench.hear(Birth, after=already)
    assert (birth.protocol, birth.descriptor.session) == (PROTOCOL, echo.session)
    state = await bench.hear(State, after=already)
    again = await bench.outcome("c1", after=already)
    assert (state.status, again.content_hash) == ("idle", first.content_hash)
    assert [state.sequence, again.sequence] == [echo.sequence + 1, echo.sequence + 2]
    await bench.send(Ack(command="c1", content_hash=first.content_hash))
