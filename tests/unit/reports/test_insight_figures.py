"""Figures of what the model believes say what it says, and are valid for plotly."""

import copy
import json
from typing import Any

import plotly.graph_objects as go
import pytest

from labd.reports.insight_figures import INSIGHT_FIGURES, calibration, leverage, slices

Json = dict[str, Any]


def prediction(mean: float, deviation: float = 2.0) -> Json:
    return {"mean": mean, "deviation": deviation}


def score(trial: str, expected: float, measured: float) -> Json:
    z = (measured - expected) / 2
    return {"trial": trial, "called": f"trial {trial}", "expected": prediction(expected), "measured": measured, "z": z}


def view(**changes: Any) -> Json:
    """Of two parameters and one outcome."""
    outcome = {
        "outcome": "yield",
        "unit": "percent",
        "slices": [
            {"parameter": "temperature", "values": [30, 60, 90], "expected": [prediction(each) for each in (1, 5, 3)]},
            {"parameter": "ligand", "values": ["<XPhos>", "SPhos"], "expected": [prediction(4), prediction(2)]},
        ],
        "leverage": [
            {"trial": "C.3", "called": "trial 3", "parameters": {}, "expected": 4.0, "moved": 1.5, "change": -1.0},
            {"trial": "C.4", "called": "trial 4", "parameters": {}, "expected": 5.0, "moved": 0.0, "change": 0.0},
        ],
        "calibration": {"scores": [score("7", 10, 11), score("8", 10, 20)]},
    }
    return {
        "campaign": {
            "parameters": [
                {"name": "temperature", "kind": "continuous", "unit": "degC", "low": 30, "high": 90},
                {"name": "ligand", "kind": "categorical", "unit": "", "options": ["<XPhos>", "SPhos"]},
            ],
            "objectives": [{"outcome": "yield", "goal": "maximise"}],
        },
        "insight": {"outcomes": [outcome | changes]},
    }


EMPTY: Json = {"leverage": [], "calibration": None}


@pytest.mark.parametrize("changes", [{}, EMPTY], ids=["full", "empty"])
@pytest.mark.parametrize("name", INSIGHT_FIGURES)
def test_each_figure_is_plotly_and_json_and_leaves_the_view_alone(name: str, changes: Json) -> None:
    seen = view(**changes)
    before = copy.deepcopy(seen)
    figure = INSIGHT_FIGURES[name](seen)
    assert seen == before
    go.Figure(json.loads(json.dumps(figure, allow_nan=False)))
    assert figure["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"


def test_a_slice_is_a_line_in_its_band_and_options_stand_side_by_side() -> None:
    figure = slices(view())
    band, line, options = figure["data"]
    assert band["y"] == [5, 9, 7, -1, 1, -3]
    assert (line["x"], line["y"]) == ([30, 60, 90], [1, 5, 3])
    assert (options["x"], options["error_y"]["array"]) == ([0, 1], [4, 4])
    assert options["text"][0].startswith("&lt;XPhos&gt;")
    assert figure["layout"]["meta"] == {"panels": 2}


def test_a_result_outside_its_interval_has_a_sign_of_its_own() -> None:
    _, within, outside = calibration(view())["data"]
    assert (within["x"], within["y"]) == ([10], [11])
    assert (outside["name"], outside["y"], outside["marker"]["symbol"]) == ("outside", [20], "x")
    assert within["error_x"]["array"] == [pytest.approx(3.92, abs=0.01)]


def test_only_trials_that_move_the_optimum_have_a_bar() -> None:
    (bars,) = leverage(view())["data"]
    assert (bars["y"], bars["x"]) == (["trial 3"], [1.5])
    assert "the optimum would be the same" in leverage(view(**EMPTY))["layout"]["annotations"][0]["text"]
