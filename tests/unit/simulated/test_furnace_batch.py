"""The furnace's chemistry, and a batch by hand."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from labd_drivers.simulated.furnace_batch import physics
from labd_drivers.simulated.furnace_batch.furnace import Furnace
from labd_drivers.simulated.furnace_batch.measuring import Diffractometer, ImpedanceBridge
from labd_drivers.simulated.furnace_batch.powders import Balance, Mill

from labd.driver_kit import Context, DeviceError

BEST = {name: float(value) for name, value in physics.OPTIMUM.parameters.items()}
GRAMS = {name: 2 * BEST[name] for name in physics.OXIDES}


def test_conductivity_follows_arrhenius() -> None:
    kelvin = np.array([260.0, 298.15, 350.0, 400.0])
    measured = [physics.conductivity(BEST, 1.0, 1.0, t - 273.15) - physics.INSULATOR for t in kelvin]
    slope = np.polyfit(1 / (physics.BOLTZMANN_EV * kelvin), np.log(measured), 1)[0]
    assert -slope == pytest.approx(0.30 + 6 * (BEST["tantala"] - 0.12) ** 2, rel=1e-6)


def test_there_is_a_boundary_of_the_phase() -> None:
    inside, outside = physics.purity(physics.CENTRE), physics.purity({**physics.CENTRE, "tantala": 0.25})
    assert inside > 0.99
    assert outside < 0.01


def test_the_optimum_is_inside_and_above_its_surroundings() -> None:
    def value(point: dict[str, float]) -> Any:
        return physics.true_outcomes(point)["conductivity"]

    assert value(BEST) == pytest.approx(physics.OPTIMUM.value, rel=1e-4)
    assert sum(BEST[name] for name in physics.OXIDES) == pytest.approx(1.0)
    for name, (low, high) in physics.BOUNDS.items():
        assert low < BEST[name] < high
    moves: list[dict[str, float]] = [
        {"temperature": 20.0},
        {"dwell": 1.0},
        {"lanthana": 0.02, "zirconia": -0.02},
        {"zirconia": 0.02, "tantala": -0.02},
    ]
    for move in moves:
        for sign in (1, -1):
            assert value({**BEST, **{name: BEST[name] + sign * by for name, by in move.items()}}) < value(BEST)
    generator = np.random.default_rng(3)
    drawn = generator.dirichlet((1, 1, 1), 500)
    chance = [value({**BEST, **dict(zip(physics.OXIDES, map(float, each), strict=True))}) for each in drawn]
    assert max(chance) < physics.OPTIMUM.value
    assert float(np.median(chance)) < 0.01


class Laboratory:
    """The instruments on one world."""

    def __init__(self, world: Path, **faults: float) -> None:
        options: dict[str, Any] = {"world": str(world), "speed": math.inf, "seed": 5, **faults}
        self.balance, self.mill, self.furnace = Balance(**options), Mill(**options), Furnace(**options)
        self.diffractometer, self.bridge = Diffractometer(**options), ImpedanceBridge(**options)

    async def open(self) -> "Laboratory":
        for each in (self.balance, self.mill, self.furnace, self.diffractometer, self.bridge):
            await each.open()
        return self

    async def mixed(self, *samples: str, batch: str = "b1") -> list[Any]:
        weighed = [await self.balance.weigh(Context(f"{each}.weigh"), each, batch, **GRAMS) for each in samples]
        for each in samples:
            await self.mill.mix(Context(f"{each}.mix"), each, 10.0)
        return weighed

    async def fire(self, batch: str = "b1") -> Any:
        return await self.furnace.fire(Context(f"{batch}.fire"), batch, BEST["temperature"], BEST["dwell"])


async def test_a_batch_gives_the_truth_within_its_noise(tmp_path: Path) -> None:
    laboratory = await Laboratory(tmp_path).open()
    samples = [f"s{n}" for n in range(8)]
    weighed = await laboratory.mixed(*samples)
    assert weighed[0]["lanthana"] == pytest.approx(GRAMS["lanthana"], abs=0.01)
    assert weighed[0]["lanthana"] != GRAMS["lanthana"]
    fired = await laboratory.fire()
    assert (fired["crucibles"], fired["temperature"]) == (8, pytest.approx(BEST["temperature"], abs=4))
    measured = [(await laboratory.bridge.conduct(Context(f"{s}.c"), s, 25.0))["conductivity"] for s in samples]
    assert sum(measured) / 8 == pytest.approx(physics.OPTIMUM.value, rel=0.04)
    assert len(set(measured)) == 8
    shares = [(await laboratory.diffractometer.diffract(Context(f"{s}.d"), s))["purity"] for s in samples]
    assert sum(shares) / 8 == pytest.approx(physics.true_outcomes(BEST)["purity"], abs=3)


async def test_what_is_impossible_fails(tmp_path: Path) -> None:
    laboratory = await Laboratory(tmp_path).open()
    with pytest.raises(DeviceError, match="has 0 mixed"):
        await laboratory.fire()
    await laboratory.mixed(*(f"s{n}" for n in range(9)))
    with pytest.raises(DeviceError, match="has 9 mixed"):
        await laboratory.fire()
    with pytest.raises(DeviceError, match="there is powder in crucible s0"):
        await laboratory.mixed("s0")
    with pytest.raises(DeviceError, match="is mixed, not fired"):
        await laboratory.bridge.conduct(Context(), "s0", 25.0)
    with pytest.raises(DeviceError, match="would be empty"):
        await laboratory.balance.weigh(Context(), "s10", "b1", 0.0, 0.0, 0.0)


async def test_its_faults(tmp_path: Path) -> None:
    sound = await Laboratory(tmp_path).open()
    faulty = await Laboratory(tmp_path, spill=1.0, quench=1.0, contact=1.0).open()
    with pytest.raises(DeviceError, match="the boat tipped"):
        await faulty.mixed("s1")
    await sound.mixed("s1", "s2", batch="b1")
    await sound.mixed("s3", batch="b2")
    with pytest.raises(DeviceError, match="the batch is raw"):
        await faulty.fire("b1")
    with pytest.raises(DeviceError, match="is raw, not fired"):
        await sound.bridge.conduct(Context(), "s1", 25.0)
    await sound.fire("b2")
    with pytest.raises(DeviceError, match="lifted off"):
        await faulty.bridge.conduct(Context(), "s3", 25.0)
    assert (await sound.bridge.conduct(Context(), "s3", 25.0))["conductivity"] > 0.5
