"""What it costs to plan while trials are open: regret after as many trials, with 0, 1, 2 and 4 of them pending."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from labd.domain.problem import Scalar
from labd.planning import replay

from .cases import Case, Laboratory
from .library import cases
from .peers.labd_planner import observation, problem
from .play import BUDGET
from .scoring import regrets, trace

PROBLEMS = ("syn_hartmann6", "syn_levy5", "mixed_reaction", "noisy_styblinski4")
PENDING = (0, 1, 2, 4)


def ahead(seeds: Sequence[int], problems: Sequence[str] = PROBLEMS, budget: int = BUDGET) -> dict[str, object]:
    """By problem and number of open trials: mean regret at half and at the whole of the budget."""
    found = {
        name: {
            str(pending): _mean([_played(cases()[name], seed, pending, budget) for seed in seeds])
            for pending in PENDING
        }
        for name in problems
    }
    whole = {
        pending: {
            at: round(statistics.fmean(found[name][pending][at] for name in problems), 4) for at in ("half", "whole")
        }
        for pending in map(str, PENDING)
    }
    return {"pending": whole, "problems": found, "seeds": len(seeds)}


def _played(case: Case, seed: int, pending: int, budget: int) -> list[float]:
    laboratory = Laboratory(case, seed)
    first = [laboratory.measure(point) for point in case.first(seed)]

    def truth(point: dict[str, Scalar]) -> dict[str, float]:
        return dict(laboratory.measure(dict(point)).measured)

    known = [observation(i, each) for i, each in enumerate(first)]
    played = replay(problem(case), truth, budget - len(known), observations=known, delay=pending, seed=seed)
    points = [dict(each.parameters) for each in played.observations]
    spent = [float(i) for i in range(1, len(points) + 1)]
    return regrets(trace(case, points), spent, case.optimum, case.middle, budget)


def _mean(curves: Sequence[Sequence[float]]) -> dict[str, float]:
    half = len(curves[0]) // 2
    return {
        "half": round(statistics.fmean(each[half - 1] for each in curves), 4),
        "whole": round(statistics.fmean(each[-1] for each in curves), 4),
    }
