"""The same figures as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .peers import ADAPTERS
from .report import Table, beside_each, best_peer, figures, verdicts

Figures = Mapping[str, float | int]


def page(found: Table) -> str:
    """A table of regrets, one of experiments, one of labd beside its peers."""
    every = figures(found)
    planners = [name for name in ADAPTERS if any(name in each for each in every.values())]
    best, lines, said = best_peer(found), beside_each(found), verdicts(found)
    return "\n\n".join(
        [
            "Regret after 20 / after 40 (0 is the optimum, 1 the median of the space), seeds in brackets:",
            _grid(every, planners, lambda one: f"{one['regret_20']:.3f} / {one['regret_40']:.3f} ({one['seeds']})"),
            "Experiments to 90 %, and seconds of processor time an ask:",
            _grid(every, planners, lambda one: f"{one['n_to_90']:.0f}, {one['cpu_s_per_ask']:.3f} s"),
            f"labd beside each peer, on the cases and seeds that both have (the best peer: {best}):",
            _rows("peer", lines),
            "labd beside the best peer of each case:",
            _rows("problem", said),
        ]
    )


def _grid(every: Mapping[str, Mapping[str, Figures]], planners: Sequence[str], cell: Callable[[Figures], str]) -> str:
    rows = {
        name: {planner: cell(each[planner]) if planner in each else "" for planner in planners}
        for name, each in every.items()
    }
    return _rows("problem", rows)


def _rows(what: str, rows: Mapping[str, Mapping[str, object]]) -> str:
    heads = list(next(iter(rows.values()), {}))
    lines = [
        [what, *heads],
        ["---"] * (len(heads) + 1),
        *([name, *map(str, row.values())] for name, row in rows.items()),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
