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


def test_what_planning_took_is_said_of_each_campaign() -> None:
    laboratory = {
        "title": "", "release": "1", "epoch": 1, "linked": True, "broker": "", "trouble": "", "quarantined": 0,
        "repeats": 0,
        "time": "2026-01-05T08:00:00+00:00",
    }  # fmt: skip
    campaign = {
        "name": "mixing", "status": "running", "note": "", "trials": 2, "budget": 9, "observed": 2, "failed": 0,
        "open": 0, "created": laboratory["time"], "started": None, "ended": None, "planning": False,
        "failing": [], "best": None,
        "objective": {"outcome": "signal"},
    }  # fmt: skip
    efforts: list[dict[str, object]] = [
        {"cpu_s": 12.345, "device": "cpu", "gpu_s": 0.0, "energy_j": None},
        {"cpu_s": 1.0, "device": "cuda", "gpu_s": 2.5, "energy_j": 310.2},
        {"cpu_s": 0.0, "device": "", "gpu_s": 0.0, "energy_j": None},
    ]
    now = {**NOTHING, "laboratory": laboratory, "stop": {"status": "clear"}}
    now["campaigns"] = [{**campaign, "effort": effort} for effort in efforts]
    said = [line.strip() for line in status_lines(now, "http://127.0.0.1:8321") if "planning took" in line]
    assert said == [
        "planning took 12.3 s of a processor",
        "planning took 1 s of a processor, 2.5 s of the GPU, 310 J on it",
    ]


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
