"""A true driver process under the laboratory's stop and under locks, while no daemon is there at all."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from labd.domain.command import Failed, FailureKind, Refused
from labd.wire.messages import Control, State
from tests.system.driver_bench import DriverBench, kill

pytestmark = pytest.mark.needs("mosquitto")

BACKLOG = 300


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[DriverBench]:
    async with DriverBench(tmp_path) as bench:
        yield bench


async def refused(bench: DriverBench, command: str, why: str) -> None:
    await bench.order(command)
    outcome = (await bench.outcome(command)).outcome
    assert isinstance(outcome, Refused)
    assert outcome.reason == "not_ready"
    assert why in outcome.message


async def test_a_stop_in_mid_action_is_obeyed_latched_and_released_by_its_id_alone(bench: DriverBench) -> None:
    driver = await bench.started()
    await bench.order("c1")
    await bench.gate.begun()
    await bench.say_stop("S2")
    state = await bench.hear(State, lambda each: each.stop == "S2")
    assert state.status == "stopped"
    assert "ada: smoke" in state.message
    assert bench.acts() == ["begun c1", "safe"], "it answers when it is safe, and not before"
    assert (await bench.outcome("c1")).outcome == Failed(failure=FailureKind.DEFINED, message="stopped before its end")
    await refused(bench, "c2", "stopped by ada")

    kill(driver)
    await driver.wait()
    place = len(bench.said)
    await bench.leave_on_stop_topic(b"")  # somebody empties the topic: its ledger remembers
    await bench.start()
    await bench.hear(State, lambda each: each.stop == "S2" and each.status == "stopped", after=place)
    assert bench.acts() == ["begun c1", "safe", "safe"], "what happened while nobody drove it, nobody knows"
    await bench.say_stop("S1", stopped=False)  # the release of an earlier one
    await bench.send(Control(action="reset", epoch=1))
    await refused(bench, "c3", "stopped by ada")

    await bench.say_stop("S2", stopped=False)
    await bench.hear(State, lambda each: each.status == "idle" and not each.stop, after=place)
    await bench.order("c4")
    assert await bench.gate.begun() == "c4"


async def test_a_stop_overtakes_all_that_waits(bench: DriverBench) -> None:
    await bench.started()
    orders = [asyncio.create_task(bench.order(f"c{n}", "nothing", arguments={})) for n in range(BACKLOG)]
    await asyncio.gather(*orders[:20])  # these are with the broker; the rest follows
    await bench.say_stop("S1")
    await bench.hear(State, lambda each: each.stop == "S1")
    await asyncio.gather(*orders)
    place = len(bench.said)
    await bench.order("last")
    await bench.outcome("last", after=place)
    assert bench.acts() == ["safe"]


async def test_who_comes_later_finds_the_stop(bench: DriverBench) -> None:
    await bench.say_stop("S1")
    await bench.start()
    await bench.hear(State, lambda each: each.stop == "S1" and each.status == "stopped")
    assert bench.acts() == ["safe"]


async def test_a_lock_lets_what_is_in_hand_finish_and_survives_a_restart(bench: DriverBench) -> None:
    driver = await bench.started()
    await bench.order("c1")
    command = await bench.gate.begun()
    await bench.send(Control(action="lock", epoch=1, by="ada", reason="cleaning"))
    await bench.hear(State, lambda each: each.lock == "ada: cleaning" and each.status == "busy")
    bench.gate.let(command)
    assert not isinstance((await bench.outcome("c1")).outcome, Refused | Failed)
    await refused(bench, "c2", "locked by ada: cleaning")

    kill(driver)
    await driver.wait()
    place = len(bench.said)
    await bench.start()
    await bench.hear(State, lambda each: each.lock == "ada: cleaning" and each.status == "idle", after=place)
    await bench.send(Control(action="unlock", epoch=1))
    await bench.hear(State, lambda each: not each.lock and each.status == "idle", after=place)
    await bench.order("c3")
    assert await bench.gate.begun() == "c3"
