"""What the simulation knows and a planner does not: `python -m labd_drivers.simulated.suzuki_flow.truth`.

Reads a point as JSON from standard input (or `null`), and prints a JSON object: `optimum` and
`optimum_parameters`, and of the point `best_true`, its noiseless outcome, and `share_of_optimum`.
"""

from __future__ import annotations

import argparse
import json
import sys

from .physics import true_optimum, true_outcomes


def main() -> None:
    """Answer for one objective; of the turnover only the point is known, for it has no interior optimum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objective", default="yield", choices=("yield", "turnover"))
    parser.add_argument("--goal", default="maximise", choices=("maximise", "minimise"))
    asked = parser.parse_args()
    point = json.load(sys.stdin)
    answer: dict[str, object] = {}
    optimum = true_optimum()
    known = asked.objective == "yield" and asked.goal == "maximise"
    if known:
        answer |= {
            "optimum": optimum.yield_percent,
            "optimum_parameters": dict(optimum.parameters),
        }
    if point is not None:
        outcomes = true_outcomes(point)
        best = outcomes.yield_percent if asked.objective == "yield" else outcomes.turnover
        answer["best_true"] = round(best, 4)
        if known:
            answer["share_of_optimum"] = round(best / optimum.yield_percent, 4)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
