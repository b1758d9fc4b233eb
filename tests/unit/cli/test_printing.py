"""How things look on a terminal."""

from labd.cli.client import Finding
from labd.cli.overview import status_lines
from labd.cli.printing import finding_lines, number, pairs

NOTHING: dict[str, list[object]] = {
    each: [] for each in ("campaigns", "instruments", "steps", "questions", "approvals", "interlocks", "needs")
}


def test_numbers_are_short_and_nothing_is_nothing() -> None:
    assert [number(each) for each in (71.23456, 3, "P1-L3", None)] == ["71.23", "3", "P1-L3", ""]
    assert pairs({"heat": 95.04, "ligand": "L3"}, {"heat": "degC"}) == "heat 95.04 degC, ligand L3"


def test_a_finding_reads_as_a_compiler_writes_it() -> None:
    error = Finding("a.yaml", 3, 5, "steps", "There is no step wsh.", "Write wash.", "error")
    warning = error._replace(line=None, column=None, severity="warning")
    assert list(finding_lines([error, warning])) == [
        "a.yaml:3:5: There is no step wsh. Write wash.",
        "a.yaml: warning: There is no step wsh. Write wash.",
    ]


def test_an_empty_laboratory_says_what_to_do() -> None:
    laboratory = {
        "title": "", "release": "1", "epoch": 1, "linked": False, "broker": "", "trouble": "", "quarantined": 0,
        "repeats": 2, "time": "2026-01-05T08:00:00+00:00",
    }  # fmt: skip
    clear = {"status": "clear"}
    empty = {**NOTHING, "laboratory": laboratory, "stop": clear}
    text = "\n".join(status_lines(empty, "http://127.0.0.1:8321"))
    assert "NO LINK" in text
    assert "labd load FILE" in text
    assert "2 reports came again, counted and ignored." in text
    assert "Needs a person" not in text


def test_a_stop_is_the_first_line_and_says_how_it_ends() -> None:
    stop = {
        "status": "stopped",
        "pressed": {"by": "ada", "reason": "smoke", "at": "2026-01-05T08:00:00+00:00"},
        "answers": {"pump": "obeyed", "oven": "offline"},
    }
    laboratory = {
        "title": "", "release": "1", "epoch": 1, "linked": True, "broker": "", "trouble": "", "quarantined": 0,
        "repeats": 0,
        "time": "2026-01-05T08:00:00+00:00",
    }  # fmt: skip
    now = {**NOTHING, "laboratory": laboratory, "stop": stop}
    first, owing, *_ = status_lines(now, "http://127.0.0.1:8321")
    assert first.startswith("STOPPED by ada at ")
    assert "smoke" in first
    assert "labd release --reason" in first
    assert "oven (offline)" in owing
    assert "pump" not in owing
