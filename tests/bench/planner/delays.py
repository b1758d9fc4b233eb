"""Processor seconds an ask against the number of observations: Hartmann's function of six parameters, with noise.

Inside a planner's environment: `PYTHONPATH=tests/bench python -m planner.delays PLANNER --out FILE`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from scipy.stats import qmc

from .cases import Case, Laboratory, Tried
from .library import cases
from .peers import adapter
from .results import RECORDED
from .work import apart, version, warm

ASKS = {50: 13, 200: 13, 1000: 7}
"""By observations to begin with: so many asks, each followed by one observation more. What a planner does only now and
then shows in the mean."""
LIMIT_S = 900


def case() -> Case:
    """What is asked for."""
    return replace(cases()["syn_hartmann6"], noise={"y": 0.1})


def history(count: int) -> list[Tried]:
    """So many observations, scattered."""
    laboratory = Laboratory(case(), 0)
    units = qmc.Sobol(6, seed=5).random(2 ** (count - 1).bit_length())[:count]
    return [laboratory.measure(laboratory.case.point(unit)) for unit in units]


def delays(lines: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """By planner and number of observations: the first ask, and the median and the mean of the next ones."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for each in lines:
        cold, *next_ones = each["cpu"]
        told = {"cold": cold, "warm": statistics.median(next_ones), "mean": statistics.fmean(next_ones)}
        told = {name: round(value, 4) for name, value in told.items()}
        found.setdefault(each["planner"], {})[str(each["n"])] = told
    return {"cpu_s": found}


def recorded_delays(planners: Iterable[str], folder: Path = RECORDED / "latency") -> list[dict[str, Any]]:
    """What is kept of these planners."""
    files = [folder / f"{planner}.jsonl" for planner in planners]
    return [json.loads(line) for file in files if file.exists() for line in file.read_text().splitlines()]


def main() -> None:
    """Ask at each number of observations, each in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("planner")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    chosen = adapter(given.planner)
    warm(chosen, case())
    for count, asks in ASKS.items():

        def one(count: int = count, asks: int = asks) -> None:
            laboratory, known = Laboratory(case(), 1), history(count)
            player = chosen(laboratory.case, 0)
            cpu = []
            for _ in range(asks):
                began = time.process_time()
                point = player.ask(known)
                cpu.append(round(time.process_time() - began, 4))
                known.append(laboratory.measure(point))
            line = {"planner": given.planner, "version": version(given.planner), "n": count, "cpu": cpu}
            with given.out.open("a") as lines:
                lines.write(json.dumps(line) + "\n")

        apart(one, LIMIT_S)


if __name__ == "__main__":
    main()
