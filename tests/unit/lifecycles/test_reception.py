"""What messages mean: what is taken, what is acknowledged and ignored, and what a person has to look at."""

import pytest

from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.command import Failed, FailureKind, Refused, Succeeded
from labd.lifecycles import needs_journal
from labd.lifecycles.command import CommandStatus
from labd.lifecycles.instrument import InstrumentStatus
from labd.wire.messages import Answer, Birth, Report, State, content_hash
from tests.scenery import descriptor, protocol
from tests.unit.lifecycles.room import Room, report

DONE = Succeeded(result={"volume": 1.0})
OTHER = Succeeded(result={"volume": 2.0})
COMMAND = "C.1.1.mix.1"


@pytest.fixture
def room() -> Room:
    """One mixer works on the first step of the first trial."""
    room = Room()
    room.furnished()
    room.campaign(protocol(parallel=1))
    room.suggest()
    assert room.order(COMMAND).instrument == "mixer_1"
    return room


def quarantined(decided: list[f.Effect]) -> list[str]:
    return [
        each.event.reason
        for each in decided
        if isinstance(each, f.Record) and isinstance(each.event, e.MessageQuarantined)
    ]


def acks(decided: list[f.Effect]) -> list[f.SendAck]:
    return [each for each in decided if isinstance(each, f.SendAck)]


# --- final reports


def test_an_outcome_is_recorded_and_acknowledged_after_the_record(room: Room) -> None:
    decided = room.hear("mixer_1", report(COMMAND, DONE))
    (record,) = decided
    assert isinstance(record, f.Record)
    assert isinstance(record.event, e.CommandFinished)
    assert f.SendAck("mixer_1", COMMAND, content_hash(COMMAND, DONE)) in room.effects


def test_the_same_report_again_is_acknowledged_and_no_more(room: Room) -> None:
    room.hear("mixer_1", report(COMMAND, DONE))
    before = len(room.events)
    assert room.hear("mixer_1", report(COMMAND, DONE)) == [
        f.SendAck("mixer_1", COMMAND, content_hash(COMMAND, DONE), repeat=True)
    ]
    assert len(room.events) == before


def test_the_same_report_after_the_run_is_closed_is_known_from_the_journal(room: Room) -> None:
    room.observe("C.1.1")
    again = report(COMMAND, Succeeded(result={"volume": 1.0, "signal": 0.5}))
    assert COMMAND not in room.state.commands
    assert needs_journal(room.state, again)
    assert room.hear("mixer_1", again, again.content_hash) == [
        f.SendAck("mixer_1", COMMAND, again.content_hash, repeat=True)
    ]


def test_another_content_under_the_same_command_is_for_a_person(room: Room) -> None:
    room.hear("mixer_1", report(COMMAND, DONE))
    decided = room.hear("mixer_1", report(COMMAND, OTHER))
    assert quarantined(decided) == ["another outcome of this command is recorded already"]
    assert len(acks(decided)) == 1, "the driver need not send it for ever"
    assert len(room.happened(e.CommandFinished)) == 1
    assert room.state.runs["C.1.1"].results == {"mix": {"volume": 1.0}}


def test_another_content_long_after_is_for_a_person_too(room: Room) -> None:
    room.observe("C.1.1")
    decided = room.hear("mixer_1", report(COMMAND, OTHER), content_hash(COMMAND, DONE))
    assert quarantined(decided) == ["another outcome of this command is recorded already"]
    assert len(acks(decided)) == 1


def test_a_hash_that_does_not_fit_is_for_a_person_and_not_acknowledged(room: Room) -> None:
    decided = room.hear("mixer_1", report(COMMAND, DONE, digest=content_hash(COMMAND, OTHER)))
    assert quarantined(decided) == [f"the content hash of '{COMMAND}' does not fit the content"]
    assert not acks(decided)
    assert room.state.commands[COMMAND].status is CommandStatus.ISSUED


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_a_failed_measurement(room: Room, number: str) -> None:
    outcome = Succeeded.model_validate_json(f'{{"result": {{"volume": 1.0, "peaks": [0.5, {number}]}}}}')
    decided = room.hear("mixer_1", report(COMMAND, outcome))
    assert quarantined(decided) == ["peaks[1] is not a number"]
    (finished,) = room.happened(e.CommandFinished)
    assert finished.outcome == Failed(failure=FailureKind.VALIDATION, message="peaks[1] is not a number")
    assert finished.content_hash == content_hash(COMMAND, outcome), "the driver is told that its own report is here"
    assert room.order("C.1.1.mix.2").attempt == 2, "a failed measurement is retried as the step declares"


def test_a_report_for_a_command_that_never_was_is_kept_and_acknowledged(room: Room) -> None:
    unheard = "C.9.1.mix.1"
    decided = room.hear("mixer_1", report(unheard, DONE))
    assert quarantined(decided) == [f"no command '{unheard}' was ever issued"]
    assert acks(decided) == [f.SendAck("mixer_1", unheard, content_hash(unheard, DONE))]


def test_a_report_of_somebody_elses_command_is_for_a_person(room: Room) -> None:
    decided = room.hear("mixer_2", report(COMMAND, DONE))
    assert quarantined(decided) == [f"the command '{COMMAND}' was given to mixer_1"]
    assert room.state.commands[COMMAND].status is CommandStatus.ISSUED
    assert not acks(decided)


def test_who_is_not_in_the_room_is_not_heard(room: Room) -> None:
    decided = room.hear("stranger", State(session="S1", sequence=1, status="idle"))
    assert quarantined(decided) == ["the workcell has no instrument 'stranger'"]
    assert "stranger" not in room.state.instruments


def test_a_refusal_is_an_outcome(room: Room) -> None:
    room.hear("mixer_1", report(COMMAND, Refused(message="too hot")))
    assert room.state.commands[COMMAND].status is CommandStatus.REFUSED


def test_what_is_not_acknowledged_comes_again_and_is_kept_once(room: Room) -> None:
    wrong = report(COMMAND, DONE, digest=content_hash(COMMAND, OTHER))
    stranger = State(session="S1", sequence=1, status="idle")
    for number in range(5):
        room.hear("mixer_1", wrong.model_copy(update={"sequence": number}))
        room.hear("mixer_2", report(COMMAND, DONE))
        room.hear("stranger", stranger.model_copy(update={"sequence": number}))
    assert room.state.quarantined == 3


# --- on the way


def test_accepted_is_recorded_once(room: Room) -> None:
    room.hear("mixer_1", report(COMMAND, None, accepted=True))
    assert room.state.commands[COMMAND].status is CommandStatus.ACCEPTED
    assert room.hear("mixer_1", report(COMMAND, None, accepted=True)) == []


def test_accepted_after_the_end_says_nothing_new(room: Room) -> None:
    room.hear("mixer_1", report(COMMAND, DONE))
    assert room.hear("mixer_1", report(COMMAND, None, accepted=True)) == []


def test_progress_is_no_event(room: Room) -> None:
    said = report(COMMAND, None).model_copy(update={"progress": 0.5})
    assert room.hear("mixer_1", said) == []
    assert not needs_journal(room.state, said)


def test_an_order_that_was_never_seen_is_sent_as_it_is(room: Room) -> None:
    first = room.order(COMMAND)
    room.hear("mixer_1", Answer(command=COMMAND, session="S1", standing="never_seen"))
    sent = [each.order for each in room.effects if isinstance(each, f.SendCommand)]
    assert sent == [first, first]


def test_an_order_in_hand_counts_as_accepted(room: Room) -> None:
    room.hear("mixer_1", Answer(command=COMMAND, session="S1", standing="in_hand"))
    assert room.state.commands[COMMAND].status is CommandStatus.ACCEPTED


@pytest.mark.parametrize("standing", ["never_seen", "in_hand"])
def test_an_answer_about_what_has_ended_changes_nothing(room: Room, standing: str) -> None:
    room.hear("mixer_1", report(COMMAND, DONE))
    answer = Answer.model_validate({"command": COMMAND, "session": "S1", "standing": standing})
    assert room.hear("mixer_1", answer) == []


# --- who speaks


@pytest.mark.parametrize("standing", ["never_seen", "in_hand"])
def test_an_answer_of_nobody_who_was_born_here_settles_nothing(room: Room, standing: str) -> None:
    answer = Answer.model_validate({"command": COMMAND, "session": "S9", "standing": standing})
    assert len(quarantined(room.hear("mixer_1", answer))) == 1
    assert room.state.commands[COMMAND].status is CommandStatus.ISSUED
    assert not [each for each in room.effects if isinstance(each, f.SendCommand)][1:], "it was sent again"


def test_an_outcome_under_anothers_name_is_kept_once_and_not_acknowledged(room: Room) -> None:
    foreign = report(COMMAND, DONE).model_copy(update={"session": "S9"})
    decided = [*room.hear("mixer_1", foreign), *room.hear("mixer_1", foreign)]
    assert ["who speaks in its name" in each for each in quarantined(decided)] == [True]
    assert acks(decided) == []
    assert room.state.commands[COMMAND].status is CommandStatus.ISSUED
    room.hear("mixer_1", report(COMMAND, DONE))
    assert room.state.commands[COMMAND].status is CommandStatus.SUCCEEDED, "its own driver's counts"


def test_after_a_new_birth_the_driver_before_it_settles_nothing(room: Room) -> None:
    room.hear("mixer_1", Birth(descriptor=descriptor("mixer_1", session="S2")))
    room.hear("mixer_1", report(COMMAND, DONE))
    assert room.state.commands[COMMAND].status is CommandStatus.ISSUED
    room.hear("mixer_1", report(COMMAND, DONE).model_copy(update={"session": "S2"}))
    assert room.state.commands[COMMAND].status is CommandStatus.SUCCEEDED


# --- births and states


def test_the_same_birth_again_is_no_event(room: Room) -> None:
    before = len(room.events)
    room.hear("mixer_1", Birth(descriptor=descriptor("mixer_1")))
    assert len(room.events) == before


def test_a_new_session_is_asked_about_what_is_out(room: Room) -> None:
    room.effects.clear()
    room.hear("mixer_1", Birth(descriptor=descriptor("mixer_1", "S2")))
    assert room.effects == [f.SendAsk("mixer_1", COMMAND)]


def test_the_will_of_an_earlier_life_is_not_believed(room: Room) -> None:
    room.hear("mixer_1", Birth(descriptor=descriptor("mixer_1", "S2")))
    room.hear("mixer_1", State(session="S2", sequence=1, status="idle"))
    assert room.hear("mixer_1", State(session="S1", sequence=0, status="offline")) == []
    assert room.state.instruments["mixer_1"].status is InstrumentStatus.IDLE


def test_the_will_of_this_life_is(room: Room) -> None:
    room.hear("mixer_1", State(session="S1", sequence=0, status="offline"))
    assert room.state.instruments["mixer_1"].status is InstrumentStatus.OFFLINE


def test_the_same_state_again_is_no_event(room: Room) -> None:
    assert room.hear("mixer_2", State(session="S1", sequence=7, status="idle")) == []


def test_a_long_message_is_kept_shortened_in_the_state_and_longer_in_the_journal(room: Room) -> None:
    long = Succeeded(result={"trace": [0.25] * 50_000})
    room.hear("mixer_1", report("nobody", long))
    (event,) = room.happened(e.MessageQuarantined)
    assert len(event.excerpt) == 65_536
    assert event.size_bytes > 200_000
    assert len(room.state.quarantine[-1].excerpt) == 500


def test_a_report_without_outcome_is_not_looked_up(room: Room) -> None:
    unknown = Report.model_validate(report("nobody", None).model_dump())
    assert not needs_journal(room.state, unknown)
    assert room.hear("mixer_1", unknown) == []
