"""Labware and stock through orders: moved, kept, lost and found; two plates never where one fits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labd.domain import room_events as r
from labd.domain.command import Failed, FailureKind, Outcome, Refused, Resolution, Succeeded, Unknown
from labd.domain.errors import NotFound, TransitionError
from labd.domain.events import CommandResolved, RunAnalysed
from labd.domain.matter import Location, Lot
from labd.domain.problem import Measurement
from labd.domain.samples import Batch, Sample
from labd.domain.step_events import StepChanged, StepSkipped
from labd.domain.steps import Gap, Move, PlannedStep
from labd.lifecycles.instrument import ServiceStatus
from labd.lifecycles.matter import LabwareStatus
from labd.lifecycles.run import StepStatus
from labd.lifecycles.supplies import Supplies
from tests.unit.lifecycles.plates import PlateRoom, crowded, steps, workcell
from tests.unit.lifecycles.room import report


def whys(room: PlateRoom, run: str, step: str) -> str:
    """What a step lacks of matter."""
    supplies = Supplies(room.state, room.now)
    plan = room.state.runs[run].steps[step].plan
    return supplies.lacking(room.state.runs[run], plan, supplies.wants(room.state.runs[run], plan))


def test_a_plate_goes_to_the_reader_and_back_and_its_history_tells() -> None:
    room = PlateRoom(workcell())
    room.begin()
    order = room.order("P.1.1.there.1")
    assert (order.instrument, order.arguments) == (
        "arm",
        {"labware": "P.1.1.plate", "source": "hotel", "destination": "nest_1"},
    )
    assert room.where("P.1.1") == "hotel>nest_1"
    room.done("P.1.1.there.1")
    assert room.order("P.1.1.read.1").instrument == "reader_1"
    assert room.state.stock["medium"].reserved == {"P.1.1.read.1": {"M1": 1.0}}
    room.done("P.1.1.read.1", signal=1.0)
    assert (room.state.stock["medium"].amount, room.state.stock["medium"].reserved) == (9.0, {})
    room.done("P.1.1.back.1")
    room.take(RunAnalysed, run="P.1.1", outcomes={"signal": Measurement(mean=1.0)})
    plate = room.plate("P.1.1")
    assert plate.status is LabwareStatus.REMOVED
    assert [each.place for each in plate.history] == ["hotel", "hotel", "nest_1", "nest_1", "hotel", ""]
    assert room.replayed() == room.state


def test_a_plate_tells_whose_sample_is_in_which_well() -> None:
    room = PlateRoom(workcell())
    batch = Batch(size=2, labware="plate", wells=("A1", "A2"))
    room.made = room.made.model_copy(update={"batch": batch})
    samples = (Sample(number=1, trial="P.1", well="A1"), Sample(number=2, control="blank", well="A2"))
    room.begin(samples=samples)
    assert room.plate("P.1.1").wells == {"A1": "P.1", "A2": "blank"}


def test_a_step_goes_to_the_instrument_where_its_plate_stands() -> None:
    room = PlateRoom(workcell(nests=2), trials=2)
    room.begin()
    room.done("P.1.1.there.1")
    room.done("P.2.1.there.1")
    placed = {run: room.where(run) for run in ("P.1.1", "P.2.1")}
    assert sorted(placed.values()) == ["nest_1", "nest_2"]
    for run, place in placed.items():
        assert room.order(f"{run}.read.1").instrument == f"reader_{place[-1]}"


def test_a_run_without_room_waits_and_says_who_has_it() -> None:
    room = PlateRoom(workcell(hotel=1), trials=2)
    room.begin()
    assert room.plate("P.2.1").status is LabwareStatus.EXPECTED
    assert whys(room, "P.2.1", "there") == "there is no room for plate at hotel: it holds P.1.1.plate"
    for step in ("there", "read", "back"):
        room.done(f"P.1.1.{step}.1", signal=1.0)
        assert not crowded(room.state)
    room.take(RunAnalysed, run="P.1.1", outcomes={"signal": Measurement(mean=1.0)})
    assert room.out() == ["P.2.1.there.1"], "as soon as the first has left"


def test_runs_do_not_take_the_places_that_others_need_to_go_on() -> None:
    room = PlateRoom(workcell(hotel=2, nests=1), trials=3)
    room.begin()
    room.done("P.1.1.there.1")
    assert room.plate("P.3.1").status is LabwareStatus.EXPECTED, "with it in the hotel the first could not come back"
    assert "others could not go on" not in whys(room, "P.2.1", "there")


def test_a_failed_move_loses_the_plate_until_a_person_says_where_it_is() -> None:
    room = PlateRoom(workcell(), trials=2)
    room.begin(tuple(each.model_copy(update={"retries": 1}) for each in steps()))
    room.finish("P.1.1.there.1", Failed(failure=FailureKind.UNDEFINED, message="it slipped"))
    plate = room.plate("P.1.1")
    assert (plate.status, plate.keeps) == (LabwareStatus.LOST, ("hotel", "nest_1"))
    assert room.out() == [], "nest_1 may be taken: no other plate goes there"
    assert "labd labware move P.1.1.plate" in whys(room, "P.1.1", "there")
    room.take(r.LabwareMoved, labware="P.1.1.plate", to="hotel", by="eva", reason="it lay on the table")
    assert room.out() == ["P.1.1.there.2"]
    assert room.plate("P.1.1").history[-2].by == "eva"
    assert room.replayed() == room.state


@pytest.mark.parametrize(
    ("outcome", "where", "amount", "doubtful"),
    [
        (Refused(message="no such place"), LabwareStatus.REMOVED, 10.0, 0.0),
        (Failed(failure=FailureKind.VALIDATION, message="no such place"), LabwareStatus.REMOVED, 10.0, 0.0),
        (Failed(failure=FailureKind.DEFINED, message="dropped"), LabwareStatus.LOST, 10.0, 1.0),
        (Unknown(message="the driver died"), LabwareStatus.LOST, 10.0, 1.0),
        (Succeeded(), LabwareStatus.STANDING, 9.0, 0.0),
    ],
)
def test_what_becomes_of_matter_goes_by_the_outcome(
    outcome: Outcome, where: LabwareStatus, amount: float, doubtful: float
) -> None:
    """After a failure the run is over: a plate that has not moved leaves, one that is lost does not."""
    room = PlateRoom(workcell())
    there, *rest = steps()
    room.begin((there.model_copy(update={"consumes": {"medium": 1.0}}), *rest))
    room.hear("arm", report("P.1.1.there.1", outcome))
    stock = room.state.stock["medium"]
    assert room.plate("P.1.1").status is where
    reserved = sum(sum(each.values()) for each in stock.reserved.values())
    assert (stock.amount, stock.doubtful) == (amount, doubtful)
    assert reserved == (1.0 if room.out() == ["P.1.1.read.1"] else 0.0)


@pytest.mark.parametrize(
    ("resolution", "where", "left"),
    [
        (Resolution.DONE, "nest_1", 8.0),
        (Resolution.NOT_DONE, "hotel>nest_1", 9.0),
    ],
)
def test_a_person_says_what_became_of_an_unknown_move(resolution: Resolution, where: str, left: float) -> None:
    room = PlateRoom(workcell())
    there, *rest = steps()
    room.begin((there.model_copy(update={"consumes": {"medium": 1.0}}), *rest))
    room.finish("P.1.1.there.1", Unknown(message="the driver died"))
    room.take(CommandResolved, command="P.1.1.there.1", resolution=resolution, by="eva", reason="I looked")
    assert room.where("P.1.1") == where
    assert room.state.stock["medium"].available(room.now) == pytest.approx(left), "the next order has reserved, too"


def test_without_stock_the_step_waits_and_goes_on_after_the_refill() -> None:
    room = PlateRoom(workcell(medium=0.5, capacity=20.0))
    room.begin()
    room.done("P.1.1.there.1")
    assert room.out() == []
    assert room.state.runs["P.1.1"].steps["read"].status is StepStatus.WAITING
    assert whys(room, "P.1.1", "read") == "medium is short: 0.5 mL available, 1 mL needed: refill it"
    with pytest.raises(TransitionError, match=r"room for 19\.5 mL"):
        room.take(r.StockRefilled, stock="medium", lot=Lot(lot="M2", amount=30.0), by="eva")
    room.take(r.StockRefilled, stock="medium", lot=Lot(lot="M2", amount=10.0), by="eva", reason="empty")
    assert room.state.stock["medium"].reserved == {"P.1.1.read.1": {"M1": 0.5, "M2": 0.5}}


def test_expired_stock_is_not_used() -> None:
    room = PlateRoom(workcell(medium=0.0))
    room.take(r.StockRefilled, stock="medium", lot=Lot(lot="old", amount=5.0, expires=room.now), by="eva")
    room.begin()
    room.done("P.1.1.there.1")
    assert room.out() == []
    assert "lot old has expired" in whys(room, "P.1.1", "read")


def test_a_plate_at_an_instrument_stays_after_its_run_until_somebody_takes_it_away() -> None:
    room = PlateRoom(workcell(hotel=3), trials=2)
    room.begin()
    room.done("P.1.1.there.1")
    room.finish("P.1.1.read.1", Failed(failure=FailureKind.DEFINED, message="no light"))
    assert room.where("P.1.1") == "nest_1"
    assert whys(room, "P.2.1", "there") == "there is no room for plate at nests: it holds P.1.1.plate"
    room.take(r.LabwareMoved, labware="P.1.1.plate", to="", by="eva", reason="thrown away")
    assert room.out() == ["P.2.1.there.1"]


CLEAN_UP = PlannedStep(
    name="away", role="transport", capability="move", move=Move(labware="plate", to="hotel"), phase="clean_up"
)


def test_the_clean_up_takes_the_plate_away_after_a_failure() -> None:
    room = PlateRoom(workcell(hotel=3), trials=2)
    room.begin((*steps()[:2], CLEAN_UP))
    room.done("P.1.1.there.1")
    room.finish("P.1.1.read.1", Failed(failure=FailureKind.DEFINED, message="no light"))
    assert room.out() == ["P.1.1.away.1"]
    room.done("P.1.1.away.1")
    assert room.plate("P.1.1").status is LabwareStatus.REMOVED
    assert room.out() == ["P.2.1.there.1"]


def test_what_is_out_of_the_room_is_not_cleaned_up() -> None:
    room = PlateRoom(workcell(hotel=3), trials=2)
    room.begin((*steps()[:2], CLEAN_UP))
    room.done("P.1.1.there.1")
    room.take(r.LabwareMoved, labware="P.1.1.plate", to="", by="eva", reason="it leaks")
    room.finish("P.1.1.read.1", Failed(failure=FailureKind.DEFINED, message="no plate"))
    assert [(each.step, each.reason) for each in room.happened(StepSkipped)] == [
        ("away", "plate is out of the room"),
    ]
    assert "P.1.1" not in room.state.runs


def test_a_person_who_finished_a_failed_move_says_so() -> None:
    room = PlateRoom(workcell())
    there, *rest = steps()
    room.begin((there, *rest))
    room.finish("P.1.1.there.1", Unknown(message="the driver died"))
    assert room.plate("P.1.1").status is LabwareStatus.LOST
    room.take(StepChanged, run="P.1.1", step="there", change="mark_done", by="eva", reason="I put it there")
    assert room.where("P.1.1") == "nest_1"
    assert room.out() == ["P.1.1.read.1"]


def test_a_person_cannot_put_two_plates_where_one_fits() -> None:
    room = PlateRoom(workcell(), trials=2)
    room.begin()
    with pytest.raises(TransitionError, match=r"nest_1 is full: P\.1\.1\.plate"):
        room.take(r.LabwareMoved, labware="P.2.1.plate", to="nest_1", by="eva")
    with pytest.raises(NotFound, match="no location 'moon'"):
        room.take(r.LabwareMoved, labware="P.2.1.plate", to="moon", by="eva")


def test_nothing_begins_on_an_instrument_that_is_out_of_service() -> None:
    room = PlateRoom(workcell())
    room.take(r.InstrumentWithdrawn, instrument="arm", by="eva", reason="it squeaks")
    room.begin()
    assert room.out() == []
    room.take(r.InstrumentWithdrawn, instrument="arm", service="quarantined", by="eva", reason="it dropped one")
    assert room.state.instruments["arm"].service is ServiceStatus.QUARANTINED
    with pytest.raises(TransitionError):
        room.take(r.InstrumentWithdrawn, instrument="arm", by="eva", reason="again")
    room.take(r.InstrumentRestored, instrument="arm", by="eva", reason="greased")
    assert room.out() == ["P.1.1.there.1"]


OUTCOMES: tuple[Outcome, ...] = (
    Succeeded(result={"signal": 1.0}),
    Succeeded(result={"signal": 1.0}),
    Succeeded(result={"signal": 1.0}),
    Failed(failure=FailureKind.DEFINED, message="x"),
    Refused(message="x", reason="not_ready"),
    Unknown(message="x"),
)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(1, 3), st.integers(1, 2), st.integers(1, 5))
def test_no_place_is_ever_crowded_and_what_is_used_is_used_once(
    data: st.DataObject, hotel: int, nests: int, trials: int
) -> None:
    room = PlateRoom(workcell(hotel=hotel, nests=nests, medium=3.0), trials=trials)
    room.begin()
    used = 0.0
    for _ in range(20):
        out = room.out()
        if not out:
            break
        command = data.draw(st.sampled_from(out))
        outcome = data.draw(st.sampled_from(OUTCOMES))
        room.finish(command, outcome)
        used += isinstance(outcome, Succeeded) and ".read." in command
        medium = room.state.stock["medium"]
        assert not crowded(room.state)
        assert medium.amount == pytest.approx(3.0 - used)
        assert medium.available(room.now) >= 0
        assert medium.amount - medium.doubtful >= 0
    assert room.replayed() == room.state


@settings(max_examples=25, deadline=None)
@given(st.data(), st.integers(1, 3), st.integers(1, 2), st.integers(1, 6))
def test_without_faults_every_run_comes_to_its_end(data: st.DataObject, hotel: int, nests: int, trials: int) -> None:
    room = PlateRoom(workcell(hotel=hotel, nests=nests, medium=50.0), trials=trials)
    room.begin()
    for _ in range(3 * trials):
        command = data.draw(st.sampled_from(room.out()))
        room.done(command, signal=1.0)
        if ".back." in command:
            room.take(RunAnalysed, run=command.partition(".back")[0], outcomes={"signal": Measurement(mean=1.0)})
        assert not crowded(room.state)
    assert not room.state.labware
    assert len(room.state.removed) == trials


def test_a_reserved_arm_makes_the_room_that_its_own_step_lacks() -> None:
    cell = workcell(hotel=4, nests=2)
    cell = cell.model_copy(update={"locations": {**cell.locations, "deck": Location()}})
    there, read, back = steps(ends="deck")
    plan = (
        there.model_copy(update={"move": Move(labware="plate", to="nest_1")}),
        read,
        back.model_copy(update={"gaps": {"read": Gap(at_most_s=60)}}),
        PlannedStep(name="hold", role="reader", capability="read", instrument="reader_2", after=("back",)),
        PlannedStep(
            name="away",
            role="transport",
            capability="move",
            move=Move(labware="plate", to="hotel"),
            after=("hold",),
        ),
    )
    room = PlateRoom(cell, trials=2)
    room.begin(plan)
    for command in ("P.1.1.there.1", "P.1.1.read.1", "P.1.1.back.1", "P.2.1.there.1", "P.2.1.read.1"):
        room.done(command, signal=1.0)
    assert whys(room, "P.2.1", "back") == "there is no room for plate at deck: it holds P.1.1.plate"
    assert room.state.runs["P.2.1"].reserved["back"].instruments == ("arm",)
    room.done("P.1.1.hold.1", signal=1.0)
    assert room.out() == ["P.1.1.away.1"], "although the arm is kept for the other"
    room.done("P.1.1.away.1")
    assert room.out() == ["P.2.1.back.1"]
