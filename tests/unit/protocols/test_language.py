"""What the language says becomes the nouns: batches, labware, gaps, persons, what follows a failure, the room."""

from datetime import UTC, datetime

import pytest

from labd.domain.envelope import Incompatible, Interlock, JointLimit, RateLimit
from labd.domain.hazard import Hazard, HazardPolicy
from labd.domain.matter import Location, Lot, Stock
from labd.domain.problem import Condition, Excluded, Linear
from labd.domain.protocol import LabwareUse, Protocol
from labd.domain.samples import Control
from labd.domain.steps import Gap, Move, Prompt, Step
from labd.domain.workcell import Workcell
from labd.protocols import check_protocol, check_workcell, load_protocol, load_workcell
from tests.unit.protocols import plate_room


@pytest.fixture(scope="module")
def room() -> Workcell:
    return load_workcell(plate_room.WORKCELL)


@pytest.fixture(scope="module")
def protocol(room: Workcell) -> Protocol:
    return load_protocol(plate_room.PROTOCOL, "strain_assay.yaml", room, plate_room.SIGNATURES)


@pytest.fixture(scope="module")
def steps(protocol: Protocol) -> dict[str, Step]:
    return {each.name: each for each in protocol.steps}


def test_files_that_use_all_of_it_have_no_findings(room: Workcell) -> None:
    assert check_workcell(plate_room.WORKCELL) == ()
    assert check_protocol(plate_room.PROTOCOL, "p.yaml", room, plate_room.SIGNATURES) == ()
    assert check_protocol(plate_room.PROTOCOL, "p.yaml") == ()


def test_the_room_is_in_its_own_units(room: Workcell) -> None:
    assert room.locations["hotel_2"] == Location(capacity=20, group="hotel", accepts=("plate_96", "plate_24"))
    assert room.places("hotel") == ("hotel_1", "hotel_2")
    assert room.instruments["reader_1"].location == "nest"
    assert len(room.labware["plate_96"].wells) == 96
    end_of_day = datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC)
    assert room.stock["medium"] == Stock(
        unit="mL",
        low=50,
        capacity=1000,
        cost=0.02,
        lots=(Lot(lot="M1", amount=500, expires=end_of_day), Lot(lot="M2", amount=200)),
    )
    assert room.roles["handler"].costs == {"dispense": 0.5}


def test_the_envelope_is_in_the_units_of_the_capabilities(room: Workcell) -> None:
    (limit,) = room.joint_limits
    assert limit == JointLimit(
        role="handler", capability="dispense", allowed="${inducer < 4 or medium == 'lb'}", reason="it falls out"
    )
    (rate,) = room.rate_limits
    five_kelvin_a_minute = pytest.approx(5 / 60)
    assert rate.model_dump() == {
        **RateLimit(role="incubator", capability="shake", argument="temperature", per_s=1).model_dump(),
        "per_s": five_kelvin_a_minute,
    }
    assert room.incompatible == (Incompatible(these=("azide", "m9"), reason="it smells"),)
    assert room.interlocks["hood_flow"] == Interlock(
        instrument="hood",
        channel="flow",
        unit="m/s",
        below=0.3,
        reset_above=0.4,
        hold_s=2,
        guards=("handler", "arm"),
    )
    assert room.hazard == HazardPolicy(biosafety_level=2, materials=("ecoli_k12",), most="medium")


def test_parameters_belong_to_samples_or_batches_and_depend_on_others(protocol: Protocol) -> None:
    by_name = {each.name: each for each in protocol.problem.parameters}
    assert {name for name, each in by_name.items() if each.per == "batch"} == {"inducer", "temperature"}
    assert by_name["amount"].when == Condition(parameter="additive", values=("salt", "sugar"))
    assert protocol.problem.constraints == (
        Linear(weights={"glucose": 1, "glycerol": 1, "acetate": 1}, low=1, high=1),
        Linear(weights={"glucose": 1, "glycerol": 2}, high=1.5),
        Excluded(values={"strain": ("s3",), "additive": ("salt", "sugar")}),
    )


def test_a_batch_is_the_wells_of_a_plate(protocol: Protocol) -> None:
    batch = protocol.batch
    assert batch is not None
    assert (batch.size, batch.wells[0], batch.wells[-1], batch.replicates) == (60, "B2", "G11", 3)
    assert batch.controls == (
        Control(name="blank", kind="blank", count=4, parameters={"volume": 0.0}),
        Control(name="wild_type", count=2, parameters={"strain": "wt"}, wells=("B2", "B3")),
    )
    assert protocol.problem.batch == batch.trials == 18
    assert protocol.labware == {"plate": LabwareUse(type="plate_96", start="hotel")}


def test_gaps_are_in_seconds(steps: dict[str, Step]) -> None:
    assert steps["grow"].gaps == {"to_shaker": Gap(at_most_s=300)}
    assert steps["to_nest"].gaps == {"grow": Gap(at_least_s=60, at_most_s=900)}
    assert steps["read"].gaps == {"to_nest": Gap(at_most_s=0)}
    assert (steps["to_shaker"].after, steps["to_shaker"].gaps) == (("dispense",), {})


def test_labware_goes_its_ways(steps: dict[str, Step]) -> None:
    assert steps["to_deck"].move == Move(labware="plate", to="deck")
    assert (steps["to_deck"].role, steps["to_deck"].capability, steps["to_deck"].per) == ("transport", "move", "batch")
    assert steps["read"].on == "plate"


def test_a_person_is_asked(steps: dict[str, Step]) -> None:
    look = steps["look"]
    text = "Is plate ${run.id} clear?"
    assert look.prompt == Prompt(text=text, options=("clear", "cloudy"), note=True, photo=True)
    assert (look.role, look.capability) == ("person", "answer")


def test_what_follows_a_failure(steps: dict[str, Step]) -> None:
    dispense, by_hand, flush = steps["dispense"], steps["by_hand"], steps["flush"]
    assert (dispense.retries, dispense.cool_down_s) == (2, 30)
    assert (by_hand.instead_of, by_hand.alias, by_hand.per) == ("dispense", "dispense", "batch")
    assert (flush.recovers, flush.per) == ("dispense", "batch")
    assert dispense.consumes == {"medium": 20.0, "tips": 96}


def test_the_phases(steps: dict[str, Step]) -> None:
    assert [name for name, each in steps.items() if each.phase == "preparation"] == ["lamp", "prime"]
    assert [name for name, each in steps.items() if each.phase == "clean_up"] == ["to_waste", "rinse"]
    assert steps["prime"].also == ("transport",)
    assert steps["dilute"].when == "${steps.read.mean > 1.0 and steps.look.option == 'clear'}"


def test_limits_of_a_campaign_and_what_it_says_of_itself(protocol: Protocol) -> None:
    stopping = protocol.stopping
    assert (stopping.trials, stopping.hours, stopping.cost, stopping.materials) == (300, 72, 500, {"medium": 500.0})
    assert protocol.hazard == Hazard(level="medium", biosafety_level=2, materials=("ecoli_k12",))


def test_a_template_is_written_out_with_its_arguments(protocol: Protocol, steps: dict[str, Step]) -> None:
    aspirate = steps["last_wash__aspirate"]
    assert (aspirate.alias, aspirate.after) == ("last_wash.aspirate", ("last_wash__rinse",))
    assert aspirate.arguments == {"volume": "${last_wash__volume * 2}"}
    assert (protocol.constants["last_wash__volume"], protocol.constant_units["last_wash__volume"]) == (2.0, "mL")
    assert steps["wash__1__aspirate"].arguments == {"volume": "${half * 2 * 1}"}
    prompt = steps["last_wash__note"].prompt
    assert prompt is not None
    assert prompt.text == "Washed with ${last_wash__volume}: ${steps.last_wash.aspirate.turbidity}?"


def test_the_steps_of_a_template_stand_where_it_is_used(steps: dict[str, Step]) -> None:
    assert steps["wash__1__rinse"].after == ("read_again",)
    assert steps["wash__1__rinse"].gaps == {"read_again": Gap(at_least_s=10)}
    assert steps["last_wash__rinse"].after == ("wash__3__note",)
    assert {steps[name].when for name in ("last_wash__rinse", "last_wash__note")} == {"${temperature > 30}"}
    assert steps["last_look"].after == ("last_wash__note",)


def test_a_loop_is_unrolled_and_each_turn_hangs_on_the_one_before(steps: dict[str, Step]) -> None:
    turns = [[each for name, each in steps.items() if name.startswith(f"wash__{turn}__")] for turn in (1, 2, 3, 4)]
    assert [len(each) for each in turns] == [4, 4, 4, 0]
    assert steps["wash__1__aspirate"].when == ""
    assert steps["wash__2__aspirate"].when == "${not steps.wash__1__aspirate.turbidity < 0.1}"
    assert steps["wash__3__note"].when == "${not steps.wash__2__aspirate.turbidity < 0.1}"
    assert steps["wash__2__rinse"].after == ("wash__1__note",)
    assert {each.alias for each in turns[1]} == {"wash.rinse", "wash.aspirate", "wash.note"}


def test_a_stand_in_within_a_template_has_no_condition_of_its_own(steps: dict[str, Step]) -> None:
    by_pipette = steps["wash__2__by_pipette"]
    assert (by_pipette.instead_of, by_pipette.alias) == ("wash__2__aspirate", "wash.aspirate")
    assert by_pipette.when == ""


NESTED = """\
protocol: nested
parameters: {x: {type: continuous, low: 0, high: 1}}
templates:
  inner:
    with: {level: 1}
    steps:
      first: {role: pump, capability: push, arguments: {level: "${level}"}}
      second: {role: pump, capability: push, after: [first], arguments: {level: "${steps.first.flow + level}"}}
  outer:
    with: {level: null}
    steps:
      twice: {use: inner, with: {level: "${level * x}"}, repeat: {at_most: 2}}
      last: {role: pump, capability: push, after: [twice], arguments: {level: "${steps.twice.second.flow}"}}
steps:
  all:
    use: outer
    with: {level: 3}
    repeat: {at_most: 2, until: "${steps.all.last.flow > steps.all.twice.first.flow}"}
  end: {role: pump, capability: push, after: [all], arguments: {level: "${steps.all.twice.second.flow}"}}
outcomes: {y: {}}
analysis: [{function: value, inputs: {measurements: all.last.flow}}]
objectives: [{maximise: y}]
stopping: {trials: 3}
"""
PUMP = """\
workcell: w
roles: {pump: {capabilities: {push: {arguments: {level: {}}, results: {flow: {}}}}}}
instruments: {pump_1: {roles: [pump]}}
"""


def test_templates_use_templates() -> None:
    room = load_workcell(PUMP)
    assert check_protocol(NESTED, "n.yaml", room) == ()
    steps = {each.name: each for each in load_protocol(NESTED, "n.yaml", room).steps}
    assert len(steps) == 2 * (2 * 2 + 1) + 1
    second = steps["all__2__twice__1__second"]
    assert second.alias == "all.twice.second"
    assert second.arguments == {"level": "${steps.all.twice.first.flow + 3 * x}"}
    assert second.after == ("all__2__twice__1__first",)
    assert steps["all__2__twice__1__first"].after == ("all__1__last",)
    condition = "${not steps.all__1__last.flow > steps.all__1__twice__2__first.flow}"
    assert second.when == condition
    assert steps["end"].after == ("all__2__last",)
