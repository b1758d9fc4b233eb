"""Who did what when: a chart of bars, an instrument a row, as a plotly dictionary and as text.

A view is `{"from": ISO time, "to": ISO time, "instruments": [name, ...], "bars": [...]}`, and `now` where that is a
moment of the chart; a bar has `instrument`,
`campaign`, `run`, `step`, `begin`, `end` (ISO times) and `status`: `done`, `running`, `held` (kept beside the
instrument that works) or `reserved`. Background and text have no colour of their own, as in `labd.reports.figures`, and
a status is told by a pattern, too.
"""

from __future__ import annotations

import string
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from labd.reports.figures import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION
from labd.reports.wording import shown, words

Json = dict[str, Any]

COLOURS = (BLUE, ORANGE, GREEN, SKY, VERMILLION, PURPLE, "#F0E442", "#888888")
PATTERNS = {"done": "", "running": "/", "held": ".", "reserved": "x"}
GRAINS = 1000
"""Bars of one step on one instrument that are closer than one in so many parts of the chart are drawn as one."""
LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits
IDLE, MANY = "·", "#"


def gantt(view: Json) -> Json:
    """The chart: a row an instrument, a colour a step; `{"data": [...], "layout": {...}}`."""
    rows: list[str] = view["instruments"]
    layout: Json = {
        "title": {"text": "Who did what when"},
        "height": 140 + 34 * max(len(rows), 1),
        "barmode": "overlay",
        "bargap": 0.25,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "closest",
        "legend": {"orientation": "h", "y": -0.15, "yanchor": "top"},
        "xaxis": {"type": "date", "range": [view["from"], view["to"]], "zeroline": False},
        "yaxis": {
            "categoryorder": "array",
            "categoryarray": rows[::-1],
            "automargin": True,
            "range": [-0.5, len(rows) - 0.5],
        },
    }
    if "now" in view:
        line = {"type": "line", "x0": view["now"], "x1": view["now"], "yref": "paper", "y0": 0, "y1": 1}
        layout["shapes"] = [line | {"line": {"color": "#888888", "width": 1.5, "dash": "dot"}}]
    steps = list(dict.fromkeys(bar["step"] for bar in view["bars"]))
    colours = {step: COLOURS[place % len(COLOURS)] for place, step in enumerate(steps)}
    groups: dict[tuple[str, str], list[Json]] = defaultdict(list)
    for bar in _thinned(view):
        groups[bar["step"], bar["status"]].append(bar)
    shown: set[str] = set()
    data = []
    for (step, status), bars in sorted(groups.items(), key=lambda item: (steps.index(item[0][0]), item[0][1])):
        data.append(_trace(step, status, bars, colours[step]) | {"showlegend": step not in shown})
        shown.add(step)
    return {"data": data, "layout": layout}


def _trace(step: str, status: str, bars: Sequence[Json], colour: str) -> Json:
    return {
        "type": "bar",
        "orientation": "h",
        "name": words(step),
        "legendgroup": step,
        "y": [bar["instrument"] for bar in bars],
        "base": [bar["begin"] for bar in bars],
        "x": [_seconds(bar["begin"], bar["end"]) * 1000 for bar in bars],
        "marker": {
            "color": colour,
            "opacity": 0.45 if status in ("held", "reserved") else 1.0,
            "pattern": {"shape": PATTERNS[status], "solidity": 0.3},
            "line": {"width": 0},
        },
        "text": [_about(bar) for bar in bars],
        "textposition": "none",
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }


def _about(bar: Json) -> str:
    many = f", {bar['count']} times" if bar["count"] > 1 else f" of run {shown(bar['run'])}"
    status = "" if bar["status"] == "done" else f" ({bar['status']})"
    begin, end = datetime.fromisoformat(bar["begin"]), datetime.fromisoformat(bar["end"])
    return f"{words(bar['step'])}{many}{status}, {begin:%d %b %H:%M:%S} to {end:%H:%M:%S}"


def _thinned(view: Json) -> Iterator[Json]:
    """The bars, those laid together that nobody could tell apart; each with how many it stands for."""
    grain = _seconds(view["from"], view["to"]) / GRAINS
    open_bars: dict[tuple[str, str, str], Json] = {}
    for bar in sorted(view["bars"], key=lambda each: each["begin"]):
        key = (bar["instrument"], bar["step"], bar["status"])
        before = open_bars.get(key)
        if before is not None and _seconds(before["end"], bar["begin"]) < grain:
            open_bars[key] = before | {"end": max(before["end"], bar["end"]), "count": before["count"] + 1}
        else:
            if before is not None:
                yield before
            open_bars[key] = bar | {"count": 1}
    yield from open_bars.values()


def gantt_text(view: Json, width: int = 80) -> Iterator[str]:
    """The chart for a terminal, in lines of at most `width` characters: a letter a step, and what the letters mean.

    >>> bar = {"instrument": "oven", "run": "C.1.1", "step": "bake", "status": "done"}
    >>> times = {"begin": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:30:00Z"}
    >>> view = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00Z"}
    >>> list(gantt_text({**view, "instruments": ["oven"], "bars": [{**bar, **times}]}, 20))
    ['oven  AAAAAAA·······', 'A bake']
    """
    steps = list(dict.fromkeys(bar["step"] for bar in view["bars"]))
    letters = {step: LETTERS[place] if place < len(LETTERS) else MANY for place, step in enumerate(steps)}
    margin = max((len(name) for name in view["instruments"]), default=0) + 2
    columns = max(width - margin, 10)
    span = max(_seconds(view["from"], view["to"]), 1e-9)
    filled = _filled(view, columns, span)
    for name in view["instruments"]:
        cells = filled.get(name, {})
        line = "".join(_letter(cells.get(place, {}), letters, span / columns) for place in range(columns))
        yield f"{name:{margin}}{line}"
    yield from _legend(letters, width)


def _filled(view: Json, columns: int, span: float) -> dict[str, dict[int, dict[str, float]]]:
    """By instrument, column and step: how many seconds of it are in the column."""
    filled: dict[str, dict[int, dict[str, float]]] = {name: {} for name in view["instruments"]}
    width = span / columns
    for bar in view["bars"]:
        begin, end = (_seconds(view["from"], bar[each]) for each in ("begin", "end"))
        cells = filled.setdefault(bar["instrument"], {})
        for place in range(max(int(begin / width), 0), min(int(end / width) + 1, columns)):
            here = cells.setdefault(place, {})
            overlap = min(end, (place + 1) * width) - max(begin, place * width)
            here[bar["step"]] = here.get(bar["step"], 0.0) + max(overlap, 0.0)
    return filled


def _letter(cell: Mapping[str, float], letters: Mapping[str, str], width: float) -> str:
    """What fills most of a column; nothing, where it was idle for three quarters of it."""
    if sum(cell.values()) < width / 4:
        return IDLE
    return letters[max(cell, key=lambda step: cell[step])]


def _legend(letters: Mapping[str, str], width: int) -> Iterator[str]:
    line = ""
    for each in _entries(letters.items()):
        if line and len(line) + len(each) + 2 > width:
            yield line
            line = ""
        line = f"{line}  {each}" if line else each
    if line:
        yield line


def _entries(letters: Iterable[tuple[str, str]]) -> Iterator[str]:
    many = [step for step, letter in letters if letter == MANY]
    yield from (f"{letter} {words(step)}" for step, letter in letters if letter != MANY)
    if many:
        yield f"{MANY} {len(many)} more"


def _seconds(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
