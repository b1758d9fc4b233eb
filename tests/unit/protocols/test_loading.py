"""A sound file becomes the nouns, and a run of it becomes steps."""

from collections.abc import Mapping

import pytest

from labd.domain.analysis import Signature
from labd.domain.capability import Recovery
from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Categorical,
    Continuous,
    Cost,
    Discrete,
    Fidelity,
    Goal,
    Integer,
    Limit,
    Objective,
    PlannerSettings,
    Scalar,
    Share,
)
from labd.domain.protocol import OutcomeSpec, Protocol
from labd.domain.steps import PlannedStep
from labd.domain.workcell import Workcell
from labd.protocols import check_protocol, check_workcell, compile_run, load_protocol, load_workcell, resolve

POINT: Mapping[str, Scalar] = {
    "ligand": "L1",
    "residence_time": 90.5,
    "temperature": 40.0,
    "loading": 1.0,
    "cycles": 3,
    "power": 20.0,
}


@pytest.fixture
def protocol(protocol_text: str, workcell: Workcell, signatures: Mapping[str, Signature]) -> Protocol:
    return load_protocol(protocol_text, "suzuki.yaml", workcell, signatures)


def test_a_tolerance_is_a_distance_and_no_place_on_the_scale() -> None:
    text = """
workcell: bench
roles:
  oven:
    capabilities:
      heat:
        arguments: {temperature: {unit: degC}}
        results: {temperature: {unit: degC, reads_back: temperature, tolerance: 2 K, detection: 20 degC}}
instruments: {oven_1: {roles: [oven]}}
"""
    heat = load_workcell(text).roles["oven"].capabilities[0].results["temperature"]
    assert (heat.reads_back, heat.detection) == ("temperature", 20.0)
    assert heat.tolerance == pytest.approx(2.0)


def test_a_sound_file_has_no_findings(
    protocol_text: str, workcell_text: str, workcell: Workcell, signatures: Mapping[str, Signature]
) -> None:
    assert check_workcell(workcell_text) == ()
    assert check_protocol(protocol_text, "p.yaml", workcell, signatures) == ()
    assert check_protocol(protocol_text, "p.yaml", workcell, None) == ()
    assert check_protocol(protocol_text, "p.yaml", None, None) == ()


def test_the_protocol_is_in_its_own_units(protocol: Protocol) -> None:
    assert protocol.problem.parameters == (
        Categorical(name="ligand", options=("L0", "L1")),
        Continuous(name="residence_time", low=60, high=600, unit="s"),
        Continuous(name="temperature", low=30, high=110, unit="degC"),
        Continuous(name="loading", low=0.5, high=2.5, unit="percent", log=True),
        Integer(name="cycles", low=1, high=8),
        Discrete(name="power", values=(10, 20, 40), unit="W"),
    )
    assert protocol.problem.objectives == (Objective(outcome="yield", goal=Goal.MAXIMISE, target=0.95),)
    assert protocol.problem.settings == PlannerSettings(initial=6, parallel=2)
    assert protocol.constants == {"flow": 0.5, "name": "abc", "n": 3}
    assert protocol.constant_units == {"flow": "mL/min"}
    assert protocol.outcomes == {"yield": OutcomeSpec(unit="percent", low=0, high=110)}
    assert protocol.analysis[0].settings == {"window": 120.0}
    assert (protocol.stopping.trials, protocol.stopping.consecutive_failures) == (30, 5)
    assert (protocol.runs_per_trial, protocol.version, protocol.workcell) == (2, "1", "flow_bench")
    assert [step.timeout_s for step in protocol.steps] == [None, 1800.0, None]


def test_goals_limits_cost_and_proposers_in_their_own_units(
    protocol_text: str, workcell: Workcell, signatures: Mapping[str, Signature]
) -> None:
    text = (
        protocol_text.replace("  - maximise: yield\n    target: 0.95\n", WANTED)
        .replace("planner: {parallel: 2, initial: 6}", PLANNED)
        .replace("5}\n", "5, improvement_below: 0.5, improvement_for: 4}\n")
    )
    protocol = load_protocol(text, "suzuki.yaml", workcell, signatures)
    problem = protocol.problem
    (wanted,) = problem.objectives
    assert (wanted.outcome, wanted.goal, wanted.target) == ("yield", Goal.MATCH, 50)
    assert wanted.tolerance == pytest.approx(0.5)
    assert problem.limits == (Limit(outcome="yield", low=10, high=90, safe=0.99),)
    assert problem.cost == Cost(fixed=2, weights={"residence_time": 0.01}, options={"ligand": {"L1": 5}}, unit="EUR")
    assert problem.fidelity == Fidelity(parameter="residence_time", target=300)
    assert problem.settings == PlannerSettings(
        initial=6,
        parallel=2,
        ahead=1,
        strategy="gp",
        robust=True,
        deadline_s=90,
        apart=0.05,
        proposers=(
            Share(name="planner", kind="planner", share=3),
            Share(name="ann", kind="person", share=1),
            Share(
                name="oracle",
                kind="service",
                share=0.5,
                url="http://127.0.0.1:8400/propose",
                answers_within_s=300.0,
            ),
        ),
        learn_from=("last_year",),
    )
    assert (protocol.stopping.improvement_below, protocol.stopping.improvement_for) == (0.5, 4)


WANTED = """\
  - match: yield
    target: 0.5 dimensionless
    tolerance: 5e-3 dimensionless
limits:
  - {outcome: yield, at_least: 10, at_most: 90 percent, safe: 0.99}
cost: {fixed: 2, weights: {residence_time: 0.01}, options: {ligand: {L1: 5}}, unit: EUR}
fidelity: {parameter: residence_time, target: 5 min}
"""
PLANNED = """\
planner:
  ahead: 1
  strategy: gp
  robust: true
  deadline: 1.5 min
  apart: 0.05
  proposers:
    planner: {share: 3}
    ann: {kind: person}
    oracle: {kind: service, share: 0.5, url: "http://127.0.0.1:8400/propose", answers_within: 5 min}
  learn_from: [last_year]
  parallel: 2
  initial: 6
"""


def test_the_workcell_is_in_its_own_units(workcell: Workcell) -> None:
    react = workcell.roles["reactor"].capability("react")
    assert react is not None
    assert (react.arguments["temperature"].low, react.arguments["temperature"].high) == (293.15, 393.15)
    assert (react.typical_s, react.maximum_s, react.recovery, react.cancellable) == (300, 3600, Recovery.DISCARD, True)
    assert workcell.filling("reactor") == ("reactor_1", "reactor_2")
    driver = workcell.instruments["pump_station"].driver
    assert driver is not None
    assert driver.options == {"stall": 0.1}


def test_a_run_has_its_arguments_in_the_capabilities_units(protocol: Protocol, workcell: Workcell) -> None:
    prepare, react, measure = compile_run(protocol, workcell, POINT, "c.7.1", "c.7")
    assert prepare.arguments == {"sample": "c.7.1", "ligand": "L1", "loading": 1.0}
    assert (prepare.retries, prepare.typical_s, prepare.timeout_s) == (1, 60, 600)
    assert measure.arguments == {"sample": "run c.7.1, abc"}
    assert (react.after, react.timeout_s) == (("prepare",), 1800)
    assert react.arguments["volume"] == "${fit(quantity(steps.prepare.volume, 'mL') * 2, 'number', 'uL')}"
    resolved = resolve(react, {"prepare": {"volume": 2.5}})
    assert resolved == {
        "temperature": pytest.approx(313.15),
        "residence_time": 90.5,
        "volume": pytest.approx(5000),
        "speed": 3.0,
        "cycles": 3,
    }
    assert PlannedStep.model_validate_json(react.model_dump_json()) == react


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"temperature": 110.5}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"ligand": "L2"}, "ligand"),
        ({"cycles": 2.5}, "cycles"),
        ({"power": 15.0}, "power"),
    ],
)
def test_a_point_outside_of_the_space_makes_no_run(
    protocol: Protocol, workcell: Workcell, change: dict[str, Scalar], says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        compile_run(protocol, workcell, {**POINT, **change}, "c.7.1", "c.7")


def test_a_point_without_a_value_makes_no_run(protocol: Protocol, workcell: Workcell) -> None:
    with pytest.raises(InvalidInput, match="power"):
        compile_run(protocol, workcell, {key: POINT[key] for key in POINT if key != "power"}, "c.7.1", "c.7")


def test_a_workcell_that_changed_its_mind_makes_no_run(protocol: Protocol, workcell: Workcell) -> None:
    without = workcell.model_copy(update={"roles": {k: v for k, v in workcell.roles.items() if k != "hplc"}})
    with pytest.raises(InvalidInput, match=r"no hplc\.measure"):
        compile_run(protocol, without, POINT, "c.7.1", "c.7")


@pytest.mark.parametrize("volume", ["2 mL", None, [1], float("inf")])
def test_a_result_of_a_wrong_kind_stops_the_step(
    protocol: Protocol, workcell: Workcell, volume: str | list[float] | float | None
) -> None:
    react = compile_run(protocol, workcell, POINT, "c.7.1", "c.7")[1]
    with pytest.raises(InvalidInput, match="argument volume"):
        resolve(react, {"prepare": {"volume": volume}})  # type: ignore[dict-item]


def test_a_result_that_is_not_there_stops_the_step(protocol: Protocol, workcell: Workcell) -> None:
    react = compile_run(protocol, workcell, POINT, "c.7.1", "c.7")[1]
    with pytest.raises(InvalidInput, match="argument volume"):
        resolve(react, {"prepare": {}})


def test_a_pool_is_in_the_parameters_units_and_without_repetition(
    protocol_text: str, workcell: Workcell, signatures: Mapping[str, Signature]
) -> None:
    row = "{ligand: L0, residence_time: 2 min, temperature: 323.15 kelvin, loading: 1, cycles: 2, power: 10}"
    text = protocol_text.replace("constants:", f"pool: [{row}, {row}]\nconstants:")
    (finding,) = check_protocol(text, "p.yaml", workcell, signatures)
    assert (finding.severity, finding.message) == ("warning", "This point is in the pool already.")
    pool = load_protocol(text, "p.yaml", workcell, signatures).problem.pool
    assert pool is not None
    (point,) = pool
    assert point == {
        "ligand": "L0",
        "residence_time": 120.0,
        "temperature": pytest.approx(50),
        "loading": 1.0,
        "cycles": 2,
        "power": 10.0,
    }
    assert type(point["cycles"]) is int


def test_only_the_points_of_the_pool_are_held_against_the_envelope(
    protocol_text: str, workcell: Workcell, signatures: Mapping[str, Signature]
) -> None:
    row = "{ligand: L0, residence_time: 90, temperature: 50, loading: 1, cycles: 2, power: 10}"
    wide = protocol_text.replace("high: 110 degC", "high: 130 degC")
    assert len(check_protocol(wide, "p.yaml", workcell, signatures)) == 1
    pooled = wide.replace("constants:", f"pool: [{row}]\nconstants:")
    assert check_protocol(pooled, "p.yaml", workcell, signatures) == ()


def test_aliases_are_taken(protocol_text: str, workcell: Workcell, signatures: Mapping[str, Signature]) -> None:
    text = protocol_text.replace("after: [prepare]", "after: &first [prepare]").replace("[react]", "*first")
    steps = load_protocol(text, "p.yaml", workcell, signatures).steps
    assert [step.after for step in steps] == [(), ("prepare",), ("prepare",)]
