"""What the model believes of a campaign, and how far it has been right."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch

from labd.domain.problem import (
    Categorical,
    Continuous,
    Earlier,
    Goal,
    Insight,
    Integer,
    Limit,
    Measurement,
    Objective,
    Observation,
    Parameters,
    PlannerSettings,
    Prediction,
    Problem,
)
from labd.planning import insight, suggest
from labd.planning.explanations.calibration import calibration
from labd.planning.explanations.interactions import interactions
from labd.planning.explanations.leverage import without_each
from labd.planning.spaces.space import Space
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.fit import learn
from labd.planning.surrogates.gp import GaussianProcess

REACTION = Problem(
    parameters=(
        Continuous(name="temperature", low=20, high=120, unit="degC"),
        Continuous(name="concentration", low=0.01, high=10, unit="mol/l", log=True),
        Integer(name="shots", low=1, high=5),
        Categorical(name="base", options=("none", "weak", "strong")),
    ),
    objectives=(Objective(outcome="y"),),
)


def truth(point: Parameters) -> float:
    """The best is 40 at 80 degrees, 1 mol/l and the strong base; the shots change nothing."""
    peak = math.exp(-(((float(point["temperature"]) - 80) / 30) ** 2) - math.log10(float(point["concentration"])) ** 2)
    return 40 * peak * {"none": 0.2, "weak": 0.6, "strong": 1.0}[str(point["base"])]


def campaign(problem: Problem, function: Callable[[Parameters], float], count: int) -> list[Observation]:
    space = Space(problem)
    points = [space.parameters(row) for row in space.sobol(count, 1)]
    return [
        Observation(trial=f"c.{k}", parameters=each, outcomes={"y": Measurement(mean=function(each))})
        for k, each in enumerate(points, start=1)
    ]


def test_a_campaign_is_told_in_the_units_of_its_parameters() -> None:
    seen = campaign(REACTION, truth, 40)
    found = insight(REACTION, seen)
    assert found == insight(REACTION, seen)
    assert Insight.model_validate_json(found.model_dump_json()) == found
    assert found.card.observations == 40
    assert (found.card.strategy, found.card.device) == ("improvement", "cpu")
    (of,) = found.outcomes
    assert of.measured == 40
    assert min(of.sensitivity, key=of.sensitivity.__getitem__) == "shots"
    assert sum(of.sensitivity.values()) == pytest.approx(1)
    assert of.optimum is not None
    assert of.optimum.parameters["base"] == "strong"
    assert of.optimum.expected.mean == pytest.approx(40, abs=6)
    assert found.best is not None
    reach = of.members[0].reach
    assert reach["temperature"].endswith(" degC")
    assert reach["concentration"].startswith("a factor of ")
    assert sum(each.weight for each in of.members) == pytest.approx(1)
    assert of.calibration is None


def test_slices_go_through_the_best_point() -> None:
    of = insight(REACTION, campaign(REACTION, truth, 40)).outcomes[0]
    by_name = {each.parameter: each for each in of.slices}
    assert set(by_name) == {each.name for each in REACTION.parameters}
    assert by_name["base"].values == ("none", "weak", "strong")
    assert [each.mean for each in by_name["base"].expected] == sorted(each.mean for each in by_name["base"].expected)
    warm = by_name["temperature"]
    assert len(warm.values) == len(warm.expected) == 41
    assert 60 < float(warm.values[int(np.argmax([each.mean for each in warm.expected]))]) < 100
    concentrations = [float(each) for each in by_name["concentration"].values]
    assert (concentrations[0], concentrations[-1]) == (0.01, 10)


def test_without_a_trial_is_what_the_model_expects_that_never_saw_it() -> None:
    chance = np.random.default_rng(3)
    x, at = torch.tensor(chance.random((12, 2))), torch.tensor(chance.random((5, 2)))
    y = torch.sin(5 * x[:, 0]) + x[:, 1]
    known = learn(x, (y - y.mean()) / y.std(), torch.full((12,), 1e-3, dtype=torch.float64), torch.arange(2))
    found = without_each(known, at)
    for k in range(12):
        others = [j for j in range(12) if j != k]
        less = Belief(
            tuple(
                (weight, GaussianProcess(x[others], gp.targets[others], gp.noise[others], gp.groups, gp.hyper))
                for weight, gp in known.parts
            )
        )
        assert found[:, k] == pytest.approx(less.predict(at)[0].numpy(), abs=1e-9)


def test_a_trial_that_was_wrong_has_the_most_leverage() -> None:
    problem = Problem(
        parameters=(Continuous(name="x", low=0, high=1),),
        objectives=(Objective(outcome="y"),),
        settings=PlannerSettings(robust=False),  # believed, so that it pulls
    )
    places = [k / 11 for k in range(12)]
    seen = [
        Observation(
            trial=f"c.{k}",
            parameters={"x": x},
            outcomes={"y": Measurement(mean=3.0 if k == 10 else 1 - (x - 0.3) ** 2, standard_error=0.05)},
        )
        for k, x in enumerate(places)
    ]
    (of,) = insight(problem, seen).outcomes
    assert of.optimum is not None
    assert float(of.optimum.parameters["x"]) > 0.8
    assert of.leverage[0].trial == "c.10"
    assert float(of.leverage[0].parameters["x"]) < 0.7
    assert of.leverage[0].change < 0
    assert of.leverage[0].moved > 1


def test_two_that_do_something_together_are_told_and_a_sum_is_not() -> None:
    names = ("a", "b", "c")
    space = Space(
        Problem(
            parameters=tuple(Continuous(name=each, low=0, high=1) for each in names),
            objectives=(Objective(outcome="y"),),
        )
    )
    rows = space.sobol(60, 0)
    noise = torch.zeros(60, dtype=torch.float64)

    def told(values: Sequence[float]) -> dict[tuple[str, str], float]:
        y = torch.tensor(np.array(values))
        known = learn(space.features(rows), (y - y.mean()) / y.std(), noise, torch.arange(3))
        return {(each.first, each.second): each.share for each in interactions(space, known, 0)}

    assert max(told(list(rows.sum(1))).values(), default=0.0) < 0.02
    both = told(list(4 * (rows[:, 0] - 0.5) * (rows[:, 1] - 0.5) + rows[:, 2]))
    assert max(both, key=both.__getitem__) == ("a", "b")
    # the variance of the product is 1/9, that of the sum's part 1/12
    assert both["a", "b"] == pytest.approx((1 / 9) / (1 / 9 + 1 / 12), abs=0.1)


def test_calibration_compares_what_was_expected_with_what_came() -> None:
    came = {"a": 1.0, "b": 5.0, "c": 2.0, "d": 9.0}
    seen = [
        Observation(trial=trial, parameters={}, outcomes={"y": Measurement(mean=mean, standard_error=error)})
        for (trial, mean), error in zip(came.items(), (None, 3.0, 0.0, None), strict=True)
    ]
    seen.append(Observation(trial="e", parameters={}, outcomes={"y": Measurement(mean=0, censored="below")}))
    expected = {trial: {"y": Prediction(mean=1, deviation=4)} for trial in "abce"}
    found = calibration("y", seen, expected, noise=3.0)
    assert found is not None
    assert [each.trial for each in found.scores] == ["a", "b", "c"]  # none was made of d, and e is a limit
    assert [each.z for each in found.scores] == pytest.approx([0, 4 / 5, 1 / 4])
    assert found.covered == 1
    assert found.bias == pytest.approx((0.8 + 0.25) / 3)
    assert found.spread == pytest.approx(math.sqrt((0.8**2 + 0.25**2) / 3))
    assert calibration("other", seen, expected, 0.0) is None


def test_a_prediction_without_any_doubt_that_missed_is_far_off_and_no_error() -> None:
    seen = [Observation(trial="a", parameters={}, outcomes={"y": Measurement(mean=2)})]
    found = calibration("y", seen, {"a": {"y": Prediction(mean=1, deviation=0)}}, noise=0.0)
    assert found is not None
    assert (found.covered, found.scores[0].z) == (0, 1000)


def test_predictions_of_a_campaign_meet_their_results() -> None:
    seen = campaign(REACTION, truth, 10)
    predictions = {}
    for number in range(11, 16):
        (made,) = suggest(REACTION, seen)
        predictions[f"c.{number}"] = made.predicted
        came = {"y": Measurement(mean=truth(made.parameters))}
        seen.append(Observation(trial=f"c.{number}", parameters=made.parameters, outcomes=came))
    (of,) = insight(REACTION, seen, predictions).outcomes
    assert of.calibration is not None
    assert len(of.calibration.scores) == 5
    assert of.calibration.covered >= 0.4


@pytest.mark.parametrize("goal", [Goal.MAXIMISE, Goal.MINIMISE])
def test_the_optimum_is_on_the_side_that_is_wanted(goal: Goal) -> None:
    problem = Problem(
        parameters=(Continuous(name="x", low=0, high=1),), objectives=(Objective(outcome="y", goal=goal),)
    )
    (of,) = insight(problem, campaign(problem, lambda point: 10 * float(point["x"]), 6)).outcomes
    assert of.optimum is not None
    assert of.optimum.expected.mean == pytest.approx(10 if goal is Goal.MAXIMISE else 0, abs=0.5)


def test_before_there_is_anything_to_learn_from_the_card_says_so() -> None:
    failed = [Observation(trial="a", parameters=REACTION_POINT, failed=True)]
    for seen in ([], failed):
        found = insight(REACTION, seen)
        assert found.outcomes == ()
        assert found.best is None
        assert found.card.caveats == ("No model has spoken yet: there is nothing to learn from.",)


REACTION_POINT: Parameters = {"temperature": 50.0, "concentration": 1.0, "shots": 2, "base": "weak"}


def test_the_optimum_is_where_the_limits_are_kept() -> None:
    problem = Problem(
        parameters=(Continuous(name="x", low=0, high=1),),
        objectives=(Objective(outcome="y"),),
        limits=(Limit(outcome="heat", high=4),),
    )
    seen = [
        Observation(
            trial=f"c.{k}",
            parameters={"x": k / 10},
            outcomes={"y": Measurement(mean=float(k)), "heat": Measurement(mean=k * k / 10)},
        )
        for k in range(11)
    ]
    found = {each.outcome: each for each in insight(problem, seen).outcomes}
    assert set(found) == {"y", "heat"}
    assert found["heat"].optimum is None
    assert found["y"].optimum is not None
    assert float(found["y"].optimum.parameters["x"]) == pytest.approx(math.sqrt(0.4), abs=0.03)


def test_what_is_not_believed_and_what_earlier_campaigns_weigh_stands_on_the_card() -> None:
    problem = Problem(
        parameters=(Continuous(name="x", low=0, high=1),),
        objectives=(Objective(outcome="y"),),
        earlier=(Earlier(name="spring", observations=tuple(straight(12))),),
    )
    few = insight(problem, straight(4)).card
    assert few.earlier["spring"] > 0.3
    assert few.doubted == ()
    wrong = straight(24)
    wrong[6] = wrong[6].model_copy(update={"outcomes": {"y": Measurement(mean=-40)}})
    alone = problem.model_copy(update={"earlier": (), "settings": PlannerSettings(robust=True)})
    assert insight(alone, wrong).card.doubted == ("c.6",)


def straight(count: int) -> list[Observation]:
    places = [(k + 0.5) / count for k in range(count)]
    return [
        Observation(trial=f"c.{k}", parameters={"x": x}, outcomes={"y": Measurement(mean=10 * x)})
        for k, x in enumerate(places)
    ]
