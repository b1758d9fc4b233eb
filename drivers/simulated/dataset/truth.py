"""The best of a data set: `python -m labd_drivers.simulated.dataset.truth DIR --objective NAME`.

Reads a point as JSON from standard input (or `null`), and prints a JSON object: `optimum`, the best mean of
replicates in the table, `random_median`, the median best of `--trials` random points, and of the point `best_true`,
its mean, and `rank`, 1 for the best point.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

from .table import Table


def main() -> None:
    """Answer for one objective. Names are compared as labd writes them: lower case, `_` for what is no letter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--objective", required=True)
    parser.add_argument("--goal", default="maximise", choices=("maximise", "minimise"))
    parser.add_argument("--trials", type=int, default=30, help="for `random_median`")
    asked = parser.parse_args()
    said = answer(Table(asked.data), asked.objective, asked.goal, json.load(sys.stdin), asked.trials)
    json.dump(said, sys.stdout)


def answer(
    table: Table, objective: str, goal: str, point: Mapping[str, object] | None, trials: int = 30
) -> dict[str, object]:
    """What the table knows of an objective, and of a point."""
    name = next(each for each in table.measurements if _plain(each) == _plain(objective))
    measured: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for row in table.rows:
        value = table.measured(row)[name]
        if isinstance(value, float):
            measured[tuple(row[each] for each in table.parameters)].append(value)
    sign = -1.0 if goal == "minimise" else 1.0
    means = sorted((fmean(each) for each in measured.values()), key=lambda mean: -sign * mean)
    said: dict[str, object] = {"optimum": means[0], "random_median": means[median_rank(len(means), trials)]}
    if point is not None:
        named = {own: value for own in table.parameters for key, value in point.items() if _plain(own) == _plain(key)}
        row = table.nearest(named)[0]
        best = fmean(measured[tuple(row[each] for each in table.parameters)] or [math.nan])
        said |= {"best_true": best, "rank": 1 + sum(sign * mean > sign * best for mean in means)}
    return said


def median_rank(points: int, drawn: int) -> int:
    """The rank, from 0, that the best of `drawn` of `points` reaches or beats in half of all draws.

    P(best rank > r) = C(points - r - 1, drawn) / C(points, drawn), since a point is drawn once.

    >>> median_rank(3, 3), median_rank(100, 1)
    (0, 49)
    """
    log_worse = 0.0
    for rank in range(points - drawn):
        log_worse += math.log((points - rank - drawn) / (points - rank))
        if log_worse <= math.log(0.5) + 1e-12:
            return rank
    return max(points - drawn, 0)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


if __name__ == "__main__":
    main()
