"""The instruments by hand, at a speed at which nothing is waited for."""

import asyncio
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from labd_drivers.simulated.physical_log import actions
from labd_drivers.simulated.suzuki_flow.hplc import Hplc
from labd_drivers.simulated.suzuki_flow.physics import true_outcomes
from labd_drivers.simulated.suzuki_flow.pump_station import PumpStation
from labd_drivers.simulated.suzuki_flow.reactor import Reactor
from labd_drivers.simulated.suzuki_flow.world import Standing, World

from labd.analysis import AnalysisError, analyse, signatures
from labd.domain.protocol import Protocol
from labd.driver_kit import Context, DeviceError, Failed, Succeeded
from labd.protocols import load_protocol, load_workcell

FILES = Path(__file__).parents[3] / "protocols"
POINT: dict[str, Any] = {"ligand": "L3", "residence_time": 172.0, "temperature": 74.0, "loading": 0.96}


class Bench:
    """One of each instrument on one world."""

    def __init__(self, world: Path, seed: int = 3, **faults: float) -> None:
        options = {"world": str(world), "speed": math.inf, "seed": seed, **faults}
        self.world = world
        self.pumps, self.reactor, self.hplc = PumpStation(**options), Reactor(**options), Hplc(**options)

    async def open(self) -> "Bench":
        for each in (self.pumps, self.reactor, self.hplc):
            await each.open()
        return self

    async def prepare(self, sample: str, attempt: int = 1) -> Any:
        context = Context(f"{sample}.prepare.{attempt}", attempt=attempt)
        return await self.pumps.prepare(context, sample, POINT["ligand"], POINT["loading"])

    async def react(self, sample: str, attempt: int = 1) -> Any:
        context = Context(f"{sample}.react.{attempt}", attempt=attempt)
        return await self.reactor.react(context, sample, POINT["temperature"], POINT["residence_time"])

    async def inject(self, sample: str, attempt: int = 1) -> Any:
        return await self.hplc.inject(Context(f"{sample}.measure.{attempt}", attempt=attempt), sample)

    async def run(self, sample: str) -> Any:
        results = {"prepare": await self.prepare(sample), "react": await self.react(sample)}
        return results | {"measure": await self.inject(sample)}

    def log(self, event: str = "begun") -> list[tuple[str, str]]:
        return [(each.instrument, each.command) for each in actions(self.world / "physical") if each.event == event]


@pytest.fixture
def protocol() -> Protocol:
    workcell = load_workcell((FILES / "suzuki_flow_workcell.yaml").read_text(), "workcell.yaml")
    return load_protocol((FILES / "suzuki_flow.yaml").read_text(), "protocol.yaml", workcell, signatures())


async def test_a_run_gives_the_true_yield_within_its_noise(tmp_path: Path, protocol: Protocol) -> None:
    bench = await Bench(tmp_path).open()
    truth = true_outcomes(POINT)
    errors = []
    for number in range(12):
        outcomes = analyse(protocol.analysis, protocol.outcomes, POINT, await bench.run(f"s{number}"))
        errors.append(outcomes["yield"].mean / truth.yield_percent - 1)
        assert outcomes["yield"].standard_error == pytest.approx(0.0141 * outcomes["yield"].mean, rel=0.1)
        assert outcomes["turnover"].mean == pytest.approx(truth.turnover, rel=0.1)
    assert abs(sum(errors) / len(errors)) < 0.02
    assert 0.003 < max(map(abs, errors)) < 0.08


async def test_the_same_seed_and_sample_give_the_same_and_others_others(tmp_path: Path) -> None:
    first, second = await Bench(tmp_path / "a").open(), await Bench(tmp_path / "b").open()
    other_seed = await Bench(tmp_path / "c", seed=4).open()
    results = await first.run("s1")
    assert await second.run("s1") == results
    assert await second.run("s2") != results
    assert await other_seed.run("s1") != results


async def test_what_is_read_back_is_not_what_was_set(tmp_path: Path) -> None:
    results = await (await Bench(tmp_path).open()).run("s1")
    assert results["react"]["temperature"] == pytest.approx(POINT["temperature"], abs=2.0)
    assert results["react"]["temperature"] != POINT["temperature"]
    assert results["prepare"]["loading"] == pytest.approx(POINT["loading"], rel=0.05)
    assert results["prepare"]["loading"] != POINT["loading"]


async def test_what_is_physically_impossible_fails_and_moves_nothing(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    with pytest.raises(DeviceError, match="no sample s1"):
        await bench.react("s1")
    with pytest.raises(DeviceError, match="no sample s1"):
        await bench.inject("s1")
    await bench.prepare("s1")
    with pytest.raises(DeviceError, match="is prepared, not reacted"):
        await bench.inject("s1")
    with pytest.raises(DeviceError, match="holds a sample that is prepared"):
        await bench.prepare("s1", 2)
    await bench.react("s1")
    with pytest.raises(DeviceError, match="is reacted, not prepared"):
        await bench.react("s1", 2)
    assert bench.log() == [("pumpstation", "s1.prepare.1"), ("reactor", "s1.react.1")]


async def test_a_vial_is_empty_one_day(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    await bench.prepare("s1")
    await bench.react("s1")
    world = World(tmp_path)
    world.put(replace(world.take("s1", Standing.REACTED), volume_ul=25.0))
    await bench.inject("s1", 1)
    await bench.inject("s1", 2)
    with pytest.raises(DeviceError, match="vial of s1 is empty"):
        await bench.inject("s1", 3)


async def test_a_stalled_pump_is_flushed_by_the_next_attempt(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, stall=1.0).open()
    with pytest.raises(DeviceError, match="stalled after 40%"):
        await bench.prepare("s1")
    with pytest.raises(DeviceError, match="is dosing, not prepared"):
        await bench.react("s1")
    sound = await Bench(tmp_path).open()
    await sound.prepare("s1", 2)
    begun = [each for each in actions(tmp_path / "physical") if each.event == "begun"]
    assert [each.moved["flushed"] for each in begun] == ["no", "yes"]
    assert bench.log("failed") == [("pumpstation", "s1.prepare.1")]


async def test_a_fault_is_drawn_for_each_command_anew(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, stall=0.5).open()
    stalled = 0
    for number in range(40):
        try:
            await bench.prepare(f"s{number}")
        except DeviceError:
            stalled += 1
    assert 10 < stalled < 30


async def test_a_clogged_reactor_loses_the_sample(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, clog=1.0).open()
    await bench.prepare("s1")
    with pytest.raises(DeviceError, match="clogged"):
        await bench.react("s1")
    sound = await Bench(tmp_path).open()
    with pytest.raises(DeviceError, match="is reacting, not prepared"):
        await sound.react("s1", 2)


async def test_a_lost_injection_succeeds_and_is_no_measurement(tmp_path: Path, protocol: Protocol) -> None:
    bench = await Bench(tmp_path, lost_injection=1.0).open()
    results = await bench.run("s1")
    with pytest.raises(AnalysisError, match="no peak of the internal standard"):
        analyse(protocol.analysis, protocol.outcomes, POINT, results)


async def test_a_late_injection_takes_three_times_as_long(tmp_path: Path) -> None:
    await (sound := await Bench(tmp_path).open()).prepare("s1")
    await sound.react("s1")
    loop = asyncio.get_running_loop()
    took = []
    for attempt, late in ((1, 0.0), (2, 1.0)):
        hplc = Hplc(world=str(tmp_path), speed=240 / 0.05, late=late)
        await hplc.open()
        began = loop.time()
        await hplc.inject(Context(f"s1.measure.{attempt}"), "s1")
        took.append(loop.time() - began)
    assert took[0] >= 0.05
    assert took[1] >= 0.15


async def test_the_data_station_knows_what_it_recorded(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    result = (await bench.run("s1"))["measure"]
    again = await Bench(tmp_path).open()
    assert await again.hplc.query("s1.measure.1", "inject", {"sample": "s1"}) == Succeeded(result=result)
    assert isinstance(await again.hplc.query("s1.measure.2", "inject", {"sample": "s1"}), Failed)
    assert len(json.dumps(result)) < 20_000


async def test_what_is_cut_off_is_seen_in_the_log_and_in_the_sample(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    await bench.prepare("s1")
    slow = Reactor(world=str(tmp_path), speed=1.0)
    await slow.open()
    flowing = asyncio.Event()

    async def listen(fraction: float, note: str) -> None:
        flowing.set()

    reaction = asyncio.create_task(slow.react(Context("s1.react.1", listener=listen), "s1", 74.0, 172.0))
    await flowing.wait()
    reaction.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reaction
    assert bench.log("failed") == [("reactor", "s1.react.1")]
    with pytest.raises(DeviceError, match="is reacting"):
        await bench.react("s1", 2)


async def test_a_safe_reactor_is_cold(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    await bench.run("s1")
    assert await bench.reactor.temperature() > 70
    await bench.reactor.make_safe()
    assert await bench.reactor.temperature() == 22.0
