"""A true driver, and a daemon of another version: it moves nothing, and works on for the one that it understands."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from labd.domain.command import Order
from labd.wire.messages import Answer, Ask, Command, Control
from labd.wire.topics import ROOT, topic
from tests.system.driver_bench import NAME, WORKCELL, DriverBench
from tests.system.mqtt_client import client

pytestmark = pytest.mark.needs("mosquitto")


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[DriverBench]:
    async with DriverBench(tmp_path) as bench:
        yield bench


def order(command: str) -> Command:
    arguments = {"volume": 2}
    order = Order(
        command=command, run="r", step="s", attempt=1, instrument=NAME, capability="pour", arguments=arguments
    )
    return Command(epoch=1, order=order)


async def works_on(bench: DriverBench) -> None:
    """It takes the next order of `labd/1`, which is the first that the instrument does."""
    await bench.order("understood")
    assert await bench.gate.begun() == "understood"
    bench.gate.let("understood")
    await bench.outcome("understood")
    assert len(bench.acts()) == 1


async def test_a_daemon_of_another_version_is_not_heard(bench: DriverBench) -> None:
    await bench.started()
    async with client(bench.broker.url, "a-later-daemon") as other:
        for leaf, body in (("command", order("c1")), ("control", Control(action="stop", epoch=1))):
            where = topic(WORKCELL, NAME, leaf).replace(ROOT, "labd/2")
            assert await other.publish(where, body.model_dump_json().encode())
    await bench.send(Ask(command="c1"))
    assert (await bench.hear(Answer)).standing == "never_seen"
    await works_on(bench)


async def test_an_order_with_a_key_of_a_later_release_moves_nothing(bench: DriverBench) -> None:
    await bench.started()
    later = {**order("c1").model_dump(mode="json"), "priority": 3}
    await bench.publish("command", json.dumps(later).encode())
    await bench.send(Ask(command="c1"))
    assert (await bench.hear(Answer)).standing == "never_seen"
    await works_on(bench)
