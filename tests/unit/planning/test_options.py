"""What the model sees of options and numbers: a scale, descriptors, molecules, orders of magnitude."""

from importlib.util import find_spec

import numpy as np
import pytest

from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Categorical,
    Continuous,
    Integer,
    Measurement,
    Objective,
    Observation,
    Parameter,
    PlannerSettings,
    Problem,
    Scalar,
)
from labd.planning import suggest
from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space

SOLVENTS = {"hexane": 0.1, "toluene": 2.4, "thf": 4.0, "dmf": 6.4, "dmso": 7.2, "water": 10.2}
MOLECULES = {"methanol": "CO", "ethanol": "CCO", "propanol": "CCCO", "benzene": "c1ccccc1", "toluene": "Cc1ccccc1"}


def space(*parameters: Parameter) -> Space:
    return Space(Problem(parameters=parameters, objectives=(Objective(outcome="y"),)))


def seen(parameter: Categorical) -> Array:
    """Distances between the features of its options."""
    features = space(parameter).features(space(parameter).rows([{parameter.name: each} for each in parameter.options]))
    found = features.numpy()
    return np.asarray(np.linalg.norm(found[:, None] - found[None], axis=2))


def described(numbers: dict[str, dict[str, float]]) -> Categorical:
    return Categorical(name="p", options=tuple(numbers), descriptors=numbers)


def test_options_on_a_scale_are_equally_far_and_in_their_order() -> None:
    apart = seen(Categorical(name="p", options=("low", "middle", "high"), ordered=True))
    assert apart.tolist() == [[0, 0.5, 1], [0.5, 0, 0.5], [1, 0.5, 0]]
    assert seen(Categorical(name="p", options=("only",), ordered=True)).tolist() == [[0]]


def test_options_are_as_far_apart_as_what_describes_them() -> None:
    apart = seen(described({name: {"polarity": value} for name, value in SOLVENTS.items()}))
    assert apart[0, 1] < apart[0, 3] < apart[0, 5]
    assert np.square(apart).sum() / 30 == pytest.approx(1), "on average as far as plain options"


@pytest.mark.parametrize("unit", [1e-30, 1.0, 1e200])
def test_the_unit_of_a_descriptor_and_a_constant_one_change_nothing(unit: float) -> None:
    plain = seen(described({name: {"polarity": value} for name, value in SOLVENTS.items()}))
    other = seen(described({name: {"polarity": value * unit, "n": 3.0} for name, value in SOLVENTS.items()}))
    np.testing.assert_allclose(plain, other, atol=1e-9)


def test_options_that_are_described_alike_stay_distinct() -> None:
    apart = seen(
        described({"a": {"u": 1, "v": 2}, "b": {"u": 1, "v": 2}, "c": {"u": 3, "v": 9}, "d": {"u": 1, "v": 2}})
    )
    assert apart[0, 1] == pytest.approx(0.1)
    assert apart[0, 3] == pytest.approx(0.1)
    assert apart[0, 2] > 1
    same = seen(described({"a": {"u": 1}, "b": {"u": 1}, "c": {"u": 1}}))
    np.testing.assert_allclose(same, 1 - np.eye(3), atol=1e-12, err_msg="like options that nothing describes")


def test_many_descriptors_become_few_columns_that_keep_who_is_near_whom() -> None:
    chance = np.random.default_rng(1)
    hidden = chance.normal(size=(40, 3))
    numbers = hidden @ chance.normal(size=(3, 60)) + 0.05 * chance.normal(size=(40, 60))
    options = {f"o{i}": {f"d{k}": float(value) for k, value in enumerate(row)} for i, row in enumerate(numbers)}
    parameter = described(options)
    assert space(parameter).axes[0].width <= 4
    true = np.linalg.norm(hidden[:, None] - hidden[None], axis=2)
    assert np.corrcoef(true.ravel(), seen(parameter).ravel())[0, 1] > 0.9


def test_an_option_of_yesterday_is_unknown_and_its_trial_is_kept() -> None:
    for parameter in (
        Categorical(name="p", options=("a", "b", "c"), ordered=True),
        Categorical(name="p", options=("a", "b", "c")),
        described({each: {"u": place} for place, each in enumerate("abc")}),
    ):
        asked = Problem(
            parameters=(parameter, Continuous(name="x", low=0, high=1)), objectives=(Objective(outcome="y"),)
        )
        history = told(asked, [{"p": each, "x": 0.1 * n} for n, each in enumerate("abgone" * 2)], lambda at: 1.0)
        assert suggest(asked, history)[0].parameters["p"] in ("a", "b", "c")


def told(problem: Problem, points: list[dict[str, Scalar]], truth: object) -> list[Observation]:
    assert callable(truth)
    return [
        Observation(trial=str(n), parameters=each, outcomes={"y": Measurement(mean=truth(each))})
        for n, each in enumerate(points)
    ]


def campaign(parameter: Categorical, truth: dict[str, float], trials: int, seed: int) -> float:
    """The best that was found of so many options."""
    problem = Problem(
        parameters=(parameter,), objectives=(Objective(outcome="y"),), settings=PlannerSettings(initial=3)
    )
    observed: list[Observation] = []
    for number in range(trials):
        made = suggest(problem, observed, n=1, seed=seed + number)
        observed += told(problem, [each.parameters for each in made], lambda at: truth[str(at["p"])])
    return max(each.outcomes["y"].mean for each in observed)


def test_descriptors_that_tell_something_spare_experiments() -> None:
    polarity = {f"s{place:02}": place / 40 for place in range(40)}
    truth = {name: -((value - 0.63) ** 2) for name, value in polarity.items()}
    told_apart = Categorical(name="p", options=tuple(polarity))
    known = described({name: {"polarity": value} for name, value in polarity.items()})
    with_them = [campaign(known, truth, 9, seed) for seed in range(4)]
    without = [campaign(told_apart, truth, 9, seed) for seed in range(4)]
    assert min(with_them) > -0.001
    assert sum(with_them) > sum(without)


def test_whole_numbers_on_a_logarithmic_scale() -> None:
    few = space(Integer(name="p", low=1, high=100, log=True))
    many = space(Integer(name="p", low=1, high=10**9, log=True))
    for each in (few, many):
        values = [each.parameters(row)["p"] for row in each.sobol(512, 3)]
        assert all(isinstance(value, int) and value >= 1 for value in values)
        middle = 10 if each is few else 31623
        assert 0.4 < np.mean([float(value) < middle for value in values]) < 0.6
    rows = few.rows([{"p": value} for value in (1, 10, 100)])
    np.testing.assert_allclose(rows[:, 0], [0, 0.5, 1])
    assert [few.parameters(row)["p"] for row in rows] == [1, 10, 100]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("value", [0.0, 1e-300, 1e300])
def test_what_lies_far_outside_the_bounds_of_today_stays_finite(log: bool, value: float) -> None:
    problem = Problem(
        parameters=(Continuous(name="x", low=1, high=2, log=log),),
        objectives=(Objective(outcome="y"),),
        settings=PlannerSettings(initial=2),
    )
    observed = told(problem, [{"x": value}, {"x": 1.2}, {"x": 1.9}], lambda at: float(at["x"] < 1.5))
    (made,) = suggest(problem, observed)
    assert np.isfinite(made.predicted["y"].deviation)


@pytest.mark.needs("rdkit")
def test_molecules_that_are_alike_are_near() -> None:
    apart = seen(Categorical(name="p", options=tuple(MOLECULES), smiles=MOLECULES))
    order = list(MOLECULES)
    ethanol, propanol, benzene = order.index("ethanol"), order.index("propanol"), order.index("benzene")
    assert apart[ethanol, propanol] < 0.7 * apart[ethanol, benzene]
    assert np.square(apart).sum() / 20 == pytest.approx(1)
    twice = seen(Categorical(name="p", options=("a", "b", "c"), smiles={"a": "CCO", "b": "OCC", "c": "c1ccccc1"}))
    assert twice[0, 1] == pytest.approx(0.1), "the same molecule, written in two ways"


@pytest.mark.needs("rdkit")
def test_what_is_no_molecule_is_said() -> None:
    wrong = Categorical(name="p", options=("a", "b"), smiles={"a": "CCO", "b": "C(("})
    with pytest.raises(InvalidInput, match=r"'C\(\(', of the option b of p, is no molecule. Write it as SMILES"):
        space(wrong)


@pytest.mark.skipif(find_spec("rdkit") is not None, reason="RDKit is installed")
def test_without_rdkit_it_is_said_what_to_install() -> None:
    with pytest.raises(InvalidInput, match=r"RDKit.* not installed. pip install 'labd\[chemistry\]'"):
        space(Categorical(name="q", options=("a", "b"), smiles={"a": "CCCCO", "b": "CCO"}))
