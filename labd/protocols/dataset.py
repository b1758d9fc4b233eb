"""A measured data set as a protocol: each suggestion is a row of the table, and to measure is to look it up.

The data sets are laid out as Olympus does it: `config.json` names parameters, measurements and the goal, `data.csv` has
a row an experiment, the parameters first.

Source: F. Häse et al., "Olympus: a benchmarking framework for noisy optimization and experiment planning" (2021).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence, Set
from typing import Any

from labd.domain.capability import Capability, Json, Recovery, Slot
from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Continuous, Discrete, Goal, Objective, Problem, Scalar
from labd.domain.protocol import Analysis, OutcomeSpec, Protocol, Stopping
from labd.domain.steps import Step
from labd.domain.workcell import DriverProcess, Role, Workcell, WorkcellInstrument
from labd.protocols.compilation import Parameter
from labd.protocols.expressions import holds_expression, is_reserved

WORKCELL = "measured_table"
"""The name of the workcell that looks results up."""


def dataset_workcell(data: str) -> Workcell:
    """A room with one instrument, which looks results up in the data set in the directory `data`."""
    measure = Capability(
        name="measure",
        description="Look up what was measured at this point.",
        arguments={"point": Slot(type="object", description="By name of a parameter: its value.")},
        results={"measurements": Slot(type="object", description="By name of a measurement: its value.")},
        typical_s=30.0,
        maximum_s=600.0,
        recovery=Recovery.REPEAT,
        cancellable=True,
    )
    driver = DriverProcess(type="labd_drivers.simulated.dataset:TableInstrument", options={"data": data})
    return Workcell(
        name=WORKCELL,
        title="Measured results, looked up",
        roles={"table": Role(capabilities=(measure,))},
        instruments={"table": WorkcellInstrument(roles=("table",), driver=driver)},
    )


def from_dataset(config: Mapping[str, Any], rows: Sequence[Sequence[str]], name: str, *, trials: int = 30) -> Protocol:
    """The protocol that searches a data set: its pool is the distinct points of the table.

    `rows` are the cells of `data.csv`. The first measurement is the objective, with the goal of the data set; the
    others are recorded. Bounds and options are widened to what the table holds. `trials` is the budget. Raises
    `InvalidInput` when it is no data set.
    """
    described, measured = _described(config)
    table = [list(row) for row in rows if any(cell.strip() for cell in row)]
    _check_table(table, len(described) + len(measured))
    names = _valid_names([f"{each['name']}{' value' * is_reserved(str(each['name']))}" for each in described])
    columns = [[row[i].strip() for row in table] for i in range(len(described))]
    parameters = tuple(map(_parameter, names, described, columns))
    outcomes = _valid_names([str(each["name"]) for each in measured])
    point: dict[str, Json] = {str(each["name"]): f"${{{name}}}" for each, name in zip(described, names, strict=True)}
    pool = _pool(parameters, columns)
    return Protocol(
        name=_valid_names([name])[0],
        title=f"Data set {name}",
        description="Each trial looks up a measured result.",
        workcell=WORKCELL,
        problem=Problem(
            parameters=parameters,
            objectives=(Objective(outcome=outcomes[0], goal=_goal(config, measured[0])),),
            pool=pool,
        ),
        steps=(Step(name="measure", role="table", capability="measure", arguments={"point": point}, retries=1),),
        analysis=tuple(
            Analysis(
                function="value",
                inputs={"measurements": "measure.measurements"},
                outcomes={outcome: "value"},
                settings={"key": str(each["name"])},
            )
            for outcome, each in zip(outcomes, measured, strict=True)
        ),
        outcomes={outcome: OutcomeSpec() for outcome in outcomes},
        stopping=Stopping(trials=min(trials, len(pool))),
    )


def _described(config: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    parts = []
    for key in ("parameters", "measurements"):
        part = config.get(key)
        if (
            not isinstance(part, list)
            or not part
            or not all(isinstance(each, dict) and each.get("name") for each in part)
        ):
            raise InvalidInput(
                f"The data set's config.json has no {key}.", f"Write {key} as a list of names and types."
            )
        parts.append(part)
    return parts[0], parts[1]


def _check_table(table: Sequence[Sequence[str]], width: int) -> None:
    if not table:
        raise InvalidInput("The data set's data.csv has no rows.")
    for number, row in enumerate(table, 1):
        if len(row) != width:
            message = f"Row {number} of the data set's data.csv has {len(row)} cells, not {width}."
            raise InvalidInput(message, "Write the parameters, then the measurements, as config.json names them.")


def _valid_names(said: Sequence[str]) -> list[str]:
    """Names that labd takes, all different.

    >>> _valid_names(["T (K)", "t_k", "2nd"])
    ['t_k', 't_k_2', 'x_2nd']
    """
    taken: list[str] = []
    for each in said:
        name = re.sub(r"[^a-z0-9]+", "_", each.lower()).strip("_")[:60]
        name = name if re.match("[a-z]", name) else f"x_{name}".rstrip("_")
        taken.append(name if name not in taken else _next_name(name, {*taken}))
    return taken


def _next_name(name: str, taken: Set[str]) -> str:
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _parameter(name: str, described: Mapping[str, Any], column: Sequence[str]) -> Parameter:
    kind = str(described.get("type") or "continuous")
    if kind == "categorical":
        options = tuple(dict.fromkeys([*map(str, described.get("options") or ()), *column]))
        if any(holds_expression(option) for option in options):
            raise InvalidInput(f"The data set's parameter {name} has an option with ${{ in it.", "Rename the option.")
        return Categorical(name=name, options=options)
    values = [_number(cell, name) for cell in column]
    bounds = [_number(described[key], name) for key in ("low", "high") if described.get(key) not in (None, "")]
    low, high = min(values + bounds), max(values + bounds)
    if kind == "discrete" or low == high:
        return Discrete(name=name, values=tuple(sorted(set(values))))
    return Continuous(name=name, low=low, high=high)


def _number(cell: Any, name: str) -> float:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidInput(f"{cell!r} is no value of the data set's parameter {name}.", "Write a number in every row.")
    return number


def _pool(parameters: Sequence[Parameter], columns: Sequence[Sequence[str]]) -> tuple[dict[str, Scalar], ...]:
    rows = dict.fromkeys(
        tuple(cell if isinstance(of, Categorical) else float(cell) for of, cell in zip(parameters, row, strict=True))
        for row in zip(*columns, strict=True)
    )
    return tuple(dict(zip((each.name for each in parameters), row, strict=True)) for row in rows)


def _goal(config: Mapping[str, Any], measured: Mapping[str, Any]) -> Goal:
    said = measured.get("goal") or config.get("default_goal") or "maximize"
    first = said[0] if isinstance(said, list) and said else said
    return Goal.MINIMISE if str(first).strip().lower().startswith("min") else Goal.MAXIMISE
