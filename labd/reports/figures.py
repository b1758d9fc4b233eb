"""The figures of a campaign as plain plotly dictionaries: the same for page, report and notebook.

Each takes what `GET /api/v1/campaigns/{key}` answers and returns `{"data": [...], "layout": {...}}`. The background is
transparent and text has no colour of its own: who draws a figure gives it a theme. Colours are those that colour-blind
people tell apart, and no meaning is carried by a colour alone. Source: M. Okabe and K. Ito, Color Universal Design,
2002.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

from labd.reports.wording import axis_title, method_in_words, shown, unit_in_words, words

Json = dict[str, Any]

BLUE, SKY, GREEN, ORANGE, VERMILLION, PURPLE = "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7"
COLUMNS = 3
"""Panels side by side; the page puts fewer on a narrow screen."""

_GOLDEN = (math.sqrt(5) - 1) / 2
"""Multiples of it, modulo 1, lie as evenly as can be however many there are."""

_PERSON = {"color": PURPLE, "symbol": "diamond"}
_START = {"color": ORANGE, "symbol": "square"}
_MODELS = (
    {"color": BLUE, "symbol": "circle"},
    {"color": GREEN, "symbol": "triangle-up"},
    {"color": VERMILLION, "symbol": "star"},
    {"color": SKY, "symbol": "pentagon"},
)


def trace(view: Json) -> Json:
    """The first objective's outcome of each trial in order, the best so far, and what the model had expected of it."""
    name, spec, goal = _objective(view)
    target = view["campaign"]["objectives"][0]["target"]
    rows, told = view["trials"], view["told"]
    if not rows and not told:
        return _nothing("Outcome of each trial", view)
    data = [*_expectation(rows, name, spec), *_best_so_far(rows, told, name, _better(goal, target))]
    data += [*_measured(rows, name), *_told(told, name), *_failed(rows)]
    layout = layout_of("Outcome of each trial", height=420)
    layout["xaxis"] = {"title": {"text": "Trial"}, "rangemode": "tozero", "zeroline": False, **_whole(len(rows))}
    layout["yaxis"] = {"title": {"text": axis_title(name, spec["unit"])}, "zeroline": False, "automargin": True}
    layout["yaxis2"] = {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True}
    layout["shapes"], layout["annotations"] = _target(target, spec["unit"])
    return {"data": data, "layout": layout | {"barmode": "overlay", "bargap": 0}}


def parameters(view: Json) -> Json:
    """Each parameter against the first objective's outcome, a panel each; options stand side by side."""
    title = "Parameters against the outcome"
    name, spec, _ = _objective(view)
    measured = [row for row in view["trials"] if _mean(row, name) is not None]
    if not measured and not view["told"]:
        return _nothing(title, view)
    panels: list[Json] = view["campaign"]["parameters"]
    rows = math.ceil(len(panels) / COLUMNS)
    columns = math.ceil(len(panels) / rows)
    layout = layout_of(title, height=40 + 240 * rows)
    layout["grid"] = {"rows": rows, "columns": columns, "pattern": "independent", "xgap": 0.16, "ygap": 0.3}
    layout["meta"] = {"panels": len(panels)}
    data: list[Json] = []
    for place, parameter in enumerate(panels, start=1):
        suffix = "" if place == 1 else str(place)
        layout[f"xaxis{suffix}"] = parameter_axis(parameter) | {"anchor": f"y{suffix}"}
        label = axis_title(name, spec["unit"])
        layout[f"yaxis{suffix}"] = {"title": {"text": label}, "zeroline": False, "anchor": f"x{suffix}"}
        place_in = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "showlegend": place == 1}
        marks = [*_against(measured, parameter, name), *_told_against(view["told"], parameter, name)]
        data += [each | place_in for each in marks]
    return {"data": data, "layout": layout}


def importance(view: Json) -> Json:
    """What the model says drives the outcome: each parameter's share, as of the latest suggestion that tells."""
    title = "What drives the outcome"
    latest = next((row for row in reversed(_in_order(view["trials"])) if row["importance"]), None)
    if latest is None:
        return _nothing(title, view, "The model has not spoken yet: it does after the first trials.")
    shares = sorted(latest["importance"].items(), key=lambda item: item[1])
    layout = layout_of(title, height=90 + 34 * len(shares))
    layout["xaxis"] = {"title": {"text": f"Share, as of trial {latest['number']}"}, "tickformat": ".0%"}
    layout["xaxis"] |= {"range": [0, max(share for _, share in shares) * 1.18], "zeroline": False}
    layout["yaxis"] = {"automargin": True, "ticks": "", "showgrid": False}
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [share for _, share in shares],
        "y": [words(name) for name, _ in shares],
        "text": [f"{share:.0%}" for _, share in shares],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": BLUE},
        "hovertemplate": "%{y}: %{x:.1%}<extra></extra>",
        "showlegend": False,
    }
    return {"data": [bars], "layout": layout | {"bargap": 0.35}}


def pareto(view: Json) -> Json:
    """The first two outcomes that matter against each other, with the trials that no other trial betters in both."""
    title = "Trade-off"
    if len(view["campaign"]["outcomes"]) < 2:
        return _nothing(title, view, "A trade-off needs two outcomes, and this campaign measures one.")
    names, goals = _two_outcomes(view)
    specs = view["campaign"]["outcomes"]
    points = [row for row in view["trials"] if all(_mean(row, each) is not None for each in names)]
    if not points:
        return _nothing(title, view)
    layout = layout_of(title, height=360)
    for axis, name, goal in zip(("xaxis", "yaxis"), names, goals, strict=True):
        better = {"maximise": " – more is better", "minimise": " – less is better"}.get(goal, "")
        layout[axis] = {"title": {"text": axis_title(name, specs[name]["unit"]) + better}, "zeroline": False}
        layout[axis]["automargin"] = True
    data = [*_front(points, names, goals)]
    for method, style, rows in _by_method(points):
        x, y = ([_mean(row, name) for row in rows] for name in names)
        data.append(_points(method, style, x, y, [_about(row, names[1]) for row in rows]))
    return {"data": data, "layout": layout}


FIGURES: Mapping[str, Callable[[Json], Json]] = {
    "trace": trace,
    "parameters": parameters,
    "importance": importance,
    "pareto": pareto,
}
"""By name, as in `GET /api/v1/campaigns/{key}/figures/{name}`."""


# --- what stands in a trace


def _expectation(rows: Sequence[Json], name: str, spec: Json) -> Iterator[Json]:
    """For each trial, what was expected before its result: a bar of two deviations to each side, and a dash."""
    told = [(row["number"], row["predicted"][name]) for row in _in_order(rows) if name in row["predicted"]]
    if not told:
        return
    lows = [_within(p["mean"] - 2 * p["deviation"], spec) for _, p in told]
    highs = [_within(p["mean"] + 2 * p["deviation"], spec) for _, p in told]
    numbers = [number for number, _ in told]
    group = {"legendgroup": "expected"}
    yield group | {
        "type": "bar",
        "name": "expected ± 2σ",
        "x": numbers,
        "base": lows,
        "y": [high - low for low, high in zip(lows, highs, strict=True)],
        "width": 1,
        "marker": {"color": SKY, "opacity": 0.25, "line": {"width": 0}},
        "hoverinfo": "skip",
    }
    yield group | {
        "type": "scatter",
        "mode": "markers",
        "name": "expected",
        "x": numbers,
        "y": [p["mean"] for _, p in told],
        "marker": {"symbol": "line-ew-open", "size": 9, "color": SKY, "line": {"width": 2, "color": SKY}},
        "customdata": [2 * p["deviation"] for _, p in told],
        "hovertemplate": "trial %{x}: expected %{y:.4g} ± %{customdata:.2g}<extra></extra>",
        "showlegend": False,
    }


def _better(goal: str, target: float | None) -> Callable[..., float] | None:
    """The better of some values; None where none is better than another."""
    nearest = partial(min, key=lambda value: abs(value - (target or 0.0)))
    known: dict[str, Callable[..., float]] = {"maximise": max, "minimise": min, "match": nearest}
    return known.get(goal)


def _best_so_far(
    rows: Sequence[Json], told: Sequence[Json], name: str, better: Callable[..., float] | None
) -> Iterator[Json]:
    if better is None:
        return
    by_hand = [each["outcomes"][name]["mean"] for each in told if name in each["outcomes"]]
    seen = [(row["number"], mean) for row in _in_order(rows) if (mean := _mean(row, name)) is not None]
    if by_hand:
        seen.insert(0, (0, better(by_hand)))
    if not seen:
        return
    x, y = [number for number, _ in seen], list(accumulate((mean for _, mean in seen), better))
    last = max((row["number"] for row in rows), default=0)
    if last > x[-1]:
        x, y = [*x, last], [*y, y[-1]]
    yield {
        "type": "scatter",
        "mode": "lines",
        "name": "best so far",
        "x": x,
        "y": y,
        "line": {"shape": "hv", "color": GREEN, "width": 2.5},
        "hovertemplate": "best up to trial %{x}: %{y:.4g}<extra></extra>",
    }


def _measured(rows: Sequence[Json], name: str) -> Iterator[Json]:
    measured = [row for row in _in_order(rows) if _mean(row, name) is not None]
    for method, style, own in _by_method(measured):
        errors = [row["outcomes"][name]["standard_error"] for row in own]
        bars = {"type": "data", "array": [each or 0.0 for each in errors], "thickness": 1, "width": 0}
        x, y = [row["number"] for row in own], [_mean(row, name) for row in own]
        points = _points(method, style, x, y, [_about(row, name) for row in own])
        yield points | {"error_y": bars | {"visible": any(errors), "color": style["color"]}}


def _told(told: Sequence[Json], name: str) -> Iterator[Json]:
    y = [each["outcomes"][name]["mean"] for each in told if name in each["outcomes"]]
    if y:
        yield _points("told by hand", _PERSON, [0] * len(y), y, [f"told by hand: {value:.4g}" for value in y])


def _failed(rows: Sequence[Json]) -> Iterator[Json]:
    """Trials without a result stand at the foot of the figure, whatever its scale."""
    for status, symbol, colour in (("failed", "x", VERMILLION), ("abandoned", "x-thin-open", "#888888")):
        own = [row for row in _in_order(rows) if row["status"] == status]
        if own:
            texts = [f"trial {row['number']} {status}: {shown(row['note'])}" for row in own]
            style = {"color": colour, "symbol": symbol}
            yield _points(status, style, [row["number"] for row in own], [0.03] * len(own), texts) | {"yaxis": "y2"}


def _target(target: float | None, unit: str) -> tuple[list[Json], list[Json]]:
    if target is None:
        return [], []
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": target, "y1": target}
    note = {"xref": "paper", "x": 1, "y": target, "xanchor": "right", "yanchor": "bottom", "showarrow": False}
    text = f"target {target:g} {unit_in_words(unit)}".rstrip()
    return [line | {"line": {"color": PURPLE, "width": 1.5, "dash": "dash"}}], [note | {"text": text}]


# --- what stands in the panels


def _against(rows: Sequence[Json], parameter: Json, name: str) -> Iterator[Json]:
    key = parameter["name"]
    for method, style, own in _by_method([row for row in rows if key in row["parameters"]]):
        x = [_place(row["parameters"][key], parameter, row["number"]) for row in own]
        y = [_mean(row, name) for row in own]
        yield _points(method, style, x, y, [_about(row, name) for row in own]) | {"legendgroup": method}


def _told_against(told: Sequence[Json], parameter: Json, name: str) -> Iterator[Json]:
    own = [each for each in told if name in each["outcomes"] and parameter["name"] in each["parameters"]]
    if own:
        x = [_place(each["parameters"][parameter["name"]], parameter, place) for place, each in enumerate(own)]
        y = [each["outcomes"][name]["mean"] for each in own]
        texts = [f"told by hand: {value:.4g}" for value in y]
        yield _points("told by hand", _PERSON, x, y, texts) | {"legendgroup": "told by hand"}


def parameter_axis(parameter: Json) -> Json:
    """A parameter along the bottom."""
    axis: Json = {"title": {"text": axis_title(parameter["name"], parameter["unit"])}, "zeroline": False}
    match parameter["kind"]:
        case "categorical":
            options = [shown(option) for option in parameter["options"]]
            ticks = {"tickvals": list(range(len(options))), "ticktext": options, "showgrid": False}
            return axis | ticks | {"range": [-0.5, len(options) - 0.5]}
        case "continuous" if parameter.get("log"):
            return axis | {"type": "log"}
        case _:
            return axis | {"nticks": 5}


# --- trade-off


def _two_outcomes(view: Json) -> tuple[tuple[str, str], tuple[str, str]]:
    """The outcomes of the first two objectives; where there is one objective, another outcome stands beside it."""
    goals = {each["outcome"]: each["goal"] for each in view["campaign"]["objectives"]}
    first, second = [*goals, *(name for name in view["campaign"]["outcomes"] if name not in goals)][:2]
    return (first, second), (goals.get(first, ""), goals.get(second, ""))


def _front(points: Sequence[Json], names: tuple[str, str], goals: tuple[str, str]) -> Iterator[Json]:
    if not {*goals} <= {"maximise", "minimise"}:
        return
    signs = [1 if goal == "maximise" else -1 for goal in goals]
    marks = [
        tuple(sign * row["outcomes"][each]["mean"] for sign, each in zip(signs, names, strict=True)) for row in points
    ]
    best = sorted({mark for mark in marks if not any(_betters(other, mark) for other in marks)})
    yield {
        "type": "scatter",
        "mode": "lines",
        "name": "not bettered",
        "x": [signs[0] * mark[0] for mark in best],
        "y": [signs[1] * mark[1] for mark in best],
        "line": {"shape": "vh", "color": GREEN, "width": 2.5},
        "hoverinfo": "skip",
    }


def _betters(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))


# --- parts


def _objective(view: Json) -> tuple[str, Json, str]:
    objective = view["campaign"]["objectives"][0]
    return objective["outcome"], view["campaign"]["outcomes"][objective["outcome"]], objective["goal"]


def _in_order(rows: Iterable[Json]) -> list[Json]:
    return sorted(rows, key=lambda row: row["number"])


def _mean(row: Json, name: str) -> float | None:
    measured = (row["outcomes"] or {}).get(name)
    return None if measured is None else measured["mean"]


def _within(value: float, spec: Json) -> float:
    low, high = spec.get("low"), spec.get("high")
    value = value if low is None else max(value, low)
    return value if high is None else min(value, high)


def _place(value: float | str, parameter: Json, number: int) -> float:
    """Where a value stands; an option's trials are spread a little beside each other, always the same way."""
    if parameter["kind"] != "categorical":
        return float(value)
    return float(parameter["options"].index(value) + 0.36 * ((number * _GOLDEN) % 1 - 0.5))


def _by_method(rows: Sequence[Json]) -> Iterator[tuple[str, Json, list[Json]]]:
    """The rows of each method, with its colour and symbol."""
    models = iter(_MODELS * math.ceil((len(rows) + 1) / len(_MODELS)))
    for method in dict.fromkeys(row["method"] for row in rows):
        style = _PERSON if method == "person" else _START if method in ("sobol", "random") else next(models)
        yield method_in_words(method), style, [row for row in rows if row["method"] == method]


def _points(name: str, style: Json, x: Sequence[Any], y: Sequence[Any], texts: Sequence[str]) -> Json:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": list(x),
        "y": list(y),
        "text": list(texts),
        "marker": style | {"size": 9, "opacity": 0.9},
        "hovertemplate": "%{text}<extra></extra>",
    }


def _about(row: Json, name: str) -> str:
    """What is said of a trial when it is pointed at."""
    measured = row["outcomes"][name]
    error = "" if measured["standard_error"] is None else f" ± {measured['standard_error']:.2g}"
    lines = [f"<b>trial {row['number']}</b>: {words(name)} {measured['mean']:.4g}{error}"]
    for key, value in row["parameters"].items():
        text = shown(value) if isinstance(value, str) else f"{value:.4g}"
        lines.append(f"{words(key)} {text}")
    return "<br>".join(lines)


def _whole(count: int) -> Json:
    """Ticks at whole trials only."""
    return {"dtick": 1} if count <= 12 else {"nticks": 12, "tickformat": "d"}


def layout_of(title: str, height: int) -> Json:
    """What all figures have in common."""
    return {
        "title": {"text": title},
        "height": height,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 60, "r": 16, "t": 48, "b": 52},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "hovermode": "closest",
    }


def _nothing(title: str, view: Json, text: str = "") -> Json:
    """A figure that says what to do."""
    campaign = view["campaign"]
    if not text:
        text = f"No result yet. Start it: labd start {html.escape(campaign['name'])}"
        text = text if campaign["status"] == "draft" else "No result yet. The first one appears here by itself."
    layout = layout_of(title, height=220)
    hidden = {"visible": False}
    note = {"text": text, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}
    return {"data": [], "layout": layout | {"xaxis": hidden, "yaxis": hidden, "annotations": [note]}}
