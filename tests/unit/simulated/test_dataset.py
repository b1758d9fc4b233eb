"""Tables that this file writes, and the measured ones where they are present."""

import csv
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from labd_drivers.simulated.dataset import Table, TableInstrument
from labd_drivers.simulated.dataset.truth import answer
from labd_drivers.simulated.physical_log import actions

from labd.analysis import analyse
from labd.driver_kit import Context, DeviceError
from labd.driver_kit.process import found, made
from labd.protocols import dataset_workcell, from_dataset

CONFIG = {
    "parameters": [
        {"name": "Ligand", "type": "categorical", "options": ["A", "B"]},
        {"name": "time", "type": "continuous", "low": 0, "high": 10},
    ],
    "measurements": [{"name": "Yield", "type": "continuous"}, {"name": "note", "type": "continuous"}],
    "default_goal": "maximize",
}
ROWS = ["A,1,10,0", "A,1,12,0", "A,9,40,1e3", "B,1,70,nan", "B,9,0,OVRFLW"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "data.csv").write_text("\n".join(ROWS) + "\n")
    return tmp_path


async def measured(data: Path, point: dict[str, Any], command: str = "c.1.1.measure.1") -> dict[str, Any]:
    instrument = TableInstrument(data=str(data), world=str(data / "world"), speed=math.inf, seed=1)
    await instrument.open()
    result: dict[str, Any] = (await instrument.measure(Context(command, run="c.1.1"), point))["measurements"]
    return result


async def test_the_row_of_the_point(data: Path) -> None:
    assert await measured(data, {"Ligand": "A", "time": 9.0}) == {"Yield": 40.0, "note": 1000.0}


async def test_the_nearest_number_and_the_same_option(data: Path) -> None:
    assert (await measured(data, {"Ligand": "B", "time": 4.0}))["Yield"] == 70.0
    assert (await measured(data, {"Ligand": "B", "time": 6.0}))["Yield"] == 0.0


async def test_replicates_are_drawn_by_the_command(data: Path) -> None:
    drawn = [(await measured(data, {"Ligand": "A", "time": 1}, f"c.{n}.1.measure.1"))["Yield"] for n in range(40)]
    assert set(drawn) == {10.0, 12.0}
    assert drawn == [
        (await measured(data, {"Ligand": "A", "time": 1}, f"c.{n}.1.measure.1"))["Yield"] for n in range(40)
    ]


async def test_what_is_no_number_stays_as_it_is(data: Path) -> None:
    assert (await measured(data, {"Ligand": "B", "time": 9}))["note"] == "OVRFLW"
    assert (await measured(data, {"Ligand": "B", "time": 1}))["note"] == "nan"


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ({"Ligand": "A"}, "the table needs Ligand, time"),
        ({"Ligand": "C", "time": 1}, "nothing was measured with Ligand=C"),
        ({"Ligand": "A", "time": "soon"}, "'soon', which is no number"),
    ],
)
async def test_a_point_that_is_none_fails(data: Path, point: dict[str, Any], message: str) -> None:
    with pytest.raises(DeviceError, match=message):
        await measured(data, point)
    assert not actions(data / "world" / "physical")


async def test_what_was_done_is_in_the_log(data: Path) -> None:
    await measured(data, {"Ligand": "A", "time": 9})
    log = actions(data / "world" / "physical")
    assert [(each.event, each.command, each.sample) for each in log] == [
        ("begun", "c.1.1.measure.1", "c.1.1"),
        ("done", "c.1.1.measure.1", "c.1.1"),
    ]
    assert log[0].moved == {"row": 2}


async def test_from_the_protocol_through_the_driver_to_the_outcome(data: Path) -> None:
    rows = list(csv.reader((data / "data.csv").read_text().splitlines()))
    protocol = from_dataset(CONFIG, rows, "example")
    workcell = dataset_workcell(str(data))
    driver = workcell.instruments["table"].driver
    assert driver is not None
    assert isinstance(made(found(driver.type), driver.options), TableInstrument)
    results = {"measure": {"measurements": await measured(data, {"Ligand": "A", "time": 9})}}
    outcomes = analyse(protocol.analysis, protocol.outcomes, {}, results)
    assert {name: each.mean for name, each in outcomes.items()} == {"yield": 40.0, "note": 1000.0}


def test_the_truth_of_a_table(data: Path) -> None:
    table = Table(data)
    assert answer(table, "yield", "maximise", None) == {"optimum": 70.0, "random_median": 70.0}
    assert answer(table, "yield", "maximise", {"ligand": "A", "time": 1}, trials=1) == {
        "optimum": 70.0,
        "random_median": 40.0,
        "best_true": 11.0,
        "rank": 3,
    }
    assert answer(table, "yield", "minimise", {"ligand": "B", "time": 9})["rank"] == 1


@pytest.mark.needs("data")
def test_every_row_of_the_measured_tables_finds_itself() -> None:
    folder = Path(os.environ.get("LABD_DATA", Path(__file__).parents[4] / "shared" / "data")) / "olympus"
    tables = [Table(each) for each in sorted(folder.glob("dataset_*"))]
    assert tables
    for table in tables:
        for row in table.rows[:: max(1, len(table.rows) // 10)]:
            point = {name: float(row[name]) if name in table.span else row[name] for name in table.parameters}
            assert row in table.nearest(point)
