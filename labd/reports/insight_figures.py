"""Figures of what the model believes, as plain plotly dictionaries, in the manner of `labd.reports.figures`.

Each takes `{"campaign": ..., "insight": ...}`: a campaign as `GET /api/v1/campaigns/{key}` tells it, and its insight.
They are of the first outcome that is wanted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from labd.reports.figures import BLUE, COLUMNS, GREEN, SKY, VERMILLION, Json, layout_of, parameter_axis
from labd.reports.wording import axis_title, shown, words

INTERVAL = 1.959964
"""Deviations to each side of a 95 % interval."""


def slices(view: Json) -> Json:
    """What is expected along each parameter, the others as at the best trial: the mean, and two deviations about it."""
    of, unit = _first(view)
    label = axis_title(of["outcome"], unit)
    kinds = {each["name"]: each for each in view["campaign"]["parameters"]}
    told = [each for each in of["slices"] if each["parameter"] in kinds]
    rows = math.ceil(len(told) / COLUMNS)
    layout = layout_of("Along each parameter, the others as at the best trial", height=40 + 240 * rows)
    layout["grid"] = {"rows": rows, "columns": math.ceil(len(told) / max(rows, 1)), "pattern": "independent"}
    layout["grid"] |= {"xgap": 0.16, "ygap": 0.3}
    layout["meta"] = {"panels": len(told)}
    data: list[Json] = []
    for place, each in enumerate(told, start=1):
        suffix = "" if place == 1 else str(place)
        layout[f"xaxis{suffix}"] = parameter_axis(kinds[each["parameter"]]) | {"anchor": f"y{suffix}"}
        layout[f"yaxis{suffix}"] = {"title": {"text": label}, "zeroline": False, "anchor": f"x{suffix}"}
        place_in = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "showlegend": place == 1}
        data += [part | place_in for part in _slice(each, kinds[each["parameter"]])]
    return {"data": data, "layout": layout}


def _slice(told: Json, parameter: Json) -> Iterator[Json]:
    means = [each["mean"] for each in told["expected"]]
    twice = [2 * each["deviation"] for each in told["expected"]]
    if parameter["kind"] == "categorical":
        places = [parameter["options"].index(each) for each in told["values"]]
        texts = _texts([shown(each) for each in told["values"]], means, twice)
        yield {
            "type": "scatter",
            "mode": "markers",
            "name": "expected",
            "x": places,
            "y": means,
            "text": texts,
            "error_y": {"type": "data", "array": twice, "color": SKY, "thickness": 6, "width": 0},
            "marker": {"color": BLUE, "size": 9},
            "hovertemplate": "%{text}<extra></extra>",
            "legendgroup": "expected",
        }
        return
    lows = [mean - wide for mean, wide in zip(means, twice, strict=True)]
    highs = [mean + wide for mean, wide in zip(means, twice, strict=True)]
    yield {
        "type": "scatter",
        "mode": "lines",
        "name": "± 2σ",
        "x": told["values"] + told["values"][::-1],
        "y": highs + lows[::-1],
        "fill": "toself",
        "fillcolor": "rgba(86,180,233,0.25)",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "legendgroup": "band",
    }
    texts = _texts([f"{each:.4g}" for each in told["values"]], means, twice)
    yield {
        "type": "scatter",
        "mode": "lines",
        "name": "expected",
        "x": told["values"],
        "y": means,
        "text": texts,
        "line": {"color": BLUE, "width": 2.5},
        "hovertemplate": "%{text}<extra></extra>",
        "legendgroup": "expected",
    }


def _texts(named: list[str], means: list[float], twice: list[float]) -> list[str]:
    return [f"{name}: {mean:.4g} ± {wide:.2g}" for name, mean, wide in zip(named, means, twice, strict=True)]


def calibration(view: Json) -> Json:
    """What was expected of each trial before its result came, against what came, with the 95 % intervals."""
    of, unit = _first(view)
    title = "Expected before the result, and measured"
    layout = layout_of(title, height=380)
    if of["calibration"] is None:
        return _nothing(layout, "No prediction has met its result yet.")
    scores = of["calibration"]["scores"]
    data = []
    for name, style, own in (
        ("within 95 %", {"color": BLUE, "symbol": "circle"}, [each for each in scores if abs(each["z"]) <= INTERVAL]),
        ("outside", {"color": VERMILLION, "symbol": "x"}, [each for each in scores if abs(each["z"]) > INTERVAL]),
    ):
        if own:
            data.append(_met(name, style, own))
    ends = [each["measured"] for each in scores] + [each["expected"]["mean"] for each in scores]
    low, high = min(ends), max(ends)
    line = {"type": "scatter", "mode": "lines", "name": "as expected", "x": [low, high], "y": [low, high]}
    data.insert(0, line | {"line": {"color": GREEN, "dash": "dash", "width": 1.5}, "hoverinfo": "skip"})
    outcome = axis_title(of["outcome"], unit)
    layout["xaxis"] = {"title": {"text": f"{outcome}, expected"}, "zeroline": False}
    layout["yaxis"] = {"title": {"text": f"{outcome}, measured"}, "zeroline": False, "automargin": True}
    return {"data": data, "layout": layout}


def _met(name: str, style: Json, own: list[Json]) -> Json:
    wide = [INTERVAL * each["expected"]["deviation"] for each in own]
    texts = [
        f"<b>{shown(each['called'])}</b>: expected {each['expected']['mean']:.4g} ± {reach:.2g}<br>"
        f"measured {each['measured']:.4g}"
        for each, reach in zip(own, wide, strict=True)
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "text": texts,
        "hovertemplate": "%{text}<extra></extra>",
        "x": [each["expected"]["mean"] for each in own],
        "y": [each["measured"] for each in own],
        "error_x": {"type": "data", "array": wide, "color": style["color"], "thickness": 1, "width": 0},
        "marker": style | {"size": 9, "opacity": 0.9},
    }


def leverage(view: Json) -> Json:
    """How far the expected optimum would move without each of the trials that hold it."""
    of, _ = _first(view)
    told = [each for each in of["leverage"] if each["moved"] > 0][::-1]
    layout = layout_of("How far the optimum would move without one trial", height=90 + 34 * max(len(told), 2))
    if not told:
        return _nothing(layout, "Without any one of the trials the optimum would be the same.")
    furthest = max(each["moved"] for each in told)
    layout["xaxis"] = {"title": {"text": "Lengthscales"}, "range": [0, furthest * 1.18], "zeroline": False}
    layout["yaxis"] = {"automargin": True, "ticks": "", "showgrid": False}
    texts = [f"without {shown(each['called'])}: {each['expected']:.4g} expected there" for each in told]
    bars = {
        "type": "bar",
        "orientation": "h",
        "marker": {"color": BLUE},
        "showlegend": False,
        "hovertext": texts,
        "x": [each["moved"] for each in told],
        "y": [words(each["called"]) for each in told],
        "text": [f"{each['moved']:.2g}" for each in told],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    return {"data": [bars], "layout": layout | {"bargap": 0.35}}


def _first(view: Json) -> tuple[Json, str]:
    """The first outcome that is wanted, and its unit."""
    wanted = view["campaign"]["objectives"][0]["outcome"]
    outcomes = view["insight"]["outcomes"]
    of = next((each for each in outcomes if each["outcome"] == wanted), outcomes[0])
    return of, of["unit"]


def _nothing(layout: Json, text: str) -> Json:
    note = {"text": text, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}
    hidden = {"visible": False}
    return {"data": [], "layout": layout | {"height": 220, "xaxis": hidden, "yaxis": hidden, "annotations": [note]}}


INSIGHT_FIGURES: Mapping[str, Callable[[Json], Json]] = {
    "slices": slices,
    "calibration": calibration,
    "leverage": leverage,
}
"""By name, as in the figures of `GET /api/v1/campaigns/{key}/insight`."""
