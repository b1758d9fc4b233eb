"""What one campaign can learn from another: the same names, in the units of the one that learns."""

import pytest

from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Continuous, Measurement, Objective, Observation, Parameter, Problem
from labd.domain.protocol import OutcomeSpec, Protocol
from labd.domain.steps import Step
from labd.protocols.earlier import earlier


def protocol(*parameters: Parameter, **outcomes: str) -> Protocol:
    return Protocol(
        name="p",
        problem=Problem(parameters=parameters, objectives=(Objective(outcome=next(iter(outcomes))),)),
        steps=(Step(name="a", role="r", capability="c"),),
        outcomes={name: OutcomeSpec(unit=unit) for name, unit in outcomes.items()},
    )


OURS = protocol(
    Continuous(name="heat", low=300, high=400, unit="kelvin"),
    Categorical(name="base", options=("koh", "tea")),
    Continuous(name="time", low=1, high=9, unit="min"),
    gain="mg",
)
ITS = protocol(
    Continuous(name="heat", low=20, high=80, unit="degC"),
    Categorical(name="base", options=("koh", "naoh")),
    Continuous(name="flow", low=1, high=9, unit="mL/min"),
    gain="g",
    colour="",
)
SEEN = Observation(
    trial="X.1",
    parameters={"heat": 50.0, "base": "koh", "flow": 3.0},
    outcomes={"gain": Measurement(mean=0.2, standard_error=0.01), "colour": Measurement(mean=1)},
)


def test_what_is_common_in_our_units() -> None:
    learnt = earlier(OURS, "spring", ITS, [SEEN])
    assert learnt.name == "spring"
    (seen,) = learnt.observations
    assert seen.trial == "X.1"
    assert seen.parameters == {"heat": pytest.approx(323.15), "base": "koh"}
    assert seen.outcomes.keys() == {"gain"}
    assert seen.outcomes["gain"].mean == pytest.approx(200)
    assert seen.outcomes["gain"].standard_error == pytest.approx(10)


def test_what_failed_is_learnt_from_too() -> None:
    failed = Observation(trial="X.2", parameters={"heat": 50.0, "base": "koh", "flow": 3.0}, failed=True)
    (seen,) = earlier(OURS, "spring", ITS, [failed]).observations
    assert seen.failed


@pytest.mark.parametrize(
    ("its", "what"),
    [
        (protocol(Continuous(name="heat", low=1, high=2, unit="bar"), gain="g"), "no parameter"),
        (protocol(Categorical(name="heat", options=("hot",)), gain="g"), "no parameter"),
        (protocol(Continuous(name="heat", low=1, high=2, unit="kelvin"), gain="s"), "no outcome"),
        (protocol(Continuous(name="heat", low=1, high=2, unit="kelvin"), loss="mg"), "no outcome"),
    ],
)
def test_nothing_in_common(its: Protocol, what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        earlier(OURS, "spring", its, [])
