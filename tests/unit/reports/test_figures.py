"""Figures say what the trials say, are valid for plotly, and show text literally."""

import copy
import json
from typing import Any

import plotly.graph_objects as go
import pytest

from labd.reports.figures import FIGURES, importance, parameters, pareto, trace

Json = dict[str, Any]


def row(number: int, mean: float | None, **changes: Any) -> Json:
    """A trial; without a mean it failed."""
    outcomes = None if mean is None else {"yield": {"mean": mean, "standard_error": 0.5}}
    return {
        "number": number,
        "id": f"C.{number}",
        "status": "failed" if mean is None else "observed",
        "parameters": {"temperature": 40.0 + number, "ligand": "XPhos" if number % 2 else "SPhos"},
        "method": "sobol" if number < 3 else "gp-logei",
        "reason": "",
        "predicted": {} if number < 3 else {"yield": {"mean": 50.0, "deviation": 4.0}},
        "exploration": None,
        "importance": {} if number < 3 else {"temperature": 0.7, "ligand": 0.3},
        "outcomes": outcomes,
        "note": "" if outcomes else "a leak",
        "runs": 1,
        "suggested": "2026-01-05T08:00:00+00:00",
        "ended": "2026-01-05T09:00:00+00:00",
        "version": number,
        "steps": [],
    } | changes


def view(*rows: Json, told: list[Json] | None = None, goal: str = "maximise", status: str = "running") -> Json:
    """A campaign of two parameters and one outcome."""
    return {
        "campaign": {
            "id": "C",
            "name": "suzuki",
            "status": status,
            "parameters": [
                {"name": "temperature", "kind": "continuous", "unit": "degC", "low": 30, "high": 90},
                {"name": "ligand", "kind": "categorical", "unit": "", "options": ["XPhos", "SPhos"]},
            ],
            "outcomes": {"yield": {"unit": "percent", "low": 0, "high": 100}},
            "objectives": [{"outcome": "yield", "goal": goal, "weight": 1.0, "target": 90.0}],
        },
        "trials": list(rows),
        "told": told or [],
    }


FIVE = (row(1, 20.0), row(2, 60.0), row(3, 40.0), row(4, None), row(5, 70.0))


def named(figure: Json, name: str) -> Json:
    """The one trace of that name."""
    found: list[Json] = [each for each in figure["data"] if each["name"] == name]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("rows", [(), FIVE[:1], FIVE], ids=["empty", "one", "five"])
@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_is_plotly_and_json_and_leaves_the_view_alone(name: str, rows: tuple[Json, ...]) -> None:
    seen = view(*rows)
    seen["campaign"]["outcomes"]["purity"] = {"unit": "", "low": None, "high": None}
    before = copy.deepcopy(seen)
    figure = FIGURES[name](seen)
    assert seen == before
    go.Figure(json.loads(json.dumps(figure, allow_nan=False)))
    assert figure["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"


@pytest.mark.parametrize(
    ("goal", "steps"),
    [("maximise", [20, 60, 60, 70]), ("minimise", [20, 20, 20, 20]), ("match", [20, 60, 60, 70])],
)
def test_the_best_so_far_follows_the_goal(goal: str, steps: list[float]) -> None:
    best = named(trace(view(*FIVE, goal=goal)), "best so far")
    assert (best["x"], best["y"]) == ([1, 2, 3, 5], steps)


@pytest.mark.parametrize("goal", ["level", "map"])
def test_where_an_outcome_is_only_to_be_known_none_is_best(goal: str) -> None:
    assert not [each for each in trace(view(*FIVE, goal=goal))["data"] if each.get("name") == "best so far"]


def test_the_order_of_arrival_does_not_matter() -> None:
    assert trace(view(*reversed(FIVE)))["data"] == trace(view(*FIVE))["data"]


def test_what_was_expected_is_two_deviations_wide_and_stays_within_the_possible() -> None:
    sure = row(3, 40.0)
    doubtful = row(5, 99.0, predicted={"yield": {"mean": 98.0, "deviation": 4.0}})
    band = named(trace(view(sure, doubtful)), "expected ± 2σ")
    assert band["base"] == [42.0, 90.0]
    assert band["y"] == [16.0, 10.0]


def test_a_failed_trial_stands_at_the_foot_with_its_reason() -> None:
    failed = named(trace(view(*FIVE)), "failed")
    assert failed["x"] == [4]
    assert failed["yaxis"] == "y2"
    assert failed["text"] == ["trial 4 failed: a leak"]


def test_methods_differ_in_colour_and_in_symbol() -> None:
    figure = trace(view(*FIVE))
    first, model = named(figure, "first look (Sobol)")["marker"], named(figure, "gp-logei")["marker"]
    assert first["color"] != model["color"]
    assert first["symbol"] != model["symbol"]


def test_what_was_told_by_hand_counts_as_best() -> None:
    told = [{"parameters": {"temperature": 50.0, "ligand": "SPhos"}, "outcomes": {"yield": {"mean": 65.0}}}]
    best = named(trace(view(*FIVE, told=told)), "best so far")
    assert best["y"][0] == 65.0
    assert best["y"][-1] == 70.0
    assert any(each["name"] == "told by hand" for each in parameters(view(told=told))["data"])


def test_axes_carry_names_and_units() -> None:
    layout = parameters(view(*FIVE))["layout"]
    assert layout["xaxis"]["title"]["text"] == "Temperature (°C)"
    assert layout["yaxis"]["title"]["text"] == "Yield (%)"
    assert layout["xaxis2"]["ticktext"] == ["XPhos", "SPhos"]


def test_an_option_keeps_its_trials_near_its_tick_and_apart() -> None:
    data = parameters(view(*FIVE))["data"]
    places = [x for each in data if each["xaxis"] == "x2" for x in each["x"]]
    assert len(places) == len(set(places)) == 4
    assert all(abs(place - round(place)) < 0.2 for place in places)


def test_importance_is_that_of_the_latest_suggestion() -> None:
    newest = row(6, None, status="pending", importance={"temperature": 0.4, "ligand": 0.6})
    (bars,) = importance(view(*FIVE, newest))["data"]
    assert bars["y"] == ["temperature", "ligand"]
    assert bars["x"] == [0.4, 0.6]


def test_the_front_holds_what_nothing_betters() -> None:
    points = [(90, 1), (80, 5), (70, 4), (60, 9)]
    rows = [
        row(
            n, 0.0, outcomes={"yield": {"mean": a, "standard_error": None}, "rate": {"mean": b, "standard_error": None}}
        )
        for n, (a, b) in enumerate(points, 1)
    ]
    seen = view(*rows)
    seen["campaign"]["outcomes"]["rate"] = {"unit": "g/h", "low": None, "high": None}
    seen["campaign"]["objectives"].append({"outcome": "rate", "goal": "maximise", "weight": 1.0, "target": None})
    front = named(pareto(seen), "not bettered")
    assert list(zip(front["x"], front["y"], strict=True)) == [(60, 9), (80, 5), (90, 1)]


def test_one_outcome_has_no_trade_off() -> None:
    assert pareto(view(*FIVE))["data"] == []


def test_an_empty_figure_says_what_to_do() -> None:
    (note,) = trace(view(status="draft"))["layout"]["annotations"]
    assert "labd start suzuki" in note["text"]


def test_text_is_shown_and_not_read() -> None:
    nasty = row(4, None, note="<a href='javascript:x'>click</a>")
    assert "<a" not in json.dumps(trace(view(*FIVE[:3], nasty)))
