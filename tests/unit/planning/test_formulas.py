"""What may be tried is bounded by formulas, and by sums of many parts: all of it is reached, and nothing else."""

import math

import numpy as np
import pytest

from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Categorical,
    Condition,
    Continuous,
    Discrete,
    Excluded,
    Integer,
    Linear,
    Nonlinear,
    Parameter,
    Parameters,
)
from labd.planning import suggest
from labd.planning.spaces.space import Space
from tests.unit.planning.test_constraints import campaign, problem, share

RING = Nonlinear(expression="(a - 0.5)**2 + (b - 0.5)**2", low=0.09, high=0.0961)
"""About 2 % of the square."""


def number(at: Parameters, name: str) -> float:
    return float(at[name])


def shares(count: int, low: float = 0.0, high: float = 1.0) -> tuple[Continuous, ...]:
    return tuple(Continuous(name=f"c{k}", low=low, high=high) for k in range(count))


def total(parameters: tuple[Parameter, ...], at_least: float | None, at_most: float) -> Linear:
    return Linear(weights={each.name: 1 for each in parameters}, low=at_least, high=at_most)


def test_the_best_is_found_where_a_formula_ends() -> None:
    asked = problem((share("a", 0.1, 4), share("b", 0.1, 4)), Nonlinear(expression="a * b", high=2))
    seen = campaign(asked, lambda at: number(at, "a") + 0.5 * number(at, "b"), 12)
    assert max(each.outcomes["gain"].mean for each in seen) > 4.2, "4 + 0.25 where a is 4 and b 0.5"


def test_a_narrow_ring_is_spread_over_and_its_best_found() -> None:
    asked = problem((share("a"), share("b")), RING)
    rows = Space(asked).sobol(512, 1)
    assert len(rows) > 500
    angle = np.arctan2(rows[:, 1] - 0.5, rows[:, 0] - 0.5)
    assert np.histogram(angle, bins=8, range=(-math.pi, math.pi))[0].min() > 30, "all around"
    seen = campaign(asked, lambda at: number(at, "a") - number(at, "b"), 12)
    assert max(each.outcomes["gain"].mean for each in seen) > 0.43, "0.438 at its lower right"


def test_formulas_with_everything_else() -> None:
    parameters: tuple[Parameter, ...] = (
        *shares(4),
        Integer(name="cycles", low=1, high=9),
        Continuous(name="rate", low=0.01, high=100, log=True),
        Categorical(name="additive", options=("none", "lif", "mgo")),
        Discrete(name="amount", values=(0.5, 1, 4), when=Condition(parameter="additive", values=("lif", "mgo"))),
    )
    asked = problem(
        parameters,
        total(shares(4), 1, 1),
        Nonlinear(expression="cycles * rate", low=1, high=50),
        Nonlinear(expression="max(c0, c1) / (c2 + 0.01)", high=20),
        Nonlinear(expression="sqrt(c3) * amount", high=2),
        Excluded(values={"additive": ("mgo",), "amount": (4,)}),
    )
    seen = campaign(asked, lambda at: number(at, "c0") * number(at, "amount") + math.log(number(at, "rate")), 10)
    assert len(seen) == 10, "and each of them is admitted"
    assert max(each.outcomes["gain"].mean for each in seen) > 3.5


def test_a_formula_that_has_no_value_somewhere_allows_nothing_there() -> None:
    asked = problem((share("a", -1, 1), share("b")), Nonlinear(expression="sqrt(a) + 1 / (b - b)", low=0))
    with pytest.raises(InvalidInput, match="No point was found"):
        suggest(asked, [])
    asked = problem((share("a", -1, 1), share("b")), Nonlinear(expression="log(a) + b", low=-5))
    assert all(number(each.parameters, "a") > 0 for each in suggest(asked, [], n=6))


def test_a_pool_and_a_finite_space_are_held_to_formulas() -> None:
    grid = (Discrete(name="a", values=(1, 2, 3)), Integer(name="b", low=1, high=3))
    asked = problem(grid, Nonlinear(expression="a * b", low=2.5, high=4))
    assert len(campaign(asked, lambda _: 1.0, 9)) == 3, "1 x 3, 2 x 2 and 3 x 1"
    pool = tuple({"a": a, "b": b} for a in (1, 2, 3) for b in (1, 2, 3))
    assert len(campaign(asked.model_copy(update={"pool": pool}), lambda _: 1.0, 9)) == 3


@pytest.mark.parametrize("count", [3, 7, 20])
def test_the_start_is_even_over_a_composition_of_many(count: int) -> None:
    """Of a point that is uniform over a simplex each part is Beta(1, count - 1)."""
    rows = Space(problem(shares(count), total(shares(count), 1, 1))).sobol(512, 3)
    np.testing.assert_allclose(rows.sum(1), 1, atol=1e-9)
    quantiles = np.quantile(rows, [0.1, 0.5, 0.9], axis=0)
    expected = [1 - (1 - q) ** (1 / (count - 1)) for q in (0.1, 0.5, 0.9)]
    np.testing.assert_allclose(quantiles.mean(1), expected, rtol=0.03)
    assert np.ptp(rows.mean(0)) < 0.2 / count, "no part is preferred"


def test_the_start_is_even_where_the_parts_are_bounded_too() -> None:
    """By rejection: uniform points of the simplex, of which those are left whose parts are small enough."""
    rows = Space(problem(shares(4, 0, 0.4), total(shares(4), 1, 1))).sobol(2000, 3) * 0.4
    drawn = np.random.default_rng(1).dirichlet(np.ones(4), 20000)
    true = drawn[(drawn <= 0.4).all(1)]
    at = [0.1, 0.5, 0.9]
    np.testing.assert_allclose(np.quantile(rows, at, axis=0).mean(1), np.quantile(true, at, axis=0).mean(1), atol=0.015)


def test_at_most_so_much_of_many_parts() -> None:
    rows = Space(problem(shares(12), total(shares(12), None, 1))).sobol(512, 3)
    assert (rows.sum(1) <= 1 + 1e-9).all()
    assert rows.mean() == pytest.approx(1 / 13, rel=0.05), "as uniform points of this corner have it"


def test_a_recipe_of_twenty_parts_is_found() -> None:
    best = np.array([0.3, 0.25, 0.2, 0.15, 0.1, *[0.0] * 15])

    def gain(at: Parameters) -> float:
        return -float(np.abs(np.array([number(at, f"c{k}") for k in range(20)]) - best).sum())

    asked = problem(shares(20), total(shares(20), 1, 1), initial=8)
    seen = campaign(asked, gain, 24)
    values = [each.outcomes["gain"].mean for each in seen]
    assert max(values) > max(values[:8]) + 0.3


def test_whole_parts_of_a_whole() -> None:
    parts: tuple[Parameter, ...] = tuple(Integer(name=f"c{k}", low=0, high=100) for k in range(5))
    asked = problem(parts, total(parts, 100, 100))
    rows = Space(asked).sobol(512, 3)
    assert len(rows) > 500
    assert np.ptp(rows.mean(0)) < 0.02

    def gain(at: Parameters) -> float:
        wanted = (40, 30, 20, 10, 0)
        return -sum((number(at, f"c{k}") - share) ** 2 for k, share in enumerate(wanted))

    seen = campaign(asked, gain, 22)
    assert max(each.outcomes["gain"].mean for each in seen) > -40


def test_a_total_much_smaller_than_its_parts_may_be_is_kept_to_its_own_digits() -> None:
    wide = shares(3, 0, 1e4)
    seen = campaign(problem(wide, total(wide, 1, 1)), lambda at: number(at, "c0"), 7)
    for each in seen:
        assert math.fsum(number(each.parameters, f"c{k}") for k in range(3)) == pytest.approx(1, abs=1e-5)
