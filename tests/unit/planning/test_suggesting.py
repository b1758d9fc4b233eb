"""What every answer of the planner must be, whatever the problem and its history."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Categorical,
    Continuous,
    Discrete,
    Goal,
    Integer,
    Measurement,
    Objective,
    Observation,
    Parameter,
    Parameters,
    PlannerSettings,
    Problem,
    Scalar,
    Suggestion,
)
from labd.planning import suggest
from labd.planning.spaces.space import Space

QUICK = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def continuous(name: str) -> st.SearchStrategy[Parameter]:
    def build(low: float, width: float, scale: float, log: bool) -> Parameter:
        if log:
            return Continuous(name=name, low=scale, high=scale * (1 + width), log=True)
        return Continuous(name=name, low=low * scale, high=(low + width) * scale)

    scales = st.sampled_from([1e-30, 1e-3, 1.0, 1e5, 1e30])
    return st.builds(build, st.floats(-5, 5), st.floats(0.01, 1000), scales, st.booleans())


def integer(name: str) -> st.SearchStrategy[Parameter]:
    widths = st.sampled_from([1, 2, 7, 999, 1000, 10**6, 10**12])
    return st.builds(lambda low, width: Integer(name=name, low=low, high=low + width), st.integers(-50, 50), widths)


def discrete(name: str) -> st.SearchStrategy[Parameter]:
    values = st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=6, unique=True).map(sorted)
    return values.map(lambda found: Discrete(name=name, values=tuple(value / 16 for value in found)))


def categorical(name: str) -> st.SearchStrategy[Parameter]:
    return st.integers(1, 5).map(lambda count: Categorical(name=name, options=tuple("abcde"[:count])))


@st.composite
def parameters(draw: st.DrawFn) -> tuple[Parameter, ...]:
    kinds = draw(st.lists(st.sampled_from([continuous, integer, discrete, categorical]), min_size=1, max_size=4))
    return tuple(draw(kind(f"p{i}")) for i, kind in enumerate(kinds))


@st.composite
def questions(draw: st.DrawFn) -> tuple[Problem, list[Observation], list[Parameters], int, int]:
    """A problem, perhaps with a pool, and a history in it: failures, repeats, missing outcomes, every scale."""
    chosen = draw(parameters())
    chance = np.random.default_rng(draw(st.integers(0, 2**20)))
    space = Space(Problem(parameters=chosen, objectives=(Objective(outcome="y"),)))

    def points(count: int) -> list[dict[str, Scalar]]:
        return [space.parameters(row) for row in space.spread(chance.random((count, len(chosen))))]

    pool = tuple(points(draw(st.integers(1, 12)))) if draw(st.booleans()) else None
    goals = draw(st.lists(st.sampled_from((Goal.MAXIMISE, Goal.MINIMISE)), min_size=1, max_size=2))
    problem = Problem(
        parameters=chosen,
        objectives=tuple(Objective(outcome=f"y{i}", goal=goal, weight=i + 1) for i, goal in enumerate(goals)),
        pool=pool,
        settings=PlannerSettings(initial=draw(st.none() | st.integers(1, 4))),
    )
    pick = (
        points if pool is None else (lambda count: [dict(pool[int(chance.integers(len(pool)))]) for _ in range(count)])
    )
    scale, constant = draw(st.sampled_from([1e-30, 1.0, 1e30])), draw(st.booleans())
    history = [
        _observation(
            i, point, len(goals), draw(st.sampled_from(["known", "known", "noisy", "failed", "missing"])), value
        )
        for i, (point, value) in enumerate(
            (point, scale * (3.0 if constant else chance.normal())) for point in pick(draw(st.integers(0, 12)))
        )
    ]
    pending: list[Parameters] = [*pick(draw(st.integers(0, 3)))]
    return problem, history, pending, draw(st.integers(0, 3)), draw(st.integers(0, 2**31 - 1))


def _observation(i: int, point: dict[str, Scalar], outcomes: int, kind: str, value: float) -> Observation:
    if kind in ("failed", "missing"):
        return Observation(trial=str(i), parameters=point, failed=kind == "failed")
    error = abs(value) / 10 if kind == "noisy" else None
    measured = {f"y{k}": Measurement(mean=value * (k + 1), standard_error=error) for k in range(outcomes)}
    return Observation(trial=str(i), parameters=point, outcomes=measured)


def allowed(problem: Problem, point: Parameters) -> bool:
    if problem.pool is not None:
        return point in problem.pool
    if list(point) != [each.name for each in problem.parameters]:
        return False
    return all(_allowed_value(each, point[each.name]) for each in problem.parameters)


def _allowed_value(parameter: Parameter, value: Scalar) -> bool:
    match parameter:
        case Continuous():
            return isinstance(value, float) and parameter.low <= value <= parameter.high
        case Integer():
            return isinstance(value, int) and parameter.low <= value <= parameter.high
        case Discrete():
            return value in parameter.values
        case Categorical():
            return value in parameter.options


@QUICK
@given(questions())
def test_an_answer_is_allowed_new_explained_and_the_same_again(
    question: tuple[Problem, list[Observation], list[Parameters], int, int],
) -> None:
    problem, history, pending, n, seed = question
    made = suggest(problem, history, pending, n, seed)
    assert suggest(problem, history, pending, n, seed) == made
    taken = [dict(each.parameters) for each in history] + [dict(each) for each in pending]
    for each in made:
        assert allowed(problem, each.parameters)
        assert each.parameters not in taken
        taken.append(each.parameters)
        explained(problem, each)
    space = Space(problem)
    free = None if space.table is None else len({row.tobytes() for row in space.rows(_all_points(space))})
    if free is None:
        assert len(made) == n or space.count is not None
    else:
        left = free - len({row.tobytes() for row in space.rows([*[o.parameters for o in history], *pending])})
        assert len(made) == min(n, left)


def _all_points(space: Space) -> Sequence[Parameters]:
    assert space.table is not None
    return space.pool if space.pool is not None else [space.parameters(row) for row in space.table]


def explained(problem: Problem, made: Suggestion) -> None:
    assert made.reason.endswith(".")
    if made.method == "sobol":
        assert not made.predicted
        return
    assert set(made.predicted) == {objective.outcome for objective in problem.objectives}
    assert made.acquisition is not None
    assert math.isfinite(made.acquisition)
    assert made.exploration is not None
    assert set(made.importance) == {each.name for each in problem.parameters}
    assert sum(made.importance.values()) == pytest.approx(1)


# --- by example


def box(d: int, **more: object) -> Problem:
    axes = tuple(Continuous(name=f"x{i}", low=0, high=1) for i in range(d))
    return Problem(parameters=axes, objectives=(Objective(outcome="y"),)).model_copy(update=more)


def told(problem: Problem, points: Sequence[Parameters], function: Callable[[Parameters], float]) -> list[Observation]:
    return [
        Observation(trial=str(i), parameters=dict(point), outcomes={"y": Measurement(mean=function(point))})
        for i, point in enumerate(points)
    ]


def number(value: Scalar) -> float:
    assert not isinstance(value, str)
    return float(value)


def hill(point: Parameters) -> float:
    return -sum((number(value) - 0.3) ** 2 for value in point.values())


def grid(problem: Problem, count: int, seed: int = 0) -> list[dict[str, Scalar]]:
    space = Space(problem)
    return [space.parameters(row) for row in space.sobol(count, seed)]


def test_the_start_fills_the_space_and_counts_what_is_pending() -> None:
    problem = box(2)
    start = suggest(problem, [], [], 4, 1)
    assert [each.method for each in start] == ["sobol"] * 4
    points = np.array([[number(v) for v in each.parameters.values()] for each in start])
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)[np.triu_indices(4, 1)]
    assert apart.min() > 0.25
    observed = told(problem, [start[0].parameters], hill)
    assert suggest(problem, observed, [each.parameters for each in start[1:3]])[0].method == "sobol"
    assert suggest(problem, observed, [each.parameters for each in start[1:]])[0].method == "gp-logei"


def test_no_outcome_yet_means_more_of_the_start() -> None:
    problem = box(2)
    failed = [Observation(trial=str(i), parameters=point, failed=True) for i, point in enumerate(grid(problem, 9))]
    (made,) = suggest(problem, failed)
    assert made.method == "sobol"
    assert "No trial has given " in made.reason


def test_the_model_goes_to_the_hill_and_says_so() -> None:
    problem = box(2)
    (made,) = suggest(problem, told(problem, grid(problem, 14), hill))
    assert hill(made.parameters) > -0.01
    assert made.predicted["y"].mean == pytest.approx(hill(made.parameters), abs=0.02)
    assert made.reason.startswith("Highest expected improvement on -0.")
    assert ", the model's best estimate so far; the model expects " in made.reason


STUCK = [
    ("L0", 527, 76.3, 0.68, 9.85),
    ("L1", 255, 42.0, 1.52, 11.02),
    ("L4", 103, 85.0, 1.69, 5.71),
    ("L6", 297, 101.5, 2.45, 1.87),
    ("L2", 292, 60.9, 2.44, 12.93),
    ("L7", 561, 39.3, 2.07, 6.52),
    ("L7", 347, 88.5, 1.21, 4.39),
    ("L2", 537, 31.2, 1.2, 21.81),
    ("L5", 447, 83.8, 1.88, 6.91),
    ("L5", 385, 40.5, 0.85, 2.41),
    ("L2", 600, 30.0, 0.5, 15.17),
    ("L2", 600, 30.0, 1.54, 21.14),
    ("L2", 419, 30.0, 1.31, 19.23),
    ("L2", 600, 53.6, 1.3, 18.57),
    ("L2", 584, 30.0, 1.29, 22.37),
    ("L2", 542, 30.0, 1.42, 21.68),
    ("L2", 600, 30.0, 1.23, 22.3),
    ("L2", 600, 30.0, 1.28, 22.11),
    ("L2", 600, 30.0, 1.23, 22.26),
    ("L2", 582, 30.0, 1.28, 21.72),
]
"""Ligand, residence time, temperature, loading and yield of a campaign that stayed at its second-best ligand."""


def test_a_decoy_is_left_when_more_of_it_lies_within_the_noise() -> None:
    problem = Problem(
        parameters=(
            Categorical(name="ligand", options=tuple(f"L{i}" for i in range(8))),
            Continuous(name="residence_time", low=60, high=600),
            Continuous(name="temperature", low=30, high=110),
            Continuous(name="loading", low=0.5, high=2.5),
        ),
        objectives=(Objective(outcome="yield"),),
    )
    observed = [
        Observation(
            trial=str(i),
            parameters=dict(zip([each.name for each in problem.parameters], point, strict=True)),
            outcomes={"yield": Measurement(mean=found, standard_error=0.01 * found)},
        )
        for i, (*point, found) in enumerate(STUCK)
    ]
    (made,) = suggest(problem, observed)
    assert made.parameters["ligand"] != "L2"
    assert made.predicted["yield"].deviation > 1


def test_minimising_is_maximising_upside_down() -> None:
    problem = box(2)
    points = grid(problem, 12)
    lower = problem.model_copy(update={"objectives": (Objective(outcome="y", goal=Goal.MINIMISE),)})
    (up,) = suggest(problem, told(problem, points, hill))
    (down,) = suggest(lower, told(lower, points, lambda point: -hill(point)))
    assert down.parameters == up.parameters
    assert down.predicted["y"].mean == pytest.approx(-up.predicted["y"].mean)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_the_unit_of_the_outcome_does_not_matter(scale: float) -> None:
    problem = box(2)
    points = grid(problem, 12)
    (plain,) = suggest(problem, told(problem, points, hill))
    (scaled,) = suggest(problem, told(problem, points, lambda point: scale * hill(point)))
    for name in ("x0", "x1"):
        assert number(scaled.parameters[name]) == pytest.approx(number(plain.parameters[name]), abs=1e-3)
    assert scaled.predicted["y"].deviation == pytest.approx(scale * plain.predicted["y"].deviation, rel=0.05)


def test_what_matters_is_named() -> None:
    problem = box(3)
    (made,) = suggest(problem, told(problem, grid(problem, 20), lambda point: 5 * math.sin(3 * number(point["x1"]))))
    assert made.importance["x1"] > 0.9
    assert "x1 matters most" in made.reason


def test_a_batch_spreads_and_open_trials_are_kept_away_from() -> None:
    problem = box(2)
    observed = told(problem, grid(problem, 12), hill)
    batch = suggest(problem, observed, [], 4, 0)
    alone = suggest(problem, observed, [batch[0].parameters], 1, 0)
    points = np.array([[number(v) for v in each.parameters.values()] for each in batch])
    assert np.linalg.norm(points[:, None] - points[None], axis=2)[np.triu_indices(4, 1)].min() > 1e-3
    assert alone[0].parameters == batch[1].parameters
    assert "1 open trial is taken into account" in alone[0].reason


def test_where_trials_fail_is_avoided() -> None:
    problem = box(2)
    points = grid(problem, 30)

    def uphill(point: Parameters) -> float:
        return number(point["x0"])

    plain = suggest(problem, told(problem, [p for p in points if uphill(p) <= 0.5], uphill))[0]
    history = [
        Observation(trial=each.trial, parameters=each.parameters, failed=True)
        if uphill(each.parameters) > 0.5
        else each
        for each in told(problem, points, uphill)
    ]
    careful = suggest(problem, history)[0]
    assert uphill(plain.parameters) > 0.6
    assert uphill(careful.parameters) < 0.6
    assert careful.method == "gp-logei+feasibility"
    assert "chance that it succeeds" in careful.reason


def test_a_pool_is_emptied_without_repeats_and_then_there_is_no_more() -> None:
    rows = tuple({"x0": round(i / 9, 3), "x1": round(i * 7 % 10 / 9, 3)} for i in range(10))
    problem = box(2, pool=rows)
    observed: list[Observation] = []
    while made := suggest(problem, observed, [], 3, len(observed)):
        observed += told(problem, [each.parameters for each in made], hill)
    assert sorted(each.parameters["x0"] for each in observed) == sorted(row["x0"] for row in rows)


def test_a_pool_row_outside_the_bounds_of_today_is_left_alone() -> None:
    problem = box(1, pool=({"x0": 0.2}, {"x0": 1.7}, {"x0": 0.9}))
    assert [each.parameters["x0"] for each in suggest(problem, [], [], 9)] in ([0.2, 0.9], [0.9, 0.2])


def test_several_objectives_are_weighed_and_it_says_so() -> None:
    problem = box(1, objectives=(Objective(outcome="a", weight=3), Objective(outcome="b", goal=Goal.MINIMISE)))
    observed = [
        Observation(
            trial=str(i),
            parameters=point,
            outcomes={
                "a": Measurement(mean=-((number(point["x0"]) - 0.2) ** 2)),
                "b": Measurement(mean=1000 * (number(point["x0"]) - 0.8) ** 2),
            },
        )
        for i, point in enumerate(grid(problem, 10))
    ]
    (made,) = suggest(problem, observed)
    assert made.method == "gp-logei+weighted-sum"
    assert "weighted sum of a (75 %) and b (25 %)" in made.reason
    assert number(made.parameters["x0"]) == pytest.approx(0.35, abs=0.05)


def test_noisy_measurements_count_less() -> None:
    problem = box(1, settings=PlannerSettings(robust=False))
    observed = told(problem, [{"x0": x / 10} for x in range(11)], hill)
    loud = observed[9].model_copy(update={"outcomes": {"y": Measurement(mean=1.0, standard_error=2.0)}})
    (misled,) = suggest(
        problem, [*observed[:9], observed[9].model_copy(update={"outcomes": {"y": Measurement(mean=1.0)}})]
    )
    (made,) = suggest(problem, [*observed[:9], loud])
    assert number(misled.parameters["x0"]) > 0.7
    assert made.predicted["y"].mean < 0.1


def test_a_point_that_lacks_a_parameter_is_refused() -> None:
    with pytest.raises(InvalidInput, match="x1"):
        suggest(box(2), [], [{"x0": 0.5}])
    with pytest.raises(InvalidInput, match="no number"):
        suggest(box(1), [], [{"x0": "half"}])
