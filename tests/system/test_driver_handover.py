"""One driver process after the other: what the earlier one leaves behind misleads nobody."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from labd.domain.command import Order, Succeeded
from labd.wire.messages import Answer, Ask, Report, State, order_hash
from tests.system.driver_bench import NAME, DriverBench

pytestmark = pytest.mark.needs("mosquitto")


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[DriverBench]:
    async with DriverBench(tmp_path) as bench:
        yield bench


async def test_the_late_will_of_an_earlier_process_is_contradicted(bench: DriverBench) -> None:
    await bench.started()
    place = len(bench.said)
    await bench.publish("state", State(session="earlier", sequence=0, status="offline").model_dump_json().encode())
    await bench.hear(State, lambda each: each.session == "earlier", after=place)
    await bench.hear(State, lambda each: each.status == "idle", after=place)


async def test_a_driver_that_ends_leaves_a_new_order_to_its_successor(bench: DriverBench) -> None:
    driver = await bench.started()
    await bench.order("c1")
    await bench.gate.begun()
    assert driver.stdin is not None
    driver.stdin.close()  # its daemon died
    await bench.start()
    place = len(bench.said)
    await bench.send(Ask(command="c1"))
    await bench.hear(Answer, after=place)
    bench.gate.let("c1")
    report = await bench.outcome("c1")
    assert report.order_hash == order_hash(
        Order(command="c1", run="r", step="s", attempt=1, instrument=NAME, capability="pour", arguments={"volume": 2})
    )
    await bench.order("c2")
    await bench.hear(State, lambda each: each.status == "idle" and each.session != report.session)
    place = len(bench.said)
    await bench.send(Ask(command="c2"))
    answer = await bench.hear(Answer, after=place)
    assert answer.standing == "never_seen"
    await bench.order("c2")
    await bench.gate.begun()
    bench.gate.let("c2")
    assert isinstance((await bench.outcome("c2", after=place)).outcome, Succeeded)
    assert not [
        each for each in bench.said if isinstance(each, Report) and each.outcome and each.outcome.kind == "refused"
    ]
    assert bench.acts() == ["begun c1", "begun c2"]
