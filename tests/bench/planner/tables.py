"""The cases that are rows of measured data, in a folder of Olympus data sets: one folder a set, `dataset_NAME`, with
`config.json` and `data.csv` (parameters, then measurements, without a header).

Source: F. Häse and others, Olympus: a benchmarking framework for noisy optimization and experiment planning, 2021.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from .cases import Box, Case, Choice, Point

POOLS = ("crossed_barrel", "buchwald_c")
"""Numeric: 600 printed parts; categorical: 791 couplings."""


def tables(folder: Path) -> list[Case]:
    """The pools in the folder; the mean of replicates is the truth."""
    return [_pool(folder, name) for name in POOLS]


def _pool(folder: Path, name: str) -> Case:
    described = json.loads((folder / f"dataset_{name}" / "config.json").read_text())
    wanted = described["default_goal"]
    sign = 1.0 if (wanted if isinstance(wanted, str) else wanted[0]) == "maximize" else -1.0
    kinds = [each["type"] == "categorical" for each in described["parameters"]]
    found: defaultdict[tuple[float | str, ...], list[float]] = defaultdict(list)
    with (folder / f"dataset_{name}" / "data.csv").open() as lines:
        for row in csv.reader(lines):
            given = zip(row, kinds, strict=False)
            found[tuple(text.strip() if is_option else float(text) for text, is_option in given)].append(
                sign * float(row[len(kinds)])
            )
    names = [each["name"] for each in described["parameters"]]
    pool: tuple[Point, ...] = tuple(dict(zip(names, row, strict=True)) for row in found)
    case = Case(f"pool_{name}", tuple(_parameter(n, [p[n] for p in pool]) for n in names), lambda _: {}, pool=pool)
    values = {case.key(point): float(np.mean(seen)) for point, seen in zip(pool, found.values(), strict=True)}
    return Case(case.name, case.parameters, lambda point: {"y": values[case.key(point)]}, pool=pool)


def _parameter(name: str, column: list[float | str]) -> Box | Choice:
    if isinstance(column[0], str):
        return Choice(name, tuple(sorted({str(each) for each in column})))
    return Box(name, min(float(each) for each in column), max(float(each) for each in column))
