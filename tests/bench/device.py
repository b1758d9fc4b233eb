"""Where the GPU begins to pay: the same questions on both devices, by observations and by candidates of a pool."""

import platform
import time

import numpy as np
import torch

from labd.domain.problem import Continuous, Measurement, Objective, Observation, Problem
from labd.planning import suggest
from labd.planning.device import GPU_PAYS_FROM, Rule, devices

POINTS, CANDIDATES = (50, 200, 1000, 3000), (1000, 10_000, 100_000)
FACTORS = 6
PATIENCE_S = 60.0
"""A question that took longer on a device is not asked at larger sizes there."""


async def measure() -> dict[str, object]:
    """By number of observations and candidates: seconds on each device, and what labd chooses by itself."""
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    rules: tuple[Rule, ...] = ("cpu", "cuda") if gpu else ("cpu",)
    for rule in rules:
        _seconds(rule, POINTS[0], CANDIDATES[0])  # a first question pays for starting the device
    cells: list[dict[str, object]] = []
    slow: set[tuple[Rule, int]] = set()
    for points in POINTS:
        for candidates in CANDIDATES:
            cell: dict[str, object] = {"observations": points, "candidates": candidates}
            for rule in rules:
                if (rule, candidates) in slow:
                    continue
                cell[f"{rule}_s"] = seconds = round(_seconds(rule, points, candidates), 3)
                if seconds > PATIENCE_S:
                    slow |= {(rule, each) for each in CANDIDATES if each >= candidates}
            cell["chosen"] = "cuda" if points**2 * (points / 3 + candidates) >= GPU_PAYS_FROM else "cpu"
            cells.append(cell)
    return {
        "gpu": gpu,
        "said": "chosen is what labd takes where there is a GPU" + ("" if gpu else "; here is none: nothing compared"),
        "machine": platform.machine(),
        "torch": torch.__version__,
        "cells": cells,
    }


def _seconds(rule: Rule, points: int, candidates: int) -> float:
    chance = np.random.default_rng(0)
    names = [f"x{k}" for k in range(FACTORS)]

    def somewhere(count: int) -> list[dict[str, float]]:
        return [dict(zip(names, row, strict=True)) for row in chance.random((count, FACTORS)).tolist()]

    problem = Problem(
        parameters=tuple(Continuous(name=name, low=0, high=1) for name in names),
        objectives=(Objective(outcome="y"),),
        pool=tuple(somewhere(candidates)),
    )
    seen = [
        Observation(trial=str(k), parameters=dict(at), outcomes={"y": Measurement(mean=_truth(at))})
        for k, at in enumerate(somewhere(points))
    ]
    began = time.perf_counter()
    with devices(rule):
        suggest(problem, seen)
    return time.perf_counter() - began


def _truth(at: dict[str, float]) -> float:
    return float(sum(np.sin(5 * each) for each in at.values()))
