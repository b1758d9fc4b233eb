"""What is learnt is settled at milestones; the answer does not depend on what was remembered."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from labd.domain.problem import Continuous, Measurement, Objective, Observation, Problem
from labd.planning import suggest
from labd.planning.remembering import Remembered
from labd.planning.surrogates import settling
from labd.planning.surrogates.fit import learn
from labd.planning.surrogates.gp import GaussianProcess, Hyperparameters
from labd.planning.surrogates.robust import RIGHT
from labd.planning.surrogates.settling import Told, milestone, settle, settled

PROBLEM = Problem(
    parameters=(Continuous(name="x", low=0, high=1), Continuous(name="y", low=0, high=1)),
    objectives=(Objective(outcome="yield"),),
)
GROUPS = torch.arange(2)


def history(count: int, wild: int = 46, failed: tuple[int, ...] = ()) -> list[Observation]:
    """Scattered trials of a bumpy yield, of which one is far out and some give nothing."""
    chance = np.random.default_rng(3)
    made = []
    for k in range(count):
        x, y = (float(each) for each in chance.random(2).round(6))
        value = math.sin(6 * x) + (y - 0.4) ** 2 + 0.05 * float(chance.normal()) + (40.0 if k == wild else 0.0)
        outcomes = {} if k in failed else {"yield": Measurement(mean=value)}
        made.append(Observation(trial=f"t{k}", parameters={"x": x, "y": y}, outcomes=outcomes, failed=k in failed))
    return made


def told(count: int, *, right: float | None = None, bends: bool = False) -> Told:
    known = history(count, wild=count)
    x = torch.tensor([[float(each.parameters[name]) for name in "xy"] for each in known], dtype=torch.float64)
    values = np.array([each.outcomes["yield"].mean for each in known])
    return Told(x, GROUPS, values, np.zeros(count), np.zeros(count), 1.0, right, bends)


@pytest.mark.parametrize("failed", [(), (4, 43, 47)])
def test_the_answer_is_the_same_whether_what_was_learnt_is_remembered_or_not(failed: tuple[int, ...]) -> None:
    every, warm = history(54, failed=failed), []
    settling.forget()
    for n in range(38, 55):
        warm += suggest(PROBLEM, every[:n], seed=4)
    for n, before in zip(range(38, 55), warm, strict=True):
        settling.forget()
        assert suggest(PROBLEM, every[:n], seed=4) == [before]
    for n in (54, 40, 49):  # in whatever order they are asked for
        assert suggest(PROBLEM, every[:n], seed=4) == [warm[n - 38]]


def test_between_milestones_the_hyperparameters_stand_and_the_posterior_is_of_all_measurements() -> None:
    assert (milestone(56), milestone(58), milestone(59)) == (56, 56, 59)
    at_milestone, later = settled(told(56, bends=True)), settled(told(58, bends=True))
    assert [gp.hyper for _, gp in later.belief.parts] == [gp.hyper for _, gp in at_milestone.belief.parts]
    assert (later.standard.targets[:56] == at_milestone.standard.targets).all()
    assert later.standard.value(float(later.standard.targets[57])) == pytest.approx(float(told(58).values[57]))
    gp = later.belief.main
    whole = GaussianProcess(gp.x, gp.targets, gp.noise, gp.groups, gp.hyper)
    at = torch.tensor(np.random.default_rng(1).random((20, 2)))
    assert torch.allclose(gp.predict(at)[0], whole.predict(at)[0], atol=1e-9)
    assert torch.allclose(gp.predict(at)[1], whole.predict(at)[1], atol=1e-9)


@pytest.mark.parametrize("wrong", [40.0, 1e30])
@pytest.mark.parametrize("right", [None, RIGHT])
def test_a_surprising_measurement_is_learnt_from_at_once(wrong: float, right: float | None) -> None:
    asked = told(98, right=right)
    values = asked.values.copy()
    values[96] = wrong
    found = settled(replace(asked, values=values))
    anew = settle(replace(asked, values=values).first(97), learn)
    assert (found.standard.targets[:97] == anew.standard.targets).all()
    assert found.doubted[96] == (right is not None)


def test_measurements_that_all_surprise_are_all_learnt_from() -> None:
    asked = told(200)
    values = asked.values.copy()
    values[190:] = 10.0 ** np.arange(1, 11)
    asked = replace(asked, values=values)
    assert (settled(asked).standard.targets == settle(asked, learn).standard.targets).all()


def test_of_equal_values_the_first_other_one_is_learnt_from_at_once() -> None:
    asked = replace(told(57), values=np.where(np.arange(57) == 56, 5.001, 5.0))
    assert float(np.ptp(settled(asked).standard.targets)) > 1


def test_a_measurement_adds_what_those_before_it_did_not_lead_to_expect() -> None:
    x = torch.tensor(np.random.default_rng(0).random((9, 2)))
    hyper = Hyperparameters(torch.tensor([0.4, 0.7], dtype=torch.float64), 0.02, 0.1, 1.7)
    target, noise = torch.sin(5 * x[:, :1]), torch.full((9,), 0.01, dtype=torch.float64)
    gp = GaussianProcess(x, target, noise, GROUPS, hyper)
    before = gp.of(x[:8], target[:8], noise[:8])
    mean, deviation = before.predict(x[8:])
    wide = math.sqrt(float(deviation[0]) ** 2 + 0.03)
    assert gp.innovations()[8] == pytest.approx((float(target[8, 0]) - float(mean[0, 0])) / wide, abs=1e-6)
    assert gp.innovations()[:8] == pytest.approx(before.innovations())


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    memory: Remembered[bytes] = Remembered(10)
    made = []

    def ask(name: bytes) -> bytes:
        def make() -> bytes:
            made.append(name)
            return name

        return memory.get(name, make, lambda _: 4)

    assert [ask(each) for each in (b"a", b"b", b"a", b"c", b"a", b"b")] == [b"a", b"b", b"a", b"c", b"a", b"b"]
    assert made == [b"a", b"b", b"c", b"b"]  # the one that was asked for longest ago makes room
