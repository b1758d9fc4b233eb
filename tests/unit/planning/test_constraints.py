"""What every suggestion must keep: compositions, sums, pairs that exclude one another, parameters with a condition."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Categorical,
    Condition,
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
    Parameters,
    PlannerSettings,
    Problem,
)
from labd.planning import suggest
from labd.planning.spaces.space import Space
from labd.protocols.admission import admits

Truth = Callable[[Parameters], float]


def share(name: str, low: float = 0, high: float = 1) -> Continuous:
    return Continuous(name=name, low=low, high=high)


def problem(parameters: tuple[Parameter, ...], *constraints: Constraint, initial: int = 4) -> Problem:
    return Problem(
        parameters=parameters,
        objectives=(Objective(outcome="gain"),),
        constraints=constraints,
        settings=PlannerSettings(initial=initial),
    )


def campaign(asked: Problem, truth: Truth, trials: int, seed: int = 3) -> list[Observation]:
    """So many trials, one after the other; every suggestion may be tried."""
    seen: list[Observation] = []
    for number in range(trials):
        made = suggest(asked, seen, n=1, seed=seed + number)
        if not made:
            break
        (point,) = made
        admits(asked, point.parameters)
        outcomes = {"gain": Measurement(mean=truth(point.parameters))}
        seen.append(Observation(trial=str(number), parameters=point.parameters, outcomes=outcomes))
    return seen


SIMPLEX = (share("ec"), share("dmc"), share("emc", 0.1, 0.7))
WHOLE = Linear(weights={"ec": 1, "dmc": 1, "emc": 1}, low=1, high=1)


def test_a_composition_is_whole_and_its_best_is_found() -> None:
    def gain(at: Parameters) -> float:
        return -((float(at["ec"]) - 0.3) ** 2) - (float(at["dmc"]) - 0.5) ** 2

    seen = campaign(problem(SIMPLEX, WHOLE), gain, 16)
    for each in seen:
        assert math.fsum(float(each.parameters[name]) for name in ("ec", "dmc", "emc")) == pytest.approx(1, abs=1e-5)
    assert max(each.outcomes["gain"].mean for each in seen) > -0.002


def test_the_start_is_spread_evenly_over_a_composition() -> None:
    rows = Space(problem(SIMPLEX, WHOLE)).sobol(2000, seed=1)
    assert len(rows) > 1900
    ec = rows[:, 0]
    assert np.mean(ec < 1e-6) < 0.02, "not heaped at its edge"
    assert 0.2 < np.mean(ec) < 0.4


def test_sums_with_room_and_whole_numbers_in_them() -> None:
    parameters = (share("a", 0, 10), Integer(name="cycles", low=1, high=8), Discrete(name="b", values=(1, 2, 4)))
    asked = problem(parameters, Linear(weights={"a": 2, "cycles": 1}, high=12), Linear(weights={"a": 1, "b": 1}, low=3))
    seen = campaign(asked, lambda at: float(at["a"]) + float(at["cycles"]), 10)
    assert max(each.outcomes["gain"].mean for each in seen) > 9, "8 cycles leave 2 for a; 5.5 leaves one cycle"


def test_excluded_pairs_are_never_tried_in_a_finite_space_and_in_an_open_one() -> None:
    base = Categorical(name="base", options=("koh", "tea", "none"))
    solvent = Categorical(name="solvent", options=("water", "dmf"))
    never = Excluded(values={"base": ("koh", "tea"), "solvent": ("dmf",)})
    finite = campaign(problem((base, solvent), never), lambda _: 1.0, 10)
    assert len(finite) == 4, "all that may be tried, and no more"
    open_space = campaign(problem((base, solvent, share("x")), never), lambda at: float(at["solvent"] == "dmf"), 9)
    assert any(each.parameters["solvent"] == "dmf" for each in open_space)


def test_a_parameter_is_at_its_lowest_where_it_means_nothing() -> None:
    parameters = (
        Categorical(name="additive", options=("none", "lif", "mgo")),
        Continuous(name="amount", low=0.5, high=5, when=Condition(parameter="additive", values=("lif", "mgo"))),
    )
    asked = problem(parameters)
    seen = campaign(asked, lambda at: float(at["amount"]) if at["additive"] == "mgo" else 0.0, 12)
    without = [each.parameters["amount"] for each in seen if each.parameters["additive"] == "none"]
    assert without == [0.5], "the same experiment is not done twice"
    assert max(each.outcomes["gain"].mean for each in seen) > 4.9


def test_a_pool_is_held_to_them_too() -> None:
    pool = tuple({"ec": a / 4, "dmc": b / 4, "emc": 0.5} for a in range(5) for b in range(5))
    asked = problem(SIMPLEX, WHOLE).model_copy(update={"pool": pool})
    assert len(campaign(asked, lambda _: 1.0, 9)) == 3, "a + b = 2 quarters"


def test_it_is_said_that_nothing_may_be_tried() -> None:
    asked = problem(SIMPLEX, Linear(weights={"ec": 1, "dmc": 1}, low=5))
    with pytest.raises(InvalidInput, match="No point was found that keeps all constraints"):
        suggest(asked, [], n=2, seed=0)
    outside = problem(SIMPLEX).model_copy(update={"pool": ({"ec": 3.0, "dmc": 0.2, "emc": 0.5},)})
    with pytest.raises(InvalidInput, match="No point of the pool"):
        suggest(outside, [], n=2, seed=0)


def test_what_is_no_number_on_a_linear_scale_is_in_no_sum() -> None:
    asked = problem(
        (Continuous(name="x", low=1, high=9, log=True), share("y")), Linear(weights={"x": 1, "y": 1}, high=3)
    )
    with pytest.raises(InvalidInput, match="cannot be part of a sum"):
        suggest(asked, [], n=1, seed=0)
