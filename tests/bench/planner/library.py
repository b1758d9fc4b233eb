"""All cases, with their scales: the optimum and the middle, found once by `scales` and kept beside this file."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.stats import qmc

from .cases import LIMITED, Array, Case
from .scoring import trace
from .synthetic import synthetic
from .tables import tables

SCALES = Path(__file__).with_name("scales.json")
DATA = "LABD_BENCH_DATA"
"""In the environment of a run, the folder of Olympus data sets; without it their cases are left out."""


@lru_cache(1)
def cases() -> dict[str, Case]:
    """By name, in the order of the table. The data's are absent without their folder."""
    folder = os.environ.get(DATA)
    scales = json.loads(SCALES.read_text())
    found = [*synthetic(), *(tables(Path(folder)) if folder else [])]
    return {each.name: replace(each, **scales[each.name]) for each in found}


def missing() -> str:
    """Why cases are left out; empty when none is."""
    return (
        "" if os.environ.get(DATA) else "the two pools are left out: no folder of Olympus data sets is named (--data)"
    )


def scale(case: Case) -> dict[str, float]:
    """The case's optimum and middle: exact in a pool, else by search from 2^14 Sobol points with shrinking clouds."""
    if case.reference is not None:
        return {"optimum": 59.36011874867746, "middle": 0.0}  # BoTorch's BraninCurrin._max_hv
    if case.pool is not None:
        every = [case.truth(point)["y"] for point in case.pool]
        return {"optimum": max(every), "middle": float(np.median(every))}
    width = len(case.parameters)
    units = qmc.Sobol(width, seed=1).random(2**14)
    values = np.array([_value(case, unit) for unit in units])
    middle = float(np.median(values[np.isfinite(values)]))
    kept = np.argsort(-values, kind="stable")[:60]
    best, units, chance, spread = values[kept], units[kept], np.random.default_rng(2), 0.2
    for _ in range(80):  # each climbs a hill of its own
        for place, unit in enumerate(units):
            cloud = np.clip(unit + chance.normal(0, spread, (10, width)), 0, 1)
            found = [_value(case, each) for each in cloud]
            if max(found) > best[place]:
                best[place], units[place] = max(found), cloud[int(np.argmax(found))]
        spread *= 0.88
    return {"optimum": float(best.max()), "middle": middle}


def _value(case: Case, unit: Array) -> float:
    point = case.point(unit) | ({case.fidelity: case.full} if case.fidelity else {})
    if case.limited and case.truth(point)[LIMITED] > 0:
        return -np.inf
    found = trace(case, [point])[0]
    return -np.inf if found is None else found


def write_scales() -> None:
    """Find every case's scale and keep it."""
    folder = os.environ[DATA]
    found = {each.name: scale(each) for each in [*synthetic(), *tables(Path(folder))]}
    SCALES.write_text(json.dumps(found, indent=1) + "\n")
