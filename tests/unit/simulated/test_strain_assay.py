"""The plate's biology against its equations, and a plate by hand."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from labd_drivers.simulated.physical_log import actions
from labd_drivers.simulated.strain_assay import physics
from labd_drivers.simulated.strain_assay.incubator import Incubator
from labd_drivers.simulated.strain_assay.liquid_handler import LiquidHandler
from labd_drivers.simulated.strain_assay.plate_reader import PlateReader
from labd_drivers.simulated.strain_assay.plate_robot import PlateRobot
from scipy.integrate import solve_ivp

from labd.driver_kit import Context, DeviceError, Failed, Succeeded

PLATE = "c.1.1.plate"


@pytest.mark.parametrize(
    ("name", "inducer", "temperature"), [("s2", 300.0, 29.0), ("s3", 5.0, 37.0), ("wt", 9.0, 21.0)]
)
def test_the_closed_solution_is_that_of_the_equations(name: str, inducer: float, temperature: float) -> None:
    strain = physics.STRAINS[name]
    expressed = physics.expression(strain, inducer)
    vigour, warmth = 1 - strain.burden * expressed, physics.growth(temperature)

    def change(_: float, state: Any) -> tuple[float, float]:
        density = state[0]
        made = strain.brightness * warmth * physics.folded(temperature) * expressed * vigour * density
        return physics.MU_PER_H * warmth * vigour * density * (1 - density / physics.CAPACITY_OD), made

    solved = solve_ivp(change, (0, 3), (0.15, 7.0), rtol=1e-9, atol=1e-9).y[:, -1]
    after = physics.grown(name, physics.Culture(0.15, 7.0), inducer, temperature, 3.0)
    assert (after.density, after.fluorescence) == pytest.approx(tuple(solved), rel=1e-6)


def test_the_optimum_is_above_its_surroundings_and_all_of_a_grid() -> None:
    best = dict(physics.OPTIMUM.parameters)
    assert physics.true_outcomes(best)["specific_fluorescence"] == pytest.approx(physics.OPTIMUM.value, rel=1e-6)
    grid = [
        {"strain": strain, "inducer": float(inducer), "temperature": float(temperature)}
        for strain in physics.STRAINS
        for inducer in np.geomspace(1.0, 1000.0, 25)
        for temperature in np.linspace(20.0, 40.0, 25)
    ]
    highest = max(physics.true_outcomes(point)["specific_fluorescence"] for point in grid)
    assert 0.98 * physics.OPTIMUM.value < highest <= physics.OPTIMUM.value


class Bench:
    """The four instruments on one world."""

    def __init__(self, world: Path, **faults: float) -> None:
        options: dict[str, Any] = {"world": str(world), "speed": math.inf, "seed": 5, **faults}
        self.robot, self.handler = PlateRobot(**options), LiquidHandler(nest="deck", **options)
        self.incubator = Incubator(nest="incubator_nest", **options)
        self.reader = PlateReader(nest="reader_nest", **options)

    async def open(self) -> "Bench":
        for each in (self.robot, self.handler, self.incubator, self.reader):
            await each.open()
        return self

    async def assay(self, wells: dict[str, tuple[str, float]]) -> Any:
        await self.robot.move(Context("1"), PLATE, "hotel", "deck")
        await self.handler.fill(Context("2"), PLATE, dict.fromkeys(wells, 200.0))
        for well, (strain, _) in wells.items():
            await self.handler.inoculate(Context(f"3{well}"), PLATE, well, strain)
        await self.robot.move(Context("4"), PLATE, "deck", "incubator_nest")
        await self.incubator.incubate(Context("5"), PLATE, physics.GROWTH_C, physics.GROWTH_H)
        await self.robot.move(Context("6"), PLATE, "incubator_nest", "deck")
        for well, (_, inducer) in wells.items():
            await self.handler.induce(Context(f"7{well}"), PLATE, well, inducer)
        await self.robot.move(Context("8"), PLATE, "deck", "incubator_nest")
        await self.incubator.incubate(Context("9"), PLATE, 29.0, physics.INDUCTION_H)
        await self.robot.move(Context("10"), PLATE, "incubator_nest", "reader_nest")
        return await self.reader.read(Context("11"), PLATE)


async def test_a_plate_gives_the_truth_within_its_noise(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    wells = {"A1": ("none", 0.0), "A2": ("wt", 300.0), **{f"B{n}": ("s2", 300.0) for n in range(1, 9)}}
    read = await bench.assay(wells)
    blank, counts = read["od"].pop("A1"), read["fluorescence"].pop("A1")
    ratios = {well: (read["fluorescence"][well] - counts) / (read["od"][well] - blank) for well in read["od"]}
    wild = ratios.pop("A2")
    truth = physics.true_outcomes({"strain": "s2", "inducer": 300.0, "temperature": 29.0})["specific_fluorescence"]
    assert wild == pytest.approx(physics.AUTOFLUORESCENCE, rel=0.25)
    assert sum(ratios.values()) / 8 - wild == pytest.approx(truth, rel=0.03)
    assert 0.005 < max(ratios.values()) / min(ratios.values()) - 1 < 0.15


async def test_a_plate_is_worked_on_where_it_stands_and_nowhere_else(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    with pytest.raises(DeviceError, match="there is no plate"):
        await bench.handler.fill(Context("1"), PLATE, {"A1": 100.0})
    await bench.robot.move(Context("2"), PLATE, "hotel", "reader_nest")
    with pytest.raises(DeviceError, match="stands in reader_nest, not in deck"):
        await bench.handler.fill(Context("3"), PLATE, {"A1": 100.0})
    with pytest.raises(DeviceError, match="reader_nest is full"):
        await bench.robot.move(Context("4"), "c.2.1.plate", "hotel", "reader_nest")
    with pytest.raises(DeviceError, match="stands in reader_nest, not in deck"):
        await bench.robot.move(Context("5"), PLATE, "deck", "hotel")
    assert [each.command for each in actions(tmp_path / "physical") if each.event == "begun"] == ["2"]


async def test_a_well_is_filled_before_and_inoculated_once(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    await bench.robot.move(Context("1"), PLATE, "hotel", "deck")
    with pytest.raises(DeviceError, match="no well I1"):
        await bench.handler.fill(Context("2"), PLATE, {"I1": 100.0})
    with pytest.raises(DeviceError, match="no volume"):
        await bench.handler.fill(Context("3"), PLATE, {"A1": 1000.0})
    with pytest.raises(DeviceError, match="holds no medium"):
        await bench.handler.inoculate(Context("4"), PLATE, "A1", "s1")
    await bench.handler.fill(Context("5"), PLATE, {"A1": 100.0})
    await bench.handler.inoculate(Context("6"), PLATE, "A1", "s1")
    with pytest.raises(DeviceError, match="holds s1"):
        await bench.handler.inoculate(Context("7"), PLATE, "A1", "s2")
    await bench.handler.induce(Context("8"), PLATE, "A1", 10.0)
    with pytest.raises(DeviceError, match="induced before"):
        await bench.handler.induce(Context("9"), PLATE, "A1", 10.0)


async def test_its_faults(tmp_path: Path) -> None:
    await (sound := await Bench(tmp_path).open()).robot.move(Context("1"), PLATE, "hotel", "deck")
    await sound.handler.fill(Context("2"), PLATE, {"A1": 100.0})
    faulty = await Bench(tmp_path, bubble=1.0, ajar=1.0, lamp=1.0, slip=1.0).open()
    with pytest.raises(DeviceError, match="drew air"):
        await faulty.handler.inoculate(Context("3"), PLATE, "A1", "s1")
    await sound.handler.inoculate(Context("4"), PLATE, "A1", "s1")
    with pytest.raises(DeviceError, match="gripper missed"):
        await faulty.robot.move(Context("5"), PLATE, "deck", "incubator_nest")
    await sound.robot.move(Context("6"), PLATE, "deck", "incubator_nest")
    kept = await faulty.incubator.incubate(Context("7"), PLATE, 37.0, 1.0)
    assert kept["temperature"] == pytest.approx(33.0, abs=1.0)
    await sound.robot.move(Context("8"), PLATE, "incubator_nest", "reader_nest")
    with pytest.raises(DeviceError, match="did not ignite"):
        await faulty.reader.read(Context("9"), PLATE)
    with pytest.raises(TypeError, match="there is no fault clog"):
        Bench(tmp_path, clog=0.1)


async def test_the_robot_knows_where_the_plate_is(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    way = {"labware": PLATE, "source": "hotel", "destination": "deck"}
    assert isinstance(await bench.robot.query("1", "move", way), Failed)
    await bench.robot.move(Context("1"), **way)
    assert await bench.robot.query("1", "move", way) == Succeeded(result={"place": "deck"})
