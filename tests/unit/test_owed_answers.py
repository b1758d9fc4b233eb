"""Orders whose answer does not come, or comes from where nobody looked: nothing is lost, nothing is done twice."""

import pytest

from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.command import Order, Resolution, Succeeded, Unknown
from labd.domain.workcell import Workcell
from labd.lifecycles.command import CommandStatus
from labd.lifecycles.dispatch import is_for_a_person, is_free
from labd.lifecycles.run import StepStatus
from labd.wire.messages import Answer, Birth, State, content_hash, order_hash
from tests.scenery import WORKCELL, descriptor, protocol
from tests.unit.lifecycles.room import Room, report

COMMAND = "C.1.1.mix.1"
DONE = Succeeded(result={"volume": 1.0})
NEVER = Answer(command=COMMAND, session="S1", standing="never_seen")


@pytest.fixture
def room() -> Room:
    """One mixer works on the first step of the first trial."""
    room = Room()
    room.furnished()
    room.campaign(protocol(parallel=1))
    room.suggest()
    return room


def without(*names: str) -> Workcell:
    left = {name: each for name, each in WORKCELL.instruments.items() if name not in names}
    return WORKCELL.model_copy(update={"instruments": left})


def sent(effects: list[f.Effect]) -> list[f.SendCommand]:
    return [each for each in effects if isinstance(each, f.SendCommand)]


# --- a driver that lost its memory


def test_an_order_that_was_accepted_once_is_not_sent_again_to_a_driver_that_forgot_it(room: Room) -> None:
    room.hear("mixer_1", report(COMMAND, None, accepted=True))
    before = len(sent(room.effects))
    room.hear("mixer_1", NEVER)
    assert len(sent(room.effects)) == before
    assert room.state.commands[COMMAND].status is CommandStatus.UNKNOWN
    assert room.state.runs["C.1.1"].steps["mix"].status is StepStatus.UNKNOWN


@pytest.mark.parametrize(("later", "again"), [("first", True), ("second", False), ("", True)])
def test_an_order_is_not_sent_again_to_a_driver_with_another_memory(later: str, again: bool) -> None:
    room = Room()
    room.hear("mixer_1", Birth(descriptor=descriptor("mixer_1"), ledger="first"))
    room.hear("mixer_1", State(session="S1", sequence=1, status="idle"))
    room.campaign(protocol(parallel=1))
    room.suggest()
    room.hear("mixer_1", Birth(descriptor=descriptor("mixer_1", "S2"), ledger=later))
    room.hear("mixer_1", Answer(command=COMMAND, session="S2", standing="never_seen", ledger=later))
    assert len(sent(room.effects)) == 1 + again
    assert room.state.commands[COMMAND].status is (CommandStatus.ISSUED if again else CommandStatus.UNKNOWN)


def test_a_restored_journal_goes_on_above_the_epoch_that_the_drivers_know(room: Room) -> None:
    asked = room.hear("mixer_1", Birth(descriptor=descriptor("mixer_1", "S2"), epoch=7))
    assert room.state.epoch == 8
    assert [each.epoch for each in room.happened(e.EpochRaised)] == [8]
    assert len(asked) == 2
    assert f.SendAsk("mixer_1", COMMAND) in room.effects
    assert room.status() == "paused", "samples may be further than this journal knows: a person looks first"
    room.hear("mixer_2", Birth(descriptor=descriptor("mixer_2", "S2"), epoch=8))
    assert room.state.epoch == 8, "its own epoch is no news"
    assert room.replayed() == room.state


def test_the_result_still_counts_when_the_driver_knew_it_after_all(room: Room) -> None:
    room.hear("mixer_1", report(COMMAND, None, accepted=True))
    room.hear("mixer_1", NEVER)
    room.finish(COMMAND, DONE)
    assert room.state.runs["C.1.1"].steps["mix"].status is StepStatus.DONE
    assert f.SendAck("mixer_1", COMMAND, content_hash(COMMAND, DONE)) in room.effects


def test_an_order_that_was_never_accepted_is_sent_again_as_it_was(room: Room) -> None:
    (first,) = sent(room.effects)
    room.hear("mixer_1", NEVER)
    assert sent(room.effects) == [first, first]


@pytest.mark.parametrize("standing", ["never_seen", "in_hand"])
def test_another_instruments_word_about_an_order_counts_for_nothing(room: Room, standing: str) -> None:
    before = len(room.events)
    room.hear("mixer_2", Answer.model_validate({"command": COMMAND, "session": "S1", "standing": standing}))
    room.hear("mixer_2", report(COMMAND, None, accepted=True))
    assert len(room.events) == before


def test_a_driver_that_was_cut_off_is_asked_as_soon_as_it_is_back(room: Room) -> None:
    assert room.hear("mixer_1", Birth(descriptor=descriptor("mixer_1"))) == [f.SendAsk("mixer_1", COMMAND)]
    assert room.hear("mixer_2", Birth(descriptor=descriptor("mixer_2"))) == []
    room.finish(COMMAND, DONE)
    assert room.hear("mixer_1", Birth(descriptor=descriptor("mixer_1"))) == []


# --- an instrument that left the workcell


def test_the_result_of_an_instrument_that_was_taken_out_of_the_workcell_is_taken(room: Room) -> None:
    room.take(e.WorkcellLoaded, workcell=without("mixer_1"))
    room.hear("mixer_1", report(COMMAND, DONE))
    assert room.state.runs["C.1.1"].steps["mix"].status is StepStatus.DONE
    acks = [each for each in room.hear("mixer_1", report(COMMAND, DONE)) if isinstance(each, f.SendAck)]
    assert acks == [f.SendAck("mixer_1", COMMAND, content_hash(COMMAND, DONE), repeat=True)]
    assert not room.state.quarantined


def test_once_forgotten_it_is_still_acknowledged(room: Room) -> None:
    room.observe("C.1.1")
    room.take(e.WorkcellLoaded, workcell=without("mixer_1"))
    known = content_hash(COMMAND, DONE)
    assert room.hear("mixer_1", report(COMMAND, DONE), known) == [f.SendAck("mixer_1", COMMAND, known, repeat=True)]


def test_an_instrument_that_comes_back_into_the_workcell_still_has_its_order(room: Room) -> None:
    room.take(e.WorkcellLoaded, workcell=without("mixer_1"))
    room.take(e.WorkcellLoaded, workcell=WORKCELL)
    assert room.state.instruments["mixer_1"].command == COMMAND
    assert room.replayed() == room.state


# --- a person settles what nobody answers for


@pytest.mark.parametrize(
    ("resolution", "step"),
    [
        (Resolution.DONE, StepStatus.DONE),
        (Resolution.NOT_DONE, StepStatus.ACTIVE),
        (Resolution.DISCARD, StepStatus.FAILED),
    ],
)
def test_a_person_settles_an_order_that_is_out_on_a_dead_instrument(
    room: Room, resolution: Resolution, step: StepStatus
) -> None:
    room.hear("mixer_1", State(session="S1", sequence=2, status="offline"))
    effects = room.take(e.CommandResolved, command=COMMAND, resolution=resolution)
    assert f.CancelTimer(COMMAND) in effects
    assert room.state.instruments["mixer_1"].command is None
    assert room.state.runs["C.1.1"].steps["mix"].status is step
    if resolution is Resolution.NOT_DONE:
        assert [each.order.instrument for each in sent(effects)] == ["mixer_2"]
    assert room.replayed() == room.state


def test_what_the_instrument_then_reports_all_the_same_is_kept_for_a_person(room: Room) -> None:
    room.take(e.CommandResolved, command=COMMAND, resolution=Resolution.NOT_DONE)
    room.finish(COMMAND, DONE)
    assert room.state.runs["C.1.1"].steps["mix"].status is StepStatus.ACTIVE
    (kept,) = room.happened(e.MessageQuarantined)
    assert '"volume":1.0' in kept.excerpt


def test_it_is_a_persons_affair_only_when_nobody_answers(room: Room) -> None:
    command = room.state.commands[COMMAND]
    assert not is_for_a_person(room.state, command, room.tick())
    room.hear("mixer_1", State(session="S1", sequence=2, status="busy", commands=(COMMAND,)))
    assert not is_for_a_person(room.state, command, room.tick(3600))
    room.hear("mixer_1", State(session="S1", sequence=3, status="offline"))
    assert is_for_a_person(room.state, command, room.tick())


def test_it_is_a_persons_affair_when_the_driver_does_not_know_or_the_instrument_is_gone(room: Room) -> None:
    room.finish(COMMAND, Unknown(message="died"))
    assert is_for_a_person(room.state, room.state.commands[COMMAND], room.tick())
    room.take(e.CommandResolved, command=COMMAND, resolution=Resolution.NOT_DONE)
    again = room.state.commands["C.1.1.mix.2"]
    room.take(e.WorkcellLoaded, workcell=without("mixer_1", "mixer_2"))
    assert is_for_a_person(room.state, again, room.tick())


# --- who is free


def test_an_instrument_that_is_busy_with_somebody_elses_order_is_not_free(room: Room) -> None:
    room.hear("mixer_2", State(session="S1", sequence=2, status="busy", commands=("X.1.1.mix.1",)))
    assert not is_free(room.state, room.state.instruments["mixer_2"])


def test_an_instrument_that_goes_on_with_what_a_person_settled_is_not_free(room: Room) -> None:
    room.take(e.CommandResolved, command=COMMAND, resolution=Resolution.NOT_DONE)
    room.hear("mixer_1", State(session="S1", sequence=2, status="busy", commands=(COMMAND,)))
    assert not is_free(room.state, room.state.instruments["mixer_1"])


# --- a limit beyond the calendar


def test_a_step_may_take_longer_than_there_are_dates() -> None:
    room = Room()
    room.furnished()
    made = protocol(parallel=1)
    endless = made.steps[0].model_copy(update={"timeout_s": 1e300})
    room.campaign(made.model_copy(update={"steps": (endless, *made.steps[1:])}))
    room.suggest()
    room.hear("mixer_1", report(COMMAND, None, accepted=True))
    assert room.state.commands[COMMAND].status is CommandStatus.ACCEPTED


# --- ids that repeat, as after a restored backup


def test_the_outcome_of_another_order_under_the_same_id_is_not_taken_for_this_ones(room: Room) -> None:
    other = room.order(COMMAND).model_copy(update={"arguments": {"sample": "C.1.1", "share": 0.9}})
    said = report(COMMAND, DONE).model_copy(update={"order_hash": order_hash(other)})
    room.hear("mixer_1", said)
    assert room.state.commands[COMMAND].status is CommandStatus.REFUSED
    assert room.state.runs["C.1.1"].steps["mix"].result is None
    (kept,) = room.happened(e.MessageQuarantined)
    assert '"volume":1.0' in kept.excerpt
    assert f.SendAck("mixer_1", COMMAND, content_hash(COMMAND, DONE)) in room.effects


def test_the_outcome_of_this_order_is_taken(room: Room) -> None:
    as_sent = Order.model_validate_json(room.order(COMMAND).model_dump_json())
    room.hear("mixer_1", report(COMMAND, DONE).model_copy(update={"order_hash": order_hash(as_sent)}))
    assert room.state.runs["C.1.1"].steps["mix"].status is StepStatus.DONE
