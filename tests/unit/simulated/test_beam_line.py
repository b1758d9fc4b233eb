"""The line's optics against a calculation with matrices, and an alignment by hand."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from labd_drivers.simulated.beam_line import physics
from labd_drivers.simulated.beam_line.axes import Magnet, Motor
from labd_drivers.simulated.beam_line.camera import Camera
from labd_drivers.simulated.beam_line.ring import Ring

from labd.driver_kit import Context, DeviceError

BEST = {name: float(value) for name, value in physics.OPTIMUM.parameters.items()}


@pytest.mark.parametrize(("focus", "defocus", "slit"), [(23.0, 26.0, 0.9), (10.0, 40.0, 3.0)])
def test_the_spot_is_that_of_the_beam_matrix(focus: float, defocus: float, slit: float) -> None:
    passed = 1 - math.exp(-slit / physics.SLIT_MM)
    sizes = []
    for plane, sign in ((0, 1), (1, -1)):
        drift = [np.array([[1, length], [0, 1]]) for length in physics.DRIFTS_M]
        first, second = (
            np.array([[1, 0], [-s * sign * i * physics.STRENGTH, 1]]) for s, i in ((1, focus), (-1, defocus))
        )
        way = drift[2] @ second @ drift[1] @ first @ drift[0]
        source = np.diag([physics.SOURCE_MM[plane] ** 2, physics.SOURCE_MRAD[plane] ** 2 * passed])
        variance_um2 = 1e6 * (way @ source @ way.T)[0, 0]
        blur_um2 = physics.FLOOR_UM**2 + (physics.ABERRATION_UM_MM2 * slit**2) ** 2
        sizes.append(math.sqrt(variance_um2 + blur_um2))
    found = physics.spot(focus, defocus, slit)
    assert (found.horizontal_um, found.vertical_um) == pytest.approx(tuple(sizes), rel=1e-9)


def test_the_optimum_is_inside_and_above_its_surroundings() -> None:
    assert physics.true_outcomes(BEST)["flux_density"] == pytest.approx(physics.OPTIMUM.value, rel=1e-5)
    for name, (low, high) in physics.BOUNDS.items():
        assert low < BEST[name] < high
        for by in (0.97, 1.03):
            moved = physics.true_outcomes({**BEST, name: by * BEST[name]})
            assert moved["flux_density"] < physics.OPTIMUM.value


class Line:
    """The instruments on one world."""

    def __init__(self, world: Path, seed: int = 5, **faults: float) -> None:
        options: dict[str, Any] = {"world": str(world), "speed": math.inf, "seed": seed, **faults}
        self.magnets = {axis: Magnet(axis=axis, **options) for axis in ("focus", "defocus")}
        self.motors = {axis: Motor(axis=axis, **options) for axis in ("slit", "steerer")}
        self.camera, self.ring = Camera(**options), Ring(**options)

    async def open(self) -> "Line":
        for each in (*self.magnets.values(), *self.motors.values(), self.camera, self.ring):
            await each.open()
        return self

    async def tuned(self) -> None:
        for axis, magnet in self.magnets.items():
            await magnet.ramp(Context(axis), BEST[axis])
        await self.motors["slit"].drive(Context("slit"), BEST["slit"])


@pytest.mark.parametrize("seed", range(6))
async def test_the_alignment_finds_the_middle_and_then_the_truth_is_seen(seed: int, tmp_path: Path) -> None:
    line = await Line(tmp_path, seed).open()
    await line.tuned()
    for turn in range(6):
        offset = (await line.camera.look(Context(f"look{turn}")))["offset"]
        if abs(offset) < 0.03:
            break
        await line.motors["steerer"].nudge(Context(f"nudge{turn}"), -0.9 * offset)
    assert abs(line.camera.offset_mm()) < 0.05
    seen = await line.camera.expose(Context("expose"), 10.0)
    assert seen["flux_density"] == pytest.approx(physics.OPTIMUM.value, rel=0.08)
    assert seen["flux_density"] != physics.OPTIMUM.value


async def test_without_alignment_flux_is_lost(tmp_path: Path) -> None:
    line = await Line(tmp_path).open()
    await line.tuned()
    await line.motors["steerer"].drive(Context("away"), 4.0)
    assert (await line.camera.expose(Context("expose"), 10.0))["flux_density"] < 0.01 * physics.OPTIMUM.value


async def test_the_beam_is_lost_and_comes_back(tmp_path: Path) -> None:
    line, faulty = await Line(tmp_path).open(), await Line(tmp_path, beam_loss=1.0).open()
    assert await line.ring.current() > 190
    with pytest.raises(DeviceError, match="there is no beam"):
        await faulty.camera.look(Context("1"))
    assert await line.ring.current() == 0.0
    with pytest.raises(DeviceError, match="there is no beam"):
        await line.camera.look(Context("2"))
    assert (await line.ring.await_beam(Context("3")))["current"] > 190
    await line.camera.look(Context("4"))


async def test_a_motor_that_stalls_goes_back(tmp_path: Path) -> None:
    line, faulty = await Line(tmp_path).open(), await Line(tmp_path, stall=1.0).open()
    await line.motors["steerer"].drive(Context("1"), 1.0)
    with pytest.raises(DeviceError, match="stalled"):
        await faulty.motors["steerer"].nudge(Context("2"), 1.0)
    assert await line.motors["steerer"].position() == pytest.approx(1.0, abs=0.02)
