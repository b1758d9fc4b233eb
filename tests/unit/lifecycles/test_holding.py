"""The stop and the locks: nothing begins under them, nothing but a person's release ends a stop, and what was in hand
is judged by what is known of it."""

from datetime import timedelta

import pytest

from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.command import Failed, FailureKind, Refused, Unknown
from labd.domain.errors import NotFound, TransitionError
from labd.lifecycles.command import CommandStatus
from labd.lifecycles.dispatch import is_for_a_person
from labd.lifecycles.trial import TrialStatus
from labd.wire.messages import Answer, State, Stop
from tests.scenery import MORNING, protocol
from tests.unit.lifecycles.room import Room

STOPPED_SHORT = Failed(failure=FailureKind.DEFINED, message="stopped before its end")


def begun(*, trials: int = 4, parallel: int = 1, retries: int = 1) -> Room:
    room = Room()
    room.furnished()
    room.campaign(protocol(trials=trials, parallel=parallel, retries=retries))
    room.suggest()
    return room


def stopped(room: Room, stop: str = "STOP1") -> list[f.Effect]:
    return room.take(e.LaboratoryStopped, stop=stop, by="ada", reason="smoke")


def released(room: Room) -> list[f.Effect]:
    return room.take(e.LaboratoryReleased, by="ada", reason="a false alarm")


def sent(effects: list[f.Effect]) -> list[str]:
    return [each.order.command for each in effects if isinstance(each, f.SendCommand)]


def published(effects: list[f.Effect]) -> list[tuple[str, bool]]:
    return [(each.stop, each.stopped) for each in effects if isinstance(each, f.PublishStop)]


def state(stop: str = "", lock: str = "", status: str = "idle") -> State:
    return State.model_validate({"session": "S1", "sequence": 1, "status": status, "stop": stop, "lock": lock})


# --- the stop


def test_a_stop_is_said_to_all_and_pauses_what_runs() -> None:
    room = begun()
    assert published(stopped(room)) == [("STOP1", True)]
    assert room.status() == "paused"
    assert "ada: smoke" in room.mixing.note
    assert room.replayed() == room.state


def test_nothing_begins_while_it_is_stopped_and_nothing_by_itself_afterwards() -> None:
    room = begun(parallel=2)
    stopped(room)
    room.finish("C.1.1.mix.1")  # its mixer was quicker than the stop
    with pytest.raises(TransitionError, match="stopped by ada: smoke"):
        room.take(e.CampaignResumed, campaign="C")
    assert "C.1.1.read.1" not in room.state.commands
    released(room)
    assert "C.1.1.read.1" not in room.state.commands, "a person resumes it"
    room.take(e.CampaignResumed, campaign="C")
    assert "C.1.1.read.1" in room.state.commands


def test_no_campaign_is_started_while_it_is_stopped() -> None:
    room = Room()
    room.furnished()
    stopped(room)
    room.take(e.CampaignDrafted, campaign="C", name="mixing", protocol=protocol())
    with pytest.raises(TransitionError, match="labd release"):
        room.take(e.CampaignStarted, campaign="C")


def test_what_was_in_hand_is_not_repeated_and_says_nothing_about_the_point() -> None:
    room = begun(retries=3)
    stopped(room)
    room.finish("C.1.1.mix.1", STOPPED_SHORT)
    assert room.trial(1).status is TrialStatus.ABANDONED
    assert "stopped in the middle of mix" in room.trial(1).reason
    assert not room.mixing.observations
    assert not room.mixing.failures
    released(room)
    room.take(e.CampaignResumed, campaign="C")
    assert room.mixing.request is not None, "another trial takes its place"


def test_an_outcome_that_comes_after_the_release_is_judged_alike() -> None:
    room = begun(retries=3)
    stopped(room)
    released(room)
    room.finish("C.1.1.mix.1", STOPPED_SHORT)
    assert room.trial(1).status is TrialStatus.ABANDONED


def test_what_was_begun_after_the_release_fails_as_ever() -> None:
    room = begun(retries=1)
    stopped(room)
    room.finish("C.1.1.mix.1")
    released(room)
    room.take(e.CampaignResumed, campaign="C")
    room.finish("C.1.1.read.1", STOPPED_SHORT)
    assert room.trial(1).status is TrialStatus.PENDING
    assert room.trial(1).runs == 2, "the declared run is made anew"


def test_what_nobody_knows_is_asked_as_ever() -> None:
    room = begun()
    stopped(room)
    room.finish("C.1.1.mix.1", Unknown(message="died in the middle"))
    assert room.state.commands["C.1.1.mix.1"].status is CommandStatus.UNKNOWN
    assert room.trial(1).status is TrialStatus.PENDING


def test_a_refusal_for_the_stop_uses_up_no_attempt() -> None:
    room = begun(retries=0)
    stopped(room)
    room.finish("C.1.1.mix.1", Refused(message="stopped", reason="not_ready"))
    released(room)
    room.take(e.CampaignResumed, campaign="C")
    assert "C.1.1.mix.2" in room.state.commands


def test_an_order_that_never_arrived_waits_for_the_person_who_resumes() -> None:
    room = begun()
    stopped(room)
    never = Answer(command="C.1.1.mix.1", session="S1", standing="never_seen")
    room.effects.clear()
    room.hear("mixer_1", never)
    assert not sent(room.effects)
    assert f.CancelTimer("C.1.1.mix.1") in room.effects
    released(room)
    room.hear("mixer_1", never)
    assert not sent(room.effects), "the campaign is paused"
    asked = room.take(e.CampaignResumed, campaign="C")
    assert f.SendAsk("mixer_1", "C.1.1.mix.1") in asked
    room.hear("mixer_1", never)
    assert sent(room.effects) == ["C.1.1.mix.1"]


def test_an_order_that_never_arrived_is_not_sent_after_its_campaign() -> None:
    room = begun()
    stopped(room)
    room.take(e.CampaignStopped, campaign="C", by="ada")
    released(room)
    room.hear("mixer_1", Answer(command="C.1.1.mix.1", session="S1", standing="never_seen"))
    assert sent(room.effects) == ["C.1.1.mix.1"], "once, when it was issued"
    room.tick(120)
    command = room.state.commands["C.1.1.mix.1"]
    assert is_for_a_person(room.state, command, room.now), "its instrument waits for a word about it"


def test_a_stop_survives_a_restart_and_is_said_at_each_connect() -> None:
    room = begun()
    stopped(room)
    room.take(e.DaemonStarted, epoch=2, version="test")
    assert published(room.take(e.LinkConnected)) == [("STOP1", True)]
    released(room)
    assert not published(room.take(e.LinkConnected)), "nothing may be said over what somebody presses meanwhile"


def test_only_what_is_stopped_can_be_released() -> None:
    room = Room()
    with pytest.raises(TransitionError):
        released(room)
    assert published(stopped(room)) == [("STOP1", True)]
    assert published(released(room)) == [("STOP1", False)]


# --- others' words on the stop topic


def foreign(stop: str, *, pressed: bool = True) -> Stop:
    return Stop(id=stop, stopped=pressed, by="button", reason="", at=MORNING + timedelta(days=1))


def own(room: Room, *, pressed: bool) -> Stop:
    """What the daemon published, as it comes back."""
    (*_, last) = [each for each in room.effects if isinstance(each, f.PublishStop) and each.stopped is pressed]
    return Stop(id=last.stop, stopped=last.stopped, by=last.by, reason=last.reason, at=last.at)


def test_whoever_may_publish_may_stop() -> None:
    room = begun()
    assert published(room.hear_stop(foreign("BUTTON"))) == [("BUTTON", True)]
    assert room.status() == "paused"
    (event,) = room.happened(e.LaboratoryStopped)
    assert event.by == "button"


def test_what_the_daemon_said_itself_is_no_news() -> None:
    room = begun()
    stopped(room)
    assert not room.hear_stop(own(room, pressed=True))
    released(room)
    assert not room.hear_stop(own(room, pressed=False))
    assert len(room.happened(e.LaboratoryStopped)) == 1


def test_a_foreign_release_is_answered_by_the_stop_and_kept_for_a_person() -> None:
    room = begun()
    stopped(room)
    assert published(room.hear_stop(foreign("STOP1", pressed=False))) == [("STOP1", True)]
    assert room.state.safety.stopped
    assert "not in the journal" in room.happened(e.MessageQuarantined)[-1].reason


def test_an_emptied_topic_releases_nothing_and_is_filled_again() -> None:
    room = begun()
    assert not room.hear_stop(None)
    stopped(room)
    assert published(room.hear_stop(None)) == [("STOP1", True)]


def test_an_old_broker_that_remembers_a_released_stop_is_told() -> None:
    room = begun()
    stopped(room)
    words = own(room, pressed=True)
    released(room)
    assert published(room.hear_stop(words)) == [("STOP1", False)]
    assert not room.state.safety.stopped


def test_a_button_that_always_says_the_same_stops_each_time() -> None:
    room = begun()
    room.hear_stop(foreign("BUTTON"))
    released(room)
    assert published(room.hear_stop(foreign("BUTTON"))) == [("BUTTON", True)]
    assert room.state.safety.stopped


def test_one_release_ends_all_that_was_pressed() -> None:
    room = begun()
    stopped(room, "STOP2")
    assert not published(room.hear_stop(foreign("STOP1"))), "the later one holds"
    assert published(room.hear_stop(foreign("STOP3"))) == [("STOP3", True)]
    assert published(released(room)) == [("STOP3", False)]


def test_a_stop_of_which_only_an_instrument_has_heard_is_everybodys() -> None:
    room = begun()
    room.hear("meter_1", state(stop="BUTTON", status="stopped"))
    assert room.state.safety.stop == "BUTTON"
    assert room.state.safety.stopped


def test_an_instrument_that_missed_the_release_is_told_again() -> None:
    room = begun()
    stopped(room)
    room.hear("meter_1", state(stop="STOP1", status="stopped"))
    released(room)
    assert published(list(room.hear("meter_1", state(stop="STOP1", status="stopped")))) == [("STOP1", False)]
    assert not room.state.safety.stopped


# --- the lock


def controls(effects: list[f.Effect]) -> list[tuple[str, str]]:
    return [(each.instrument, each.action) for each in effects if isinstance(each, f.SendControl)]


def locked(room: Room, instrument: str = "meter_1", by: str = "ada") -> list[f.Effect]:
    return room.take(e.InstrumentLocked, instrument=instrument, by=by, reason="cleaning")


def test_a_locked_instrument_gets_no_order_and_finishes_what_it_has() -> None:
    room = begun()
    assert controls(locked(room, "mixer_1")) == [("mixer_1", "lock")]
    assert controls(locked(room)) == [("meter_1", "lock")]
    room.finish("C.1.1.mix.1")
    assert "C.1.1.read.1" not in room.state.commands
    assert controls(room.take(e.InstrumentUnlocked, instrument="meter_1", by="bob")) == [("meter_1", "unlock")]
    assert "C.1.1.read.1" in room.state.commands
    assert room.replayed() == room.state


def test_a_driver_that_missed_a_lock_or_its_end_is_told_again() -> None:
    room = begun()
    locked(room)
    assert controls(room.hear("meter_1", state())) == [("meter_1", "lock")]
    assert not controls(room.hear("meter_1", state(lock="ada: cleaning")))
    room.take(e.InstrumentUnlocked, instrument="meter_1", by="ada")
    assert controls(room.hear("meter_1", state(lock="ada: cleaning"))) == [("meter_1", "unlock")]
    assert not controls(room.hear("meter_1", state()))


def test_a_lock_at_the_machine_itself_is_respected() -> None:
    room = begun()
    room.hear("meter_1", state(lock="the front panel"))
    room.finish("C.1.1.mix.1")
    assert "C.1.1.read.1" not in room.state.commands
    with pytest.raises(TransitionError, match="held at the machine: the front panel"):
        room.take(e.InstrumentUnlocked, instrument="meter_1")
    room.hear("meter_1", state())
    assert "C.1.1.read.1" in room.state.commands


def test_a_lock_belongs_to_who_has_it() -> None:
    room = begun()
    locked(room)
    with pytest.raises(TransitionError, match="ada: cleaning"):
        locked(room, by="bob")
    with pytest.raises(NotFound):
        locked(room, "nothing")


@pytest.mark.parametrize(
    ("kind", "action"),
    [(e.InstrumentPaused, "pause"), (e.InstrumentResumed, "resume"), (e.InstrumentReset, "reset")],
)
def test_a_persons_hand_on_an_instrument_is_one_control(kind: type[e.InstrumentPaused], action: str) -> None:
    room = begun()
    assert controls(room.take(kind, instrument="meter_1", by="ada")) == [("meter_1", action)]


def test_a_cancel_names_the_command() -> None:
    room = begun()
    (told,) = room.take(e.CancelRequested, command="C.1.1.mix.1", by="ada", reason="wrong vial")
    assert told == f.SendControl("mixer_1", "cancel", 1, "C.1.1.mix.1", "ada", "wrong vial")
    with pytest.raises(NotFound):
        room.take(e.CancelRequested, command="C.9.1.mix.1")
