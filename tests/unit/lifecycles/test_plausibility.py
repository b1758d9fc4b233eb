"""What results are taken, in which form, which are failed measurements, and which a person has to look at."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from labd.domain import events as e
from labd.domain.capability import Capability, Json, Slot
from labd.domain.command import Failed, FailureKind, Resolution, Succeeded
from labd.domain.errors import TransitionError
from labd.domain.workcell import Role, Workcell
from labd.lifecycles.command import CommandStatus
from labd.lifecycles.history import ENOUGH
from labd.lifecycles.run import RunStatus, StepStatus
from labd.wire.messages import Birth
from tests.scenery import MORNING, WORKCELL, descriptor, protocol
from tests.unit.lifecycles.room import Room, report

COMMAND = "C.1.1.mix.1"
MIX = Capability(
    name="mix",
    arguments={"sample": Slot(type="string"), "share": Slot(low=0, high=1)},
    results={
        "volume": Slot(unit="mL", low=0, high=10),
        "signal": Slot(detection=0.5, saturation=100.0),
        "temperature": Slot(unit="degC"),
        "share": Slot(reads_back="share", tolerance=0.01),
        "trace": Slot(type="array", unit="mL", high=5),
        "wells": Slot(type="object"),
        "note": Slot(type="string", optional=True),
    },
    maximum_s=600,
)


def workcell(mix: Capability = MIX) -> Workcell:
    return WORKCELL.model_copy(update={"roles": {**WORKCELL.roles, "mixer": Role(capabilities=(mix,))}})


@pytest.fixture
def room() -> Room:
    """One mixer, whose results are declared, works on the first step of the first trial."""
    return mixing(MIX)


def mixing(said: Capability) -> Room:
    """The room, where the drivers of the mixers say that this is what they do."""
    room = Room()
    room.take(e.WorkcellLoaded, workcell=workcell())
    room.furnished()
    for name in ("mixer_1", "mixer_2"):
        room.hear(name, Birth(descriptor=descriptor(name).model_copy(update={"capabilities": (said,)})))
    room.campaign(protocol(parallel=1, trials=40))
    room.suggest()
    return room


def finished(room: Room, result: Mapping[str, Json], command: str = COMMAND) -> e.CommandFinished:
    """What is recorded when the driver reports this."""
    room.finish(command, Succeeded.model_construct(kind="succeeded", result=dict(result)))
    return room.happened(e.CommandFinished)[-1]


# --- failed measurements


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ({"volume": "OVRFLW"}, "volume is 'OVRFLW', which is no number"),
        ({"volume": ""}, "volume is '', which is no number"),
        ({"volume": None}, "volume is None, which is no number"),
        ({"volume": True}, "volume is True, which is no number"),
        ({"volume": {"value": "much"}}, "volume is {'value': 'much'}, which is no reading"),
        ({"volume": {"value": "5"}}, "volume is {'value': '5'}, which is no reading"),
        ({"volume": float("nan")}, "volume is not a number"),
        ({"trace": [1.0, "OVRFLW"], "volume": 1.0}, "one of the trace is 'OVRFLW', which is no number"),
        ({"trace": "OVRFLW"}, "trace is 'OVRFLW', which is no array"),
        ({"wells": {"A1": None, "A2": ""}}, "wells has nothing for any of A1, A2"),
    ],
)
def test_what_is_no_number_is_a_failed_measurement(room: Room, result: dict[str, Json], why: str) -> None:
    assert finished(room, result).outcome == Failed(failure=FailureKind.VALIDATION, message=why)
    assert room.happened(e.MessageQuarantined)[-1].reason == why, "what arrived is kept"
    assert "C.1.1.mix.2" in room.state.commands, "the step is ordered again, as it declares"


def test_what_may_be_left_out_may_be_null(room: Room) -> None:
    assert finished(room, {"volume": 1.0, "note": None}).outcome == Succeeded(result={"volume": 1.0, "note": None})


def test_of_a_plate_the_wells_that_are_there_are_taken(room: Room) -> None:
    wells: dict[str, Json] = {"A1": 0.5, "A2": float("nan"), "A3": None, "A4": "OVRFLW"}
    kept = {"A1": 0.5, "A2": None, "A3": None, "A4": "OVRFLW"}
    assert finished(room, {"wells": wells}).outcome == Succeeded(result={"wells": kept})
    assert room.state.runs["C.1.1"].results == {"mix": {"wells": kept}}
    assert room.replayed() == room.state


# --- units and limits


@pytest.mark.parametrize(
    ("reported", "taken"),
    [
        ({"volume": {"value": 1500, "unit": "uL"}}, {"volume": 1.5}),
        ({"temperature": {"value": 300.15, "unit": "K"}}, {"temperature": 27.0}),
        ({"volume": {"value": 2.0}}, {"volume": 2.0}),
        ({"signal": 0.2}, {"signal": {"value": 0.5, "censored": "below"}}),
        ({"signal": 0.5}, {"signal": {"value": 0.5, "censored": "below"}}),
        ({"signal": 170}, {"signal": {"value": 100.0, "censored": "above"}}),
        ({"signal": {"value": 90.0, "censored": "above"}}, {"signal": {"value": 90.0, "censored": "above"}}),
        ({"signal": 12}, {}),
    ],
)
def test_a_result_is_taken_in_its_declared_unit_and_within_what_can_be_measured(
    room: Room, reported: dict[str, Json], taken: dict[str, Json]
) -> None:
    event = finished(room, reported)
    assert event.outcome == Succeeded(result=reported), "as it was reported, for ever"
    assert {name: pytest.approx(value) for name, value in event.taken.items()} == taken
    assert room.state.runs["C.1.1"].results["mix"] == {**reported, **event.taken}
    assert not event.doubt


def test_a_driver_with_a_unit_of_its_own_is_understood() -> None:
    own = {"volume": Slot(unit="uL", high=9000), "trace": Slot(type="array", unit="uL")}
    room = mixing(MIX.model_copy(update={"results": {**MIX.results, **own}}))
    taken = finished(room, {"volume": 2500, "trace": [1000, 2000.0]}).taken
    assert taken == {"volume": pytest.approx(2.5), "trace": pytest.approx([1.0, 2.0])}


# --- what cannot be true


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ({"volume": -1}, "volume is -1 mL, below 0 mL: physically impossible"),
        ({"volume": 5000}, "volume is 5000 mL, above 10 mL: physically impossible"),
        ({"volume": {"value": 3, "unit": "g"}}, "volume is in g, which is no mL"),
        ({"volume": {"value": 3, "unit": "furlongs_per_pint"}}, "volume is in furlongs_per_pint, which is no mL"),
        ({"trace": [1.0, 7.0]}, "trace is 7 mL, above 5 mL: physically impossible"),
    ],
)
def test_what_cannot_be_true_is_held_for_a_person(result: dict[str, Json], why: str) -> None:
    room = mixing(MIX)
    event = finished(room, result)
    assert event.doubt == why
    assert event.outcome == Succeeded(result=result), "nothing is lost"
    assert room.state.commands[COMMAND].status is CommandStatus.IMPLAUSIBLE
    assert room.state.runs["C.1.1"].steps["mix"].status is StepStatus.IMPLAUSIBLE
    assert room.state.runs["C.1.1"].results == {}, "no step and no analysis sees it"
    assert room.state.instruments["mixer_1"].command is None, "the instrument works on"
    assert room.state.trials["C.1"].status == "pending"


def held(room: Room) -> None:
    assert finished(room, {"volume": 5000.0, "signal": 7.0}).doubt


def test_a_person_takes_what_was_held(room: Room) -> None:
    held(room)
    kept = room.state.commands[COMMAND].held
    room.take(e.CommandResolved, command=COMMAND, resolution=Resolution.DONE, result={**kept, "volume": 5.0})
    assert room.state.runs["C.1.1"].results == {"mix": {"volume": 5.0, "signal": 7.0}}
    assert room.order("C.1.1.read.1").instrument == "meter_1", "the run goes on"
    assert room.replayed() == room.state


def test_a_person_has_it_measured_again(room: Room) -> None:
    held(room)
    room.take(e.CommandResolved, command=COMMAND, resolution=Resolution.NOT_DONE)
    assert room.order("C.1.1.mix.2").attempt == 2


def test_a_person_gives_the_sample_up(room: Room) -> None:
    held(room)
    room.take(e.CommandResolved, command=COMMAND, resolution=Resolution.DISCARD, reason="spilt")
    assert room.happened(e.RunFailed)[-1].reason == "mix: spilt"
    assert "C.1.2.mix.1" in room.state.commands


def test_what_is_held_is_not_given_up_by_a_declared_recovery(room: Room) -> None:
    room.finish(COMMAND, Succeeded(result={"volume": 1.0}))
    slot = {"signal": Slot(high=1.0)}
    roles = room.state.workcell.roles if room.state.workcell else {}
    read = roles["meter"].capabilities[0].model_copy(update={"results": slot})
    room.take(
        e.WorkcellLoaded,
        workcell=workcell().model_copy(update={"roles": {**roles, "meter": Role(capabilities=(read,))}}),
    )
    assert finished(room, {"signal": 2.0}, "C.1.1.read.1").doubt
    assert not room.happened(e.CommandResolved)
    assert room.state.runs["C.1.1"].status is RunStatus.RUNNING


def test_the_same_again_of_a_held_result_changes_nothing_and_another_is_kept(room: Room) -> None:
    held(room)
    before = len(room.events)
    room.finish(COMMAND, Succeeded(result={"volume": 5000.0, "signal": 7.0}))
    assert len(room.events) == before
    room.finish(COMMAND, Succeeded(result={"volume": 5.0, "signal": 7.0}))
    assert [type(each) for each in room.events[before:]] == [e.MessageQuarantined]
    with pytest.raises(TransitionError):
        room.take(e.CommandMissed, command=COMMAND)


def test_what_is_read_back_in_another_unit_is_held(room: Room) -> None:
    finished(room, {"share": 0.0})
    room.observe_after_mix("C.1.1")
    room.suggest()
    assert room.order("C.2.1.mix.1").arguments["share"] == 0.01
    doubt = finished(room, {"share": 10.0}, "C.2.1.mix.1").doubt
    assert doubt == "share reads 10, but 0.01 was ordered: is it in thousandths of it?"


@pytest.mark.parametrize("share", [0.0, 0.009, 0.3, 1.0])
def test_what_is_read_back_elsewhere_is_no_reason_to_doubt(room: Room, share: float) -> None:
    finished(room, {"share": 0.0})
    room.observe_after_mix("C.1.1")
    room.suggest()
    assert not finished(room, {"share": share}, "C.2.1.mix.1").doubt


# --- the clock


def test_what_ended_before_it_was_accepted_is_held(room: Room) -> None:
    room.hear("mixer_1", report(COMMAND, None, accepted=True))
    old = report(COMMAND, Succeeded(result={"volume": 1.0}))
    room.hear("mixer_1", old.model_copy(update={"device_time": MORNING - timedelta(minutes=3)}))
    assert room.happened(e.CommandFinished)[-1].doubt == (
        "by its own clock mixer_1 ended this 180 s before it accepted the order"
    )


def test_a_clock_that_is_wrong_by_years_is_no_reason_to_doubt(room: Room) -> None:
    wrong = MORNING - timedelta(days=9000)
    room.hear("mixer_1", report(COMMAND, None, accepted=True).model_copy(update={"device_time": wrong}))
    done = report(COMMAND, Succeeded(result={"volume": 1.0}))
    room.hear("mixer_1", done.model_copy(update={"device_time": wrong + timedelta(minutes=1)}))
    event = room.happened(e.CommandFinished)[-1]
    assert not event.doubt
    assert (event.device_time, event.at) == (wrong + timedelta(minutes=1), room.now), "both times are kept"


# --- the history


def measured(room: Room, values: list[float]) -> None:
    """A trial for each of these temperatures of the mixer."""
    for trial, value in enumerate(values, 1):
        if trial > 1:
            room.suggest()
        assert not finished(room, {"temperature": value}, f"C.{trial}.1.mix.1").doubt, value
        room.observe_after_mix(f"C.{trial}.1")
    room.suggest()


def test_a_steady_result_in_another_unit_is_held(room: Room) -> None:
    measured(room, [20.0 + trial for trial in range(ENOUGH)])
    doubt = finished(room, {"temperature": 25_000.0}, f"C.{ENOUGH + 1}.1.mix.1").doubt
    assert doubt == (
        "temperature is 2.5e+04 degC; the 10 before it were from 20 to 29: is it in another unit, by a factor of 1000?"
    )


@pytest.mark.parametrize("best", [35.0, 90.0, 300.0, -25.0, 0.0])
def test_a_new_optimum_is_never_held(room: Room, best: float) -> None:
    measured(room, [20.0 + trial for trial in range(ENOUGH)])
    assert not finished(room, {"temperature": best}, f"C.{ENOUGH + 1}.1.mix.1").doubt


def test_of_a_result_that_varies_nothing_is_said(room: Room) -> None:
    measured(room, [2.0**trial for trial in range(ENOUGH)])
    assert not finished(room, {"temperature": 512_000.0}, f"C.{ENOUGH + 1}.1.mix.1").doubt
