"""Earlier campaigns: a related one saves experiments, an unrelated one loses its weight."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.optimize import approx_fprime

from labd.domain.problem import (
    Categorical,
    Continuous,
    Earlier,
    Goal,
    Measurement,
    Objective,
    Observation,
    PlannerSettings,
    Problem,
)
from labd.planning import suggest
from labd.planning.spaces.axes import Array
from labd.planning.strategies.earlier import forget
from labd.planning.surrogates.fit import Family, learn
from labd.planning.surrogates.gp import matern52
from labd.planning.surrogates.joint import JointObjective, Source, joined
from labd.planning.surrogates.transfer import learn_with, trust

GROUPS = torch.arange(2)


def peak(a: float, b: float) -> float:
    """A narrow one: 1 at (0.7, 0.3)."""
    return math.exp(-((a - 0.7) ** 2 + (b - 0.3) ** 2) / 0.02)


def trial(name: str, y: float, **parameters: float | str) -> Observation:
    return Observation(trial=name, parameters=parameters, outcomes={"y": Measurement(mean=y)})


PROBLEM = Problem(
    parameters=(Continuous(name="a", low=0, high=1), Continuous(name="b", low=0, high=1)),
    objectives=(Objective(outcome="y"),),
)
POINTS = np.random.default_rng(0).random((50, 2))
RELATED = Earlier(
    name="spring",
    observations=tuple(trial(f"s{k}", 5 + 30 * peak(a + 0.03, b - 0.03), a=a, b=b) for k, (a, b) in enumerate(POINTS)),
)
UNRELATED = Earlier(
    name="autumn",
    observations=tuple(trial(f"a{k}", math.sin(9 * a) * math.cos(8 * b), a=a, b=b) for k, (a, b) in enumerate(POINTS)),
)


WEIGHTS, NARROW = np.array([1.0, 1.2, 3.0, 3.2]), np.array([[3.0, 10, 30], [0.1, 10, 35]] * 2)
PEAKS = np.array([[0.3689, 0.117, 0.2673], [0.4699, 0.4387, 0.747], [0.1091, 0.8732, 0.5547], [0.0381, 0.5743, 0.8828]])


def hills(at: Array) -> float:
    """Hartmann's function of three parameters, over its optimum."""
    return float((WEIGHTS * np.exp(-(NARROW * (at - PEAKS) ** 2).sum(1))).sum()) / 3.86278


def campaign(name: str, truth: Callable[[Array], float]) -> Earlier:
    points = np.random.default_rng(0).random((30, 3))
    told = [trial(str(k), truth(at), **dict(zip("abc", at.tolist(), strict=True))) for k, at in enumerate(points)]
    return Earlier(name=name, observations=tuple(told))


def needed(earlier: tuple[Earlier, ...], seed: int, most: int = 30) -> int:
    """Experiments until 95 % of the best."""
    box = tuple(Continuous(name=name, low=0, high=1) for name in "abc")
    problem = Problem(parameters=box, objectives=(Objective(outcome="y"),), earlier=earlier)
    seen: list[Observation] = []
    while len(seen) < most:
        (made,) = suggest(problem, seen, seed=seed)
        value = hills(np.array([float(made.parameters[name]) for name in "abc"]))
        outcomes = {"y": Measurement(mean=value)}
        seen.append(Observation(trial=str(len(seen)), parameters=made.parameters, outcomes=outcomes))
        if value >= 0.95:
            break
    return len(seen)


def test_a_related_campaign_saves_half_of_the_experiments_and_an_unrelated_one_does_no_harm() -> None:
    """The related one has another unit, an offset and its optimum elsewhere; decision 19 has figures of more kinds."""
    related = campaign("related", lambda at: 5 + 30 * hills(at + np.array([0.04, -0.04, 0.04])))
    unrelated = campaign("unrelated", lambda at: math.sin(9 * at[0]) * math.cos(8 * at[1]) + at[2])
    alone = sum(needed((), seed) for seed in range(3))
    assert sum(needed((related,), seed) for seed in range(3)) <= 0.5 * alone
    assert sum(needed((unrelated,), seed) for seed in range(3)) <= 1.1 * alone


def test_the_first_trial_is_where_the_earlier_campaign_expects_the_best_and_says_so() -> None:
    (made,) = suggest(PROBLEM.model_copy(update={"earlier": (RELATED,)}), [])
    assert made.method == "transfer-mean"
    assert "spring" in made.reason
    assert peak(float(made.parameters["a"]), float(made.parameters["b"])) > 0.7


def test_open_trials_keep_the_next_beginning_away() -> None:
    made = suggest(PROBLEM.model_copy(update={"earlier": (RELATED,)}), [], n=3)
    assert [each.method for each in made] == ["transfer-mean", "sobol", "transfer-mean"]
    first, third = ([float(each.parameters[name]) for name in "ab"] for each in (made[0], made[2]))
    assert math.dist(first, third) > 0.1


def test_who_says_how_many_trials_come_first_gets_them() -> None:
    told = PROBLEM.model_copy(update={"earlier": (RELATED,), "settings": PlannerSettings(initial=3)})
    assert [each.method for each in suggest(told, [], n=3)] == ["sobol"] * 3


def observed(count: int) -> list[Observation]:
    points = np.random.default_rng(3).random((count, 2))
    return [trial(str(k), peak(a, b), a=a, b=b) for k, (a, b) in enumerate(points)]


def test_the_reason_tells_what_the_earlier_campaigns_weigh() -> None:
    both = PROBLEM.model_copy(update={"earlier": (RELATED, UNRELATED)})
    (made,) = suggest(both, observed(12))
    assert made.method == "transfer-gp-logei"
    assert "builds on earlier campaigns (spring" in made.reason
    (alone,) = suggest(PROBLEM.model_copy(update={"earlier": (UNRELATED,)}), observed(25))
    assert "earlier campaigns" in alone.reason


def test_what_misleads_changes_nothing_any_more() -> None:
    opposite = Earlier(
        name="opposite", observations=tuple(trial(f"o{k}", -peak(a, b), a=a, b=b) for k, (a, b) in enumerate(POINTS))
    )
    (made,) = suggest(PROBLEM.model_copy(update={"earlier": (opposite,)}), observed(25))
    (alone,) = suggest(PROBLEM, observed(25))
    assert "earlier campaigns count for nothing here" in made.reason
    assert (made.parameters, made.predicted) == (alone.parameters, alone.predicted)


def source(name: str, earlier: Earlier) -> Source:
    x = torch.tensor([[float(each.parameters[key]) for key in "ab"] for each in earlier.observations])
    y = torch.tensor([each.outcomes["y"].mean for each in earlier.observations], dtype=torch.float64)
    x = x.double()
    believed = learn(x, (y - y.mean()) / y.std(), torch.zeros_like(y), GROUPS)
    return Source(name, believed, torch.arange(2), torch.full((2,), 0.5, dtype=torch.float64))


def measured(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    seen = observed(count)
    x = torch.tensor([[float(each.parameters[key]) for key in "ab"] for each in seen], dtype=torch.float64)
    y = torch.tensor([each.outcomes["y"].mean for each in seen], dtype=torch.float64)
    return x, (y - y.mean()) / y.std()


def test_the_weights_follow_the_measurements() -> None:
    x, y = measured(15)
    belief = learn_with([source("spring", RELATED), source("autumn", UNRELATED)], x, y, torch.zeros_like(y), GROUPS)
    weights = trust(belief)
    assert weights["spring"] > 0.5
    assert weights.get("autumn", 0.0) < 0.3
    assert sum(weight for weight, _ in belief.parts) == pytest.approx(1)


@pytest.mark.parametrize("family", [Family.GAMMA, Family.SCALED])
def test_the_gradient_of_the_joint_density_is_that_of_differences(family: Family) -> None:
    x, y = measured(6)
    told = [source("spring", RELATED).told(20), source("autumn", UNRELATED).told(9)]
    objective = JointObjective(told, x, y, torch.full_like(y, 0.02), GROUPS, family)
    theta = np.array([-0.5, 0.2, -3.0, 0.3, 0.2, 1.4, 0.7])
    assert objective(theta)[1] == pytest.approx(
        approx_fprime(theta, lambda at: objective(at)[0], 1e-7), rel=1e-4, abs=1e-3
    )


def test_the_joint_posterior_is_that_of_two_correlated_processes() -> None:
    x, y = measured(6)
    past = source("spring", RELATED)
    gp = joined([past], x, y, torch.zeros_like(y), GROUPS, Family.GAMMA)[1]
    hyper, told, there = gp.hyper, past.told(100), gp.past.x
    correlation = gp.past.links[0].correlation
    at = torch.rand((7, 2), generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def kernel(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return matern52(math.sqrt(5) * torch.cdist(a / hyper.lengthscales, b / hyper.lengthscales))

    spread = math.sqrt(hyper.scale)
    across = correlation * spread * kernel(x, there)
    ours = hyper.scale * kernel(x, x) + hyper.noise * torch.eye(6)
    both = torch.cat(
        [torch.cat([ours, across], 1), torch.cat([across.T, kernel(there, there) + torch.diag(told.noise)], 1)]
    )
    to = torch.cat([hyper.scale * kernel(at, x), correlation * spread * kernel(at, there)], 1)
    solved = torch.linalg.solve(both, to.T)
    mean, deviation = gp.predict(at)
    assert mean[:, 0] == pytest.approx(hyper.mean + solved.T @ torch.cat([y - hyper.mean, told.values]), abs=1e-4)
    assert deviation.square() == pytest.approx(hyper.scale - (to.T * solved).sum(0), abs=1e-4)
    assert gp.believed[:, 0] == pytest.approx(gp.predict(x)[0][:, 0])
    left, _ = gp.left_out()
    fewer = gp.of(x[1:], y[1:, None], torch.zeros(5, dtype=torch.float64))
    assert float(left[0]) == pytest.approx(float(fewer.predict(x[:1])[0]), abs=1e-6)


def test_a_weighted_sum_is_learnt_from_the_sum_of_an_earlier_campaign() -> None:
    def both(seen: Observation) -> Observation:
        return seen.model_copy(update={"outcomes": {**seen.outcomes, "z": Measurement(mean=seen.parameters["a"])}})

    problem = PROBLEM.model_copy(
        update={
            "objectives": (Objective(outcome="y", weight=3.0), Objective(outcome="z", goal=Goal.MINIMISE)),
            "earlier": (Earlier(name="spring", observations=tuple(map(both, RELATED.observations))),),
        }
    )
    (made,) = suggest(problem, [both(each) for each in observed(12)])
    assert made.method == "transfer-gp-logei+weighted-sum"
    assert "builds on earlier campaigns (spring" in made.reason


def test_a_source_may_lack_a_parameter_know_other_options_and_have_other_bounds() -> None:
    problem = Problem(
        parameters=(
            Continuous(name="a", low=0.2, high=0.9),
            Continuous(name="b", low=0, high=1),
            Categorical(name="solvent", options=("water", "ether")),
        ),
        objectives=(Objective(outcome="y", goal=Goal.MINIMISE),),
        earlier=(
            Earlier(name="no solvent", observations=RELATED.observations),
            Earlier(
                name="another solvent",
                observations=tuple(
                    each.model_copy(update={"parameters": {**each.parameters, "solvent": "acid" if k % 2 else "ether"}})
                    for k, each in enumerate(RELATED.observations)
                ),
            ),
            Earlier(name="nothing of it", observations=(Observation(trial="x", parameters={"a": 0.1}, failed=True),)),
            Earlier(name="other words", observations=tuple(trial(f"o{k}", 1.0 * k, q=0.1 * k) for k in range(5))),
        ),
    )
    seen: list[Observation] = []
    for _ in range(4):
        (made,) = suggest(problem, seen)
        a, b = float(made.parameters["a"]), float(made.parameters["b"])
        assert 0.2 <= a <= 0.9
        seen.append(trial(str(len(seen)), peak(a, b), **made.parameters))


def test_the_same_question_gets_the_same_answer_whether_sources_are_learnt_anew_or_not() -> None:
    problem = PROBLEM.model_copy(update={"earlier": (RELATED, UNRELATED)})
    warm = suggest(problem, observed(9), n=2)
    forget()
    assert suggest(problem, observed(9), n=2) == warm
