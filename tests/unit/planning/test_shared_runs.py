"""Suggestions come run by run: those of one run share what is per batch."""

import itertools
from collections.abc import Sequence

import pytest

from labd.domain.problem import (
    Categorical,
    Constraint,
    Continuous,
    Discrete,
    Excluded,
    Integer,
    Linear,
    Measurement,
    Objective,
    Observation,
    Parameter,
    PlannerSettings,
    Problem,
    Scalar,
    Suggestion,
)
from labd.planning import suggest

OVEN = Continuous(name="temperature", low=500, high=900, unit="degC", per="batch")
GAS = Categorical(name="gas", options=("air", "argon", "nitrogen"), per="batch")
DWELL = Integer(name="dwell", low=1, high=12, per="batch")
STEPS = Discrete(name="ramp", values=(1, 2, 5), per="batch")
SHARE = Continuous(name="share", low=0, high=1)
REST = Continuous(name="rest", low=0, high=1)
ADDITIVE = Categorical(name="additive", options=("none", "LiF", "MgO"))


def problem(*parameters: Parameter, batch: int = 4, constraints: Sequence[Constraint] = (), **more: object) -> Problem:
    return Problem.model_validate(
        {
            "parameters": parameters,
            "objectives": (Objective(outcome="yield"),),
            "batch": batch,
            "constraints": tuple(constraints),
            "settings": PlannerSettings(initial=6),
            **more,
        }
    )


def observed(made: Sequence[Suggestion]) -> list[Observation]:
    """What was tried, with an outcome that hangs on the numbers."""
    return [
        Observation(
            trial=f"C.{n}",
            parameters=each.parameters,
            outcomes={
                "yield": Measurement(mean=sum(v / 900 for v in each.parameters.values() if not isinstance(v, str)))
            },
        )
        for n, each in enumerate(made, 1)
    ]


def runs(made: Sequence[Suggestion], size: int) -> list[list[dict[str, Scalar]]]:
    points = [each.parameters for each in made]
    return [points[first : first + size] for first in range(0, len(points), size)]


def check_shared(of: Problem, made: Sequence[Suggestion]) -> None:
    """Each run has one value of each parameter per batch, and no point twice."""
    shared = [each.name for each in of.parameters if each.per == "batch"]
    for run in runs(made, of.batch):
        for name in shared:
            assert len({point[name] for point in run}) == 1, name
    points = [tuple(sorted(each.parameters.items())) for each in made]
    assert len(set(points)) == len(points)


SPACES = [
    (OVEN, SHARE),
    (OVEN, GAS, SHARE, ADDITIVE),
    (DWELL, STEPS, ADDITIVE, Integer(name="count", low=1, high=9)),
    (GAS, DWELL, SHARE, REST),
]


@pytest.mark.parametrize("space", SPACES, ids=lambda each: "-".join(it.name for it in each))
def test_the_start_and_the_model_share_what_is_per_batch(space: tuple[Parameter, ...]) -> None:
    of = problem(*space)
    start = suggest(of, [], n=8, seed=1)
    assert {each.method for each in start} == {"sobol"}
    check_shared(of, start)
    later = suggest(of, observed(start), n=6, seed=2)
    assert all(each.method.startswith("gp") for each in later)
    check_shared(of, later)


def test_another_run_may_have_other_values() -> None:
    of = problem(OVEN, SHARE)
    made = suggest(of, [], n=16, seed=1)
    assert len({each.parameters["temperature"] for each in made}) == 4


def test_without_anything_shared_a_batch_changes_nothing() -> None:
    one, many = problem(SHARE, REST, batch=1), problem(SHARE, REST, batch=4)
    assert suggest(one, [], n=8, seed=3) == suggest(many, [], n=8, seed=3)


def test_a_pool_is_gone_through_run_by_run() -> None:
    pool = tuple({"gas": gas, "share": share / 5} for gas, share in itertools.product(GAS.options, range(6)))
    of = problem(GAS, SHARE, pool=pool, batch=4)
    made = suggest(of, [], n=18, seed=1)
    assert sorted(map(str, (each.parameters for each in made))) == sorted(map(str, pool)), "down to the last point"
    changes = [one.parameters["gas"] != two.parameters["gas"] for one, two in itertools.pairwise(made)]
    assert sum(changes) <= 6, "of each gas a run of four and one of two"


def test_sums_and_excluded_values_are_kept_within_a_run() -> None:
    mixture = Linear(weights={"share": 1, "rest": 1}, low=1, high=1)
    never = Excluded(values={"gas": ("air",), "additive": ("LiF",)})
    of = problem(GAS, SHARE, REST, ADDITIVE, constraints=(mixture, never))
    start = suggest(of, [], n=8, seed=1)
    later = suggest(of, observed(start), n=3, seed=2)
    for made in (start, later):
        check_shared(of, made)
        for point in (each.parameters for each in made):
            assert float(point["share"]) + float(point["rest"]) == pytest.approx(1, abs=1e-5)
            assert (point["gas"], point["additive"]) != ("air", "LiF")
