"""Measured data sets as protocols."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from labd.domain.capability import Slot
from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Continuous, Discrete, Goal
from labd.protocols import compile_run, dataset_workcell, from_dataset
from labd.protocols.compilation import check_value

DATA = Path(os.environ.get("LABD_DATA", Path(__file__).parents[4] / "shared" / "data")) / "olympus"
GOALS = {
    "agnp": (164, "spectrum_score", Goal.MAXIMISE),
    "buchwald_c": (792, "yield", Goal.MAXIMISE),
    "colors_bob": (161, "difference_to_green", Goal.MINIMISE),
    "crossed_barrel": (600, "toughness", Goal.MAXIMISE),
    "fullerenes": (216, "product", Goal.MAXIMISE),
    "hplc": (1007, "peak_area", Goal.MAXIMISE),
    "photo_pce10": (1020, "degradation", Goal.MINIMISE),
    "suzuki_iii": (85, "yield", Goal.MAXIMISE),
}
CONFIG: dict[str, Any] = {
    "parameters": [
        {"name": "Solvent (v/v)", "type": "categorical", "options": ["water"]},
        {"name": "T", "type": "continuous", "low": 20, "high": 40},
        {"name": "lambda", "type": "discrete"},
        {"name": "fixed", "type": "continuous"},
    ],
    "measurements": [{"name": "dE", "type": "continuous"}, {"name": "Yield %"}],
    "default_goal": ["minimize", "maximize"],
}
ROWS = [
    ["water", "20", "3", "1", "0.1", "5"],
    ["water", "20.0", "3", "1", "0.2", "6"],
    [""],
    ["oil", "45", "1", "1", "0.3", "7"],
]


@pytest.mark.needs("data")
@pytest.mark.parametrize("name", GOALS)
def test_a_real_data_set_becomes_a_protocol_whose_every_point_compiles(name: str) -> None:
    directory = DATA / f"dataset_{name}"
    config = json.loads((directory / "config.json").read_text())
    with (directory / "data.csv").open(newline="") as table:
        protocol = from_dataset(config, list(csv.reader(table)), name)
    workcell = dataset_workcell(str(directory))
    points, outcome, goal = GOALS[name]
    pool = protocol.problem.pool
    assert pool is not None
    assert (len(pool), protocol.name) == (points, name)
    assert (protocol.problem.objectives[0].outcome, protocol.problem.objectives[0].goal) == (outcome, goal)
    for point in pool:
        for parameter in protocol.problem.parameters:
            check_value(parameter, point[parameter.name])
    for point in (pool[0], pool[-1]):
        (step,) = compile_run(protocol, workcell, point, "c.1.1", "c.1")
        assert step.arguments == {"point": point}
    assert list(protocol.outcomes) == [next(iter(each.outcomes)) for each in protocol.analysis]


def test_names_bounds_and_options_are_made_fit() -> None:
    protocol = from_dataset(CONFIG, ROWS, "My data")
    assert protocol.name == "my_data"
    assert protocol.problem.parameters == (
        Categorical(name="solvent_v_v", options=("water", "oil")),
        Continuous(name="t", low=20, high=45),
        Discrete(name="lambda_value", values=(1, 3)),
        Discrete(name="fixed", values=(1,)),
    )
    assert protocol.problem.objectives[0].goal is Goal.MINIMISE
    assert list(protocol.outcomes) == ["de", "yield"]
    assert [each.settings for each in protocol.analysis] == [{"key": "dE"}, {"key": "Yield %"}]
    assert protocol.problem.pool == (
        {"solvent_v_v": "water", "t": 20.0, "lambda_value": 3.0, "fixed": 1.0},
        {"solvent_v_v": "oil", "t": 45.0, "lambda_value": 1.0, "fixed": 1.0},
    )
    assert protocol.stopping.trials == 2


def test_the_instrument_is_asked_in_the_data_sets_own_words() -> None:
    protocol = from_dataset(CONFIG, ROWS, "mine")
    point = protocol.problem.pool[1] if protocol.problem.pool else {}
    (step,) = compile_run(protocol, dataset_workcell("somewhere"), point, "c.1.1", "c.1")
    assert step.arguments == {"point": {"Solvent (v/v)": "oil", "T": 45.0, "lambda": 1.0, "fixed": 1.0}}


def test_the_workcell_has_one_table() -> None:
    workcell = dataset_workcell("somewhere")
    driver = workcell.instruments["table"].driver
    assert driver is not None
    assert (driver.type, driver.options) == ("labd_drivers.simulated.dataset:TableInstrument", {"data": "somewhere"})
    assert workcell.roles["table"].capabilities[0].results == {
        "measurements": Slot(type="object", description="By name of a measurement: its value.")
    }


@pytest.mark.parametrize(
    ("change", "rows", "says"),
    [
        ({"parameters": []}, ROWS, "no parameters"),
        ({"measurements": None}, ROWS, "no measurements"),
        ({"parameters": ["a"]}, ROWS, "no parameters"),
        ({}, [], "no rows"),
        ({}, [["water", "20"]], "Row 1 .* has 2 cells, not 6"),
        ({}, [["water", "warm", "3", "1", "0", "0"]], "'warm' is no value"),
        ({}, [["water", "nan", "3", "1", "0", "0"]], "'nan' is no value"),
        ({}, [["${x}", "20", "3", "1", "0", "0"]], r"option with \$\{ in it"),
    ],
)
def test_what_is_no_data_set_is_refused(change: dict[str, Any], rows: list[list[str]], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        from_dataset({**CONFIG, **change}, rows, "mine")
