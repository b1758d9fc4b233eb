"""The chart of who did what when."""

import copy
from typing import Any

import plotly.graph_objects as go

from labd.reports.gantt import IDLE, gantt, gantt_text
from labd.reports.sheet import sheet

Json = dict[str, Any]
DAY = "2026-01-05T"


def bar(instrument: str, step: str, begin: str, end: str, status: str = "done") -> Json:
    times = {"begin": f"{DAY}{begin}+00:00", "end": f"{DAY}{end}+00:00"}
    return {"instrument": instrument, "campaign": "mixing", "run": "C.1.1", "step": step, "status": status, **times}


def view(*bars: Json) -> Json:
    whole = {"from": f"{DAY}08:00:00+00:00", "to": f"{DAY}10:00:00+00:00"}
    return {**whole, "instruments": ["mixer", "meter"], "bars": list(bars)}


def test_each_bar_stands_in_its_row_from_its_beginning_to_its_end() -> None:
    given = view(bar("mixer", "mix", "08:00:00", "08:30:00"), bar("meter", "read", "08:30:00", "09:00:00", "running"))
    before = copy.deepcopy(given)
    figure = gantt(given)
    go.Figure(figure)  # raises where plotly does not know a key
    assert given == before
    mix, read = figure["data"]
    assert (mix["y"], mix["base"], mix["x"]) == (["mixer"], [f"{DAY}08:00:00+00:00"], [30 * 60 * 1000])
    assert mix["marker"]["pattern"]["shape"] != read["marker"]["pattern"]["shape"]
    assert "(running)" in read["text"][0]
    assert figure["layout"]["yaxis"]["categoryarray"] == ["meter", "mixer"]


def test_bars_that_nobody_could_tell_apart_are_one() -> None:
    close = [bar("mixer", "mix", f"08:00:0{second}", f"08:00:0{second + 1}") for second in range(5)]
    figure = gantt(view(*close, bar("mixer", "mix", "09:00:00", "09:10:00")))
    assert figure["data"][0]["x"] == [5000, 600_000]
    assert "5 times" in figure["data"][0]["text"][0]


def test_a_step_has_one_colour_and_one_entry_in_the_legend() -> None:
    figure = gantt(
        view(bar("mixer", "mix", "08:00:00", "08:30:00"), bar("mixer", "mix", "09:00:00", "09:30:00", "held"))
    )
    assert [each["showlegend"] for each in figure["data"]] == [True, False]
    assert len({each["marker"]["color"] for each in figure["data"]}) == 1


def test_as_text_it_is_as_wide_as_it_may_be() -> None:
    given = view(bar("mixer", "mix", "08:00:00", "09:00:00"), bar("meter", "read", "09:00:00", "10:00:00"))
    lines = list(gantt_text(given, 27))
    assert lines == ["mixer  " + 10 * "A" + 10 * IDLE, "meter  " + 10 * IDLE + 10 * "B", "A mix  B read"]


def test_a_sheet_shows_text_as_it_is() -> None:
    page = sheet("<b>", "a & b", gantt(view()), {"T": (["<i>"], [["</script>"]]), "empty": (["x"], [])})
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    assert "<i>" not in page.partition("<script")[0]
    assert "empty" not in page.partition("<script")[0]
