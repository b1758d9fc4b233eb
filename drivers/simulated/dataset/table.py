"""The table of an Olympus data set, and the instrument that looks results up in it.

Source: F. Häse et al., Olympus: a benchmarking framework for noisy optimization and experiment planning, Mach. Learn.:
Sci. Technol. 2 (2021) 035021, for the layout: `config.json` names the columns of `data.csv`, which has no header.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labd.driver_kit import Context, DeviceError, Recovery, Slot, action

from .. import chance
from ..instrument import SimulatedInstrument

MEASURING_S = 30.0


class Table:
    """Rows of parameters and what was measured there. Raises `OSError` or `ValueError` for what is no data set."""

    def __init__(self, directory: Path) -> None:
        config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        self.measurements = [str(each["name"]) for each in config["measurements"]]
        self._described = {str(each["name"]): each for each in config["parameters"]}
        self.parameters = list(self._described)
        names = [*self.parameters, *self.measurements]
        with (directory / "data.csv").open(newline="", encoding="utf-8") as file:
            self.rows = [dict(zip(names, cells, strict=True)) for cells in csv.reader(file) if cells]
        if not self.rows:
            raise ValueError(f"{directory} has a data.csv without rows")
        self.span = {name: self._spread(name) for name in self._described if not self._categorical(name)}

    def nearest(self, point: Mapping[str, Any]) -> list[dict[str, str]]:
        """The rows that are nearest to the point: several, where the same experiment was done several times.

        An option must be the same; numbers are compared on the scale of their column. Raises `DeviceError` when the
        point is no full set of parameters, or has an option that the table lacks.
        """
        if set(point) != set(self._described):
            raise DeviceError(f"the point has {', '.join(sorted(point))}; the table needs {', '.join(self._described)}")
        options = [name for name in self._described if self._categorical(name)]
        rows = [row for row in self.rows if all(row[name] == str(point[name]) for name in options)]
        if not rows:
            raise DeviceError(f"nothing was measured with {', '.join(f'{name}={point[name]}' for name in options)}")
        target = {name: _number(name, point[name]) for name in self.span}
        distances = [sum(((float(row[n]) - v) / self.span[n]) ** 2 for n, v in target.items()) for row in rows]
        nearest = min(distances)
        return [row for row, distance in zip(rows, distances, strict=True) if distance <= nearest + 1e-18]

    def measured(self, row: Mapping[str, str]) -> dict[str, float | str]:
        """What the row holds, number for number; what is no finite number stays the text that it is."""
        return {name: _reported(row[name]) for name in self.measurements}

    def _categorical(self, name: str) -> bool:
        return str(self._described[name].get("type")) == "categorical"

    def _spread(self, name: str) -> float:
        values = [float(row[name]) for row in self.rows]
        return (max(values) - min(values)) or 1.0


class TableInstrument(SimulatedInstrument):
    """An experiment that was done before, done again by looking its result up.

    Beside the options of every simulated instrument: `data`, the directory of the data set.
    """

    model = "measured data set"
    safe_state_description = "nothing moves at any time"

    def __init__(
        self, *, data: str, world: str = "world", log_name: str = "", speed: float = 1.0, seed: int = 0
    ) -> None:
        super().__init__(world=world, log_name=log_name, speed=speed, seed=seed)
        self._data = Path(data)

    async def open(self) -> None:
        """Read the table."""
        self._table = Table(self._data)

    @action(
        typical_s=MEASURING_S,
        maximum_s=600,
        recovery=Recovery.REPEAT,
        results={"measurements": Slot(type="object", description="by name, as it stands in the table")},
        cancellable=True,
    )
    async def measure(self, context: Context, point: dict[str, Any]) -> dict[str, Any]:
        """Look up what was measured at a point; of several measurements there, one by chance."""
        rows = self._table.nearest(point)
        row = rows[chance.number(self.seed, "row", context.command) % len(rows)]
        with self.actuation(context, "measure", context.run, row=self._table.rows.index(row)):
            await self.elapse(MEASURING_S)
        return {"measurements": self._table.measured(row)}


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise DeviceError(f"{name} is {value!r}, which is no number")
    return float(value)


def _reported(text: str) -> float | str:
    try:
        value = float(text)
    except ValueError:
        return text
    return value if math.isfinite(value) else text
