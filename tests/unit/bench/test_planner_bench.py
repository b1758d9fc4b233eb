"""The benchmark's own arithmetic, and one small run of it from end to end."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.bench.planner.cases import Box, Case, Laboratory, Point, with_worst
from tests.bench.planner.library import cases
from tests.bench.planner.peers import ADAPTERS, PEERS
from tests.bench.planner.play import Run, nearest_free, play
from tests.bench.planner.report import beside, figures, table, verdicts
from tests.bench.planner.results import RECORDED, read
from tests.bench.planner.scoring import Trace, hypervolume, regrets, trace, until

ROOT = Path(__file__).parents[3]


def _points(case: Case, count: int) -> list[dict[str, float | str]]:
    points = [case.point(unit) for unit in np.random.default_rng(3).random((count, len(case.parameters)))]
    return [each | {case.fidelity: case.full} for each in points] if case.fidelity else points


@pytest.mark.parametrize("case", cases().values(), ids=lambda case: case.name)
def test_no_point_is_better_than_the_optimum_and_half_are_worse_than_the_middle(case: Case) -> None:
    if case.pool is not None:
        return  # its scale is exact
    values = [trace(case, [point])[0] for point in _points(case, 400)]
    known = [value for value in values if value is not None]
    assert max(known) <= case.optimum + 1e-9
    if case.reference is None:
        assert 0.35 < np.mean([value < case.middle for value in known]) < 0.65


@pytest.mark.parametrize("case", cases().values(), ids=lambda case: case.name)
def test_every_planner_is_given_the_same_first_points_and_the_same_chance(case: Case) -> None:
    for seed in (0, 1):
        first, again = (
            [laboratory.measure(point) for point in case.first(seed)]
            for laboratory in (Laboratory(case, seed), Laboratory(case, seed))
        )
        assert first == again
        assert len({case.key(each.point) for each in first}) == case.initial
    if case.mixture:
        assert all(sum(map(float, point.values())) == pytest.approx(1) for point in case.first(0))


def test_what_counts_is_the_truth_that_keeps_its_limit_gave_a_result_and_was_measured_at_full_fidelity() -> None:
    every = cases()
    limited, fidelity, failing = every["limited4"], every["fidelity4"], every["failing4"]
    for point, found in zip(
        _points(limited, 50), (trace(limited, [each])[0] for each in _points(limited, 50)), strict=True
    ):
        assert (found is None) == (limited.truth(point)["c"] > 0)
    cheap = _points(fidelity, 1)[0] | {"s": 0.2}
    assert trace(fidelity, [cheap]) == [None]
    assert fidelity.costs(cheap) == 0.2
    lost = next(point for point in _points(failing, 50) if failing.has_failed(point))
    assert trace(failing, [lost]) == [None]
    assert Laboratory(failing, 0).measure(lost).failed


def test_a_failed_trial_counts_as_the_worst_where_a_planner_knows_no_failures() -> None:
    failing = cases()["failing4"]
    tried = [Laboratory(failing, 0).measure(point) for point in _points(failing, 40)]
    known = [each.measured["y"] for each in tried if not each.failed]
    told = with_worst(tried)
    assert [each.measured["y"] for each, was in zip(told, tried, strict=True) if was.failed] == [min(known)] * (
        40 - len(known)
    )


def test_regret_goes_by_what_was_spent() -> None:
    assert regrets([None, 2.0, 3.0], [0.5, 1.0, 3.0], 4.0, 0.0, 4) == [0.5, 0.5, 0.25, 0.25]
    assert until([1.0, 0.4, 0.1, 0.0]) == 3
    assert until([1.0, 0.4]) == 3


def test_hypervolume_is_the_area_of_the_stairs() -> None:
    assert hypervolume([(1.0, 3.0), (3.0, 1.0), (2.0, 2.0), (-1.0, 9.0)], (0.0, 0.0)) == 3 + 2 + 1


def test_the_nearest_free_row_stands_in_for_what_is_not_in_the_pool() -> None:
    pool: tuple[Point, ...] = tuple({"x0": float(x)} for x in range(4))
    case = Case("rows", (Box("x0", 0.0, 3.0),), lambda point: {"y": float(point["x0"])}, pool=pool)
    tried = [Laboratory(case, 0).measure(pool[2])]
    assert nearest_free(case, {"x0": 1.9}, tried) == {"x0": 1.0}
    assert nearest_free(case, pool[3], tried) is pool[3]


def _run(planner: str, seed: int, last: float) -> Run:
    found: Trace = [0.1] * 39
    return Run("syn_hartmann6", planner, "", seed, [*found, last], [0.1] * 33)


def test_labd_is_compared_on_what_both_have() -> None:
    runs = [_run("labd", 0, 3.0), _run("labd", 1, 3.1), _run("ax", 0, 2.0), _run("ax", 1, 2.0), _run("ax", 2, 0.2)]
    found = table(runs, {name: cases()[name] for name in ("syn_hartmann6", "transfer_related")})
    line = beside(found, "ax")
    assert (line["problems"], line["runs"]) == (1, 2)
    assert 0 < line["ratio_40"] < 1 == line["ratio_20"]
    assert verdicts(found)["syn_hartmann6"]["40"].startswith("better")
    assert figures(found)["transfer_related"]["ax"] == figures(found)["syn_hartmann6"]["ax"]  # it takes no notice
    assert "labd" not in figures(found)["transfer_related"]


def test_what_is_recorded_can_be_read_and_begins_with_the_shared_points() -> None:
    runs = [run for name in PEERS for run in read(RECORDED / f"{name}.jsonl")]
    assert runs
    for run in runs:
        assert run.version
        case = cases().get(run.problem)
        if case is not None:
            first = trace(case, case.first(run.seed))
            for told, is_so in zip(run.trace, first, strict=False):
                assert told == (None if is_so is None else pytest.approx(is_so, rel=1e-5))


class _Broken:
    def __init__(self, case: Case, seed: int) -> None: ...

    @staticmethod
    def supports(case: Case) -> bool:
        return True

    def ask(self, history: object) -> dict[str, float | str]:
        raise RuntimeError("no idea")


def test_a_planner_that_fails_is_a_finding() -> None:
    run = play(cases()["syn_levy5"], "broken", _Broken, 0, "", 10)
    assert run.error == "RuntimeError: no idea"
    assert len(run.trace) == 6


def test_a_small_run_from_end_to_end(tmp_path: Path) -> None:
    command = ["-m", "tests.bench", "planner", "--problems", "failing4", "--seeds", "1", "--budget", "7"]
    done = subprocess.run(
        [sys.executable, *command, "--planners", "labd,random", "--results", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])["problems"]["failing4"]
    assert set(told["labd"]) == {"regret_20", "regret_40", "n_to_90", "cpu_s_per_ask", "seeds"}
    assert set(told) >= {"labd", "random"}
    assert set(ADAPTERS) >= set(told)
    assert "| failing4 |" in done.stderr
