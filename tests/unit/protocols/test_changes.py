"""Changes to a campaign as a person writes them, and whether a point may be tried."""

import pytest

from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Categorical,
    Condition,
    Continuous,
    Discrete,
    Excluded,
    Goal,
    Integer,
    Limit,
    Linear,
    Objective,
    Problem,
)
from labd.domain.protocol import OutcomeSpec, Protocol, Stopping
from labd.domain.steps import Step
from labd.protocols.admission import admits
from labd.protocols.changes import changed

PROBLEM = Problem(
    parameters=(
        Continuous(name="heat", low=20, high=80, unit="degC"),
        Integer(name="cycles", low=1, high=9),
        Discrete(name="power", values=(1, 2, 5)),
        Categorical(name="base", options=("none", "koh", "tea")),
        Continuous(name="amount", low=0, high=3, when=Condition(parameter="base", values=("koh", "tea"))),
    ),
    objectives=(Objective(outcome="gain"),),
    constraints=(
        Linear(weights={"heat": 1, "cycles": 10}, high=120),
        Excluded(values={"base": ("tea",), "power": (5,)}),
    ),
)
PROTOCOL = Protocol(
    name="p",
    problem=PROBLEM,
    steps=(Step(name="a", role="r", capability="c"),),
    outcomes={"gain": OutcomeSpec(unit="mg")},
    stopping=Stopping(trials=9),
)
POINT: dict[str, float | int | str] = {"heat": 50.0, "cycles": 5, "power": 2.0, "base": "koh", "amount": 1.0}


def test_each_part_of_it_in_its_own_unit() -> None:
    made = changed(
        PROTOCOL,
        {
            "parameters.heat.high": "350 kelvin",
            "parameters.base.options": ["none", "koh"],
            "objectives.gain.target": "0.2 g",
            "planner.parallel": 4,
            "stopping.trials": 12,
            "stopping.hours": "3 day",
            "priority": 2,
        },
    )
    assert made.problem is not None
    assert made.problem.parameters[0] == Continuous(name="heat", low=20, high=350 - 273.15, unit="degC")
    assert made.problem.objectives[0].target == 200
    assert made.problem.settings.parallel == 4
    assert made.stopping == Stopping(trials=12, hours=72)
    assert made.priority == 2


def test_goals_limits_context_and_planner_in_the_words_of_the_file() -> None:
    given = Continuous(name="damp", low=0, high=1, unit="percent", context=True)
    problem = PROBLEM.model_copy(
        update={
            "parameters": (*PROBLEM.parameters, given),
            "objectives": (Objective(outcome="gain", goal=Goal.MATCH, target=5),),
        }
    )
    protocol = PROTOCOL.model_copy(update={"problem": problem, "outcomes": {"gain": OutcomeSpec(unit="degC")}})
    made = changed(
        protocol,
        {
            "objectives.gain.tolerance": "2 kelvin",
            "limits.gain.at_most": "300 kelvin",
            "limits.gain.safe": 0.99,
            "context.damp": "0.4 percent",
            "planner.deadline": "2 min",
            "planner.ahead": 1,
            "planner.proposers": {"sobol": {}, "planner": {"share": 3}},
            "stopping.improvement_below": "1 kelvin",
        },
    ).problem
    assert made is not None
    assert made.objectives[0].tolerance == pytest.approx(2)
    assert made.limits == (Limit(outcome="gain", high=300 - 273.15, safe=0.99),)
    assert made.context == {"damp": 0.4}
    assert (made.settings.deadline_s, made.settings.ahead) == (120, 1)
    assert [(each.name, each.kind, each.share) for each in made.settings.proposers] == [
        ("sobol", "sobol", 1),
        ("planner", "planner", 3),
    ]
    gone = changed(protocol.model_copy(update={"problem": made}), {"limits.gain.at_most": None}).problem
    assert gone is not None
    assert gone.limits == ()


def test_what_stays_as_it_was_is_none() -> None:
    assert changed(PROTOCOL, {"stopping.trials": 9}) == (None, None, None)


@pytest.mark.parametrize(
    ("path", "value", "message", "remedy"),
    [
        ("heat", 3, "no entry heat", "Write one of: parameters"),
        ("parameters.heat", 3, "no entry that can be edited", "parameters.temperature.high"),
        ("parameters.hat.high", 3, "no parameter hat", "Write heat."),
        ("parameters.heat.hihg", 3, "no entry hihg", "Write high."),
        ("parameters.heat.name", "cold", "no entry name", ""),
        ("parameters.heat.high", 10, "not below the upper bound", "as the protocol file would"),
        ("parameters.heat.high", "3 bar", "is not a quantity in degC", "degC"),
        ("parameters.heat.high", "hot", "cannot be hot", "Write a number in degC."),
        ("parameters.base.options", ["a", "a"], "named twice", ""),
        ("objectives.loss.target", 3, "loss is no objective", "Write gain."),
        ("objectives.gain.weight", -1, "greater than 0", ""),
        ("planner.parallel", 0, "greater than or equal to 1", ""),
        ("stopping.trails", 3, "no entry trails", "Write trials."),
        ("limits.gian.at_most", 3, "no outcome gian", "Write gain."),
        ("limits.gain.high", 3, "no entry high", "Write one of: at_least"),
        ("limits.gain.safe", 0.99, "has no limit", "at_most first"),
        ("limits.gain.at_most", "3 K", "is not a quantity in mg", "Write it in mg."),
        ("context.heat", 3, "is no parameter that is given", ""),
        ("planner.proposers", ["sobol"], "cannot be ['sobol']", '{"sobol": {"share": 1}'),
        ("planner.proposers", {"alice": {}}, "Input should be 'planner'", ""),
        ("planner.deadline", "3 mg", "is not a quantity in s", ""),
        ("planner.learn_from", ["old"], "settled when the campaign is started", ""),
        ("stopping.improvement_below", -1, "greater than 0", ""),
        ("priority", "high", "cannot be high", "whole number"),
    ],
)
def test_what_cannot_be(path: str, value: object, message: str, remedy: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        changed(PROTOCOL, {path: value})  # type: ignore[dict-item]
    assert message in refused.value.message
    assert remedy in refused.value.hint


def test_nothing_to_change() -> None:
    with pytest.raises(InvalidInput, match="Nothing"):
        changed(PROTOCOL, {})


def test_a_point_that_may_be_tried() -> None:
    admits(PROBLEM, POINT)
    admits(PROBLEM, {**POINT, "base": "none", "amount": 0})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"heat": 90}, "heat cannot be 90"),
        ({"heat": 79, "cycles": 9}, r"heat \+ 10 cycles is 169"),
        ({"base": "tea", "power": 5}, "base = tea and power = 5 may not be tried together"),
        ({"base": "none"}, "amount means nothing here"),
    ],
)
def test_a_point_that_may_not(change: dict[str, float | int | str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        admits(PROBLEM, {**POINT, **change})


def test_a_point_that_is_not_in_the_pool() -> None:
    pooled = PROBLEM.model_copy(update={"pool": (POINT,)})
    admits(pooled, POINT)
    with pytest.raises(InvalidInput, match="pool"):
        admits(pooled, {**POINT, "heat": 51})
    with pytest.raises(InvalidInput, match="no value"):
        admits(PROBLEM, {"heat": 51})
