"""Which strategy answers a question."""

from pathlib import Path

import pytest

from labd.domain.errors import InvalidInput
from labd.domain.problem import Continuous, Measurement, Objective, Observation, PlannerSettings, Problem
from labd.planning import suggest
from labd.planning.strategies.choosing import KINDS, choose


def wanting(*outcomes: str, strategy: str | None = None) -> Problem:
    return Problem(
        parameters=(Continuous(name="x", low=0, high=1),),
        objectives=tuple(Objective(outcome=each, weight=1 + i) for i, each in enumerate(outcomes)),
        settings=PlannerSettings(strategy=strategy, initial=2),
    )


def test_the_problem_chooses() -> None:
    assert choose(wanting("y")).name == "improvement"
    assert choose(wanting("y", "z")).name == "weighted_sum"


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (wanting("y", strategy="magic"), r"There is no strategy magic\. There are .*improvement.*\."),
        (wanting("y", strategy="weighted_sum"), "weighted_sum does not fit this problem: there is but one objective"),
        (wanting("y", "z", strategy="improvement"), "does not fit this problem: there are several objectives"),
    ],
)
def test_a_wrong_name_is_one_clear_error(problem: Problem, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        suggest(problem, [])


def test_each_strategy_says_what_it_is_for() -> None:
    assert all(kind.name == name and kind.about.endswith(".") for name, kind in KINDS.items())


def test_the_expected_improvement_is_told_in_the_objectives_own_unit() -> None:
    def expected(scale: float) -> float:
        seen = [
            Observation(trial=str(i), parameters={"x": x}, outcomes={"y": Measurement(mean=scale * (x - x * x))})
            for i, x in enumerate([0.0, 0.2, 0.7, 1.0])
        ]
        (made,) = suggest(wanting("y"), seen)
        assert made.improvement is not None
        return made.improvement

    assert 0 < expected(1.0) < 0.25
    assert expected(1000.0) == pytest.approx(1000 * expected(1.0), rel=1e-6)


def test_the_documentation_tells_of_each_strategy() -> None:
    told = (Path(__file__).parents[3] / "docs" / "planner.md").read_text()
    for kind in KINDS.values():
        assert f"| `{kind.name}` | {kind.about} |" in told
