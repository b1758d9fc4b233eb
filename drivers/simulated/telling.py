"""What each laboratory's module `truth` answers: what the simulation knows and a planner does not.

`python -m labd_drivers.simulated.<laboratory>.truth --objective <outcome> --goal <goal>` reads a point as JSON from
standard input (or `null`), and prints a JSON object: `optimum` and `optimum_parameters`, and of the point `best_true`,
its noiseless outcome, and `share_of_optimum`. The optimum is known of one objective; of the others only the point is.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

Point = Mapping[str, float | str]
Outcomes = Mapping[str, float]


class Optimum(NamedTuple):
    """The best that there is of one outcome, and where."""

    outcome: str
    goal: str
    """`maximise` or `minimise`."""
    value: float
    parameters: Point


def tell(true_outcomes: Callable[[Point], Outcomes], optimum: Optimum) -> None:
    """Answer on standard output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--objective", default=optimum.outcome)
    parser.add_argument("--goal", default=optimum.goal, choices=("maximise", "minimise"))
    asked = parser.parse_args()
    point = json.load(sys.stdin)
    answer: dict[str, object] = {}
    known = (asked.objective, asked.goal) == (optimum.outcome, optimum.goal)
    if known:
        answer |= {"optimum": optimum.value, "optimum_parameters": dict(optimum.parameters)}
    if point is not None:
        best = true_outcomes(point)[asked.objective]
        answer["best_true"] = round(best, 4)
        if known:
            share = best / optimum.value if asked.goal == "maximise" else optimum.value / best
            answer["share_of_optimum"] = round(share, 4)
    json.dump(answer, sys.stdout)
