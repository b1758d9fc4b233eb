"""The steps of a run: skipped, stood in for, recovered, late, in their phases, changed by a person; their timers."""

from datetime import timedelta
from typing import Any, Literal

import pytest

from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.blob import SCHEME
from labd.domain.command import Failed, FailureKind, Resolution, Succeeded, Unknown
from labd.domain.errors import NotFound, TransitionError
from labd.domain.problem import Measurement
from labd.domain.step_events import PersonAnswered, PersonAsked, StepChanged, StepSkipped, WindowBroken
from labd.domain.steps import PERSON, Gap, Prompt, Step
from labd.lifecycles.run import RunStatus, StepStatus
from labd.lifecycles.trial import TrialStatus
from tests.scenery import protocol
from tests.unit.lifecycles.room import Room, report

STALLED = Failed(failure=FailureKind.DEFINED, message="stalled")
RUN = "C.1.1"


def mix(name: str = "mix", **more: Any) -> Step:
    arguments = {"sample": "${run.id}", "share": "${share}"}
    return Step(name=name, role="mixer", capability="mix", arguments=arguments, **more)


def read(name: str = "read", **more: Any) -> Step:
    return Step(name=name, role="meter", capability="read", arguments={"sample": "${run.id}"}, **more)


def look(**more: Any) -> Step:
    return Step(name="look", role=PERSON, capability="answer", prompt=Prompt(text="Is ${run.id} clear?"), **more)


def running(*steps: Step, runs: int = 1) -> Room:
    """A campaign of one trial with these steps, begun."""
    room = Room()
    room.furnished()
    room.campaign(protocol(trials=1, parallel=1, runs=runs).model_copy(update={"steps": steps}))
    room.suggest()
    return room


def orders(room: Room) -> list[str]:
    """The steps that were ordered, in order, with their attempt."""
    return [f"{each.order.step}.{each.order.attempt}" for each in room.happened(e.CommandIssued)]


def skipped(room: Room) -> list[str]:
    return [each.step for each in room.happened(StepSkipped)]


def status(room: Room, name: str) -> StepStatus:
    return room.state.runs[RUN].steps[name].status


def analysed(room: Room) -> dict[str, dict[str, Any]]:
    """The results that the analysis is given."""
    (asked,) = [each for each in room.effects if isinstance(each, f.AnalyseRun)]
    return asked.results


def timers(effects: list[f.Effect]) -> dict[str, float]:
    """The timers of steps, by name, in seconds from the morning."""
    found = [each for each in effects if isinstance(each, f.SetTimer) and "/" in each.timer]
    return {each.timer: each.at.timestamp() for each in found}


# --- conditions


@pytest.mark.parametrize(("when", "done"), [("${steps.mix.volume > 0.5}", True), ("${steps.mix.volume > 1.5}", False)])
def test_a_step_is_chosen_by_an_earlier_result(when: str, done: bool) -> None:
    room = running(mix(), mix("dilute", after=("mix",), when=when), read(after=("dilute",)))
    room.finish(f"{RUN}.mix.1")
    if done:
        room.finish(f"{RUN}.dilute.1")
    assert skipped(room) == ([] if done else ["dilute"])
    room.finish(f"{RUN}.read.1")
    assert ("dilute" in analysed(room)) is done


def test_a_condition_over_parameters_is_looked_at_when_the_run_begins() -> None:
    room = running(mix(when="${share > 0.5}"), read())
    assert skipped(room) == ["mix"]
    room.finish(f"{RUN}.read.1")
    assert analysed(room).keys() == {"read"}


def test_what_is_done_again_until_it_is_good_has_one_name() -> None:
    again = {"alias": "wash.mix"}
    steps = [
        mix("wash__1__mix", **again),
        mix("wash__2__mix", **again, after=("wash__1__mix",), when="${steps.wash.mix.volume < 0.1}"),
        mix("wash__3__mix", **again, after=("wash__2__mix",), when="${steps.wash.mix.volume < 0.1}"),
        read(after=("wash__3__mix",)),
    ]
    room = running(*steps)
    room.finish(f"{RUN}.wash__1__mix.1", Succeeded(result={"volume": 0.01}))
    room.finish(f"{RUN}.wash__2__mix.1", Succeeded(result={"volume": 0.5}))
    assert skipped(room) == ["wash__3__mix"]
    room.finish(f"{RUN}.read.1")
    assert analysed(room)["wash.mix"] == {"volume": 0.5}


def test_a_condition_that_cannot_be_worked_out_fails_the_run() -> None:
    room = running(mix(), mix("more", after=("mix",), when="${steps.mix.volume / 0 > 1}"))
    room.finish(f"{RUN}.mix.1")
    (failed,) = room.happened(e.RunFailed)
    assert failed.reason.startswith("more: its condition cannot be worked out")


def test_a_condition_over_what_a_skipped_step_would_have_given_is_false() -> None:
    after_nothing = mix("more", after=("dilute",), when="${steps.dilute.volume > 1}")
    room = running(mix(), mix("dilute", after=("mix",), when="${steps.mix.volume > 9}"), after_nothing)
    room.finish(f"{RUN}.mix.1")
    assert [each.step for each in room.happened(StepSkipped)] == ["dilute", "more"]
    assert not room.happened(e.RunFailed)


def test_of_several_that_are_skipped_at_once_each_is_skipped_once() -> None:
    never = "${steps.read.signal > 1}"
    room = running(
        read(retries=1),
        mix("flush", recovers="read"),
        mix("shake", recovers="read"),
        read("by_hand", instead_of="read"),
        read("by_eye", instead_of="read"),
        mix("one", after=("read",), when=never),
        mix("two", after=("read", "one"), when=never),
        mix("rinse", phase="clean_up", when=never),
        mix("dry", phase="clean_up", when=never),
        mix("wipe", phase="clean_up", instead_of="rinse"),
    )
    room.observe_after_mix(RUN)
    assert sorted(skipped(room)) == sorted(
        ["flush", "shake", "by_hand", "by_eye", "one", "two", "rinse", "dry", "wipe"]
    )
    assert not room.state.runs


# --- stand-ins


def test_a_stand_in_is_done_in_anothers_stead_and_speaks_in_its_name() -> None:
    by_hand = read("by_hand", instead_of="read", alias="read")
    room = running(mix(), read(after=("mix",)), by_hand, mix("rinse", after=("read",)))
    room.finish(f"{RUN}.mix.1")
    room.finish(f"{RUN}.read.1", STALLED)
    assert orders(room) == ["mix.1", "read.1", "by_hand.1"]
    room.finish(f"{RUN}.by_hand.1", Succeeded(result={"signal": 0.7}))
    room.finish(f"{RUN}.rinse.1")
    assert analysed(room)["read"] == {"signal": 0.7}
    assert not room.happened(e.RunFailed)


def test_a_stand_in_that_nobody_needs_is_skipped() -> None:
    last = read("from_memory", instead_of="by_hand")
    room = running(read(), read("by_hand", instead_of="read"), last)
    room.finish(f"{RUN}.read.1")
    assert skipped(room) == ["by_hand", "from_memory"]
    assert room.state.runs[RUN].status is RunStatus.MEASURED


def test_without_another_stand_in_the_run_fails() -> None:
    room = running(read(), read("by_hand", instead_of="read"), mix(after=("read",)))
    room.finish(f"{RUN}.read.1", STALLED)
    assert not room.happened(e.RunFailed)
    room.finish(f"{RUN}.by_hand.1", STALLED)
    assert [each.reason for each in room.happened(e.RunFailed)] == ["read: stalled"]
    assert "mix.1" not in orders(room)


def test_a_sample_that_is_discarded_is_not_saved_by_a_stand_in() -> None:
    room = running(mix(), mix("by_hand", instead_of="mix"), read(after=("mix",)))
    room.finish(f"{RUN}.mix.1", Unknown(message="died in the middle"))
    room.take(e.CommandResolved, command=f"{RUN}.mix.1", resolution=Resolution.DISCARD)
    assert room.happened(e.RunFailed)
    assert orders(room) == ["mix.1"]


# --- recovery and cool-down


def test_a_recovery_is_done_before_each_retry_and_at_no_other_time() -> None:
    room = running(read(retries=2), mix("flush", recovers="read"), mix("shake", recovers="read", after=("flush",)))
    assert orders(room) == ["read.1"]
    room.finish(f"{RUN}.read.1", STALLED)
    assert status(room, "read") is StepStatus.RECOVERING
    for attempt in (1, 2):
        room.finish(f"{RUN}.flush.{attempt}")
        room.finish(f"{RUN}.shake.{attempt}")
        room.finish(f"{RUN}.read.{attempt + 1}", STALLED if attempt == 1 else None)
    assert orders(room) == ["read.1", "flush.1", "shake.1", "read.2", "flush.2", "shake.2", "read.3"]
    assert room.state.runs[RUN].status is RunStatus.MEASURED
    assert room.replayed() == room.state


def test_a_recovery_that_nobody_needs_is_skipped() -> None:
    room = running(read(retries=2), mix("flush", recovers="read"))
    room.finish(f"{RUN}.read.1")
    assert skipped(room) == ["flush"]
    assert room.state.runs[RUN].status is RunStatus.MEASURED


def test_a_recovery_that_fails_takes_its_step_along() -> None:
    room = running(read(retries=2), mix("flush", recovers="read"), read("by_hand", instead_of="read"))
    room.finish(f"{RUN}.read.1", STALLED)
    room.finish(f"{RUN}.flush.1", STALLED)
    assert status(room, "read") is StepStatus.FAILED
    assert orders(room)[-1] == "by_hand.1", "the stand-in is there for that, too"
    room.finish(f"{RUN}.by_hand.1")
    assert room.state.runs[RUN].status is RunStatus.MEASURED


def test_a_cool_down_passes_between_a_failure_and_the_next_attempt() -> None:
    room = running(read(retries=1, cool_down_s=30))
    before = len(room.effects)
    room.finish(f"{RUN}.read.1", STALLED)
    begins = room.now + timedelta(seconds=30)
    assert timers(room.effects[before:]) == {f"{RUN}/read": begins.timestamp()}
    assert orders(room) == ["read.1"]
    room.now = begins
    room.take(e.TimerFired, timer=f"{RUN}/read")
    assert orders(room) == ["read.1", "read.2"]


# --- gaps and windows


def test_a_step_waits_for_its_gap_also_through_a_restart() -> None:
    room = running(mix(), read(after=("mix",), gaps={"mix": Gap(at_least_s=600)}))
    room.finish(f"{RUN}.mix.1")
    begins = room.now + timedelta(seconds=600)
    assert orders(room) == ["mix.1"]
    restarted = room.take(e.DaemonStarted, epoch=2, version="test")
    assert timers(restarted) == {f"{RUN}/read": begins.timestamp()}
    room.now = begins - timedelta(seconds=5)
    early = room.take(e.TimerFired, timer=f"{RUN}/read")
    assert timers(early) == {f"{RUN}/read": begins.timestamp()}, "a timer that is early is set anew"
    room.furnished()
    room.now = begins
    room.take(e.TimerFired, timer=f"{RUN}/read")
    assert orders(room) == ["mix.1", "read.1"]


WINDOW = (mix(), read(after=("mix",), gaps={"mix": Gap(at_most_s=900)}))


@pytest.mark.parametrize(("minutes", "late"), [(14.9, False), (20, True)])
def test_a_window_that_is_broken_flags_the_trial_and_nothing_is_learnt(minutes: float, late: bool) -> None:
    room = running(*WINDOW)
    room.finish(f"{RUN}.mix.1")
    room.tick(minutes * 60 - 2)
    room.hear("meter_1", report(f"{RUN}.read.1", None, accepted=True))
    room.observe_after_mix(RUN)
    assert [(each.step, each.after, each.at_most_s) for each in room.happened(WindowBroken)] == [
        ("read", "mix", 900.0)
    ] * late
    assert room.trial(1).status is TrialStatus.OBSERVED
    assert room.trial(1).outcomes == {"signal": Measurement(mean=0.5)}, "the outcome is kept"
    assert room.trial(1).flags == (("timing_violation",) if late else ())
    assert [each.trial for each in room.mixing.observations] == ([] if late else ["C.1"])


def test_a_window_is_measured_by_when_the_action_truly_ended() -> None:
    room = running(*WINDOW)
    room.hear("mixer_1", report(f"{RUN}.mix.1", None, accepted=True))
    late = report(f"{RUN}.mix.1", Succeeded(result={"volume": 1.0}))
    late = late.model_copy(update={"device_time": late.device_time + timedelta(minutes=1)})
    room.tick(1800)
    room.hear("mixer_1", late)
    room.hear("meter_1", report(f"{RUN}.read.1", None, accepted=True))
    (broken,) = room.happened(WindowBroken)
    assert broken.gap_s == pytest.approx(1800 - 60, abs=5), "it was done after a minute, and told after half an hour"


def test_where_nobody_said_when_it_began_the_usual_duration_tells() -> None:
    room = running(*WINDOW)
    room.finish(f"{RUN}.mix.1")
    room.tick(1200)
    told = report(f"{RUN}.read.1", Succeeded(result={"signal": 0.5}))
    room.hear("meter_1", told.model_copy(update={"device_time": room.now}))
    (broken,) = room.happened(WindowBroken)
    assert broken.gap_s == pytest.approx(1200 - 30, abs=5)


# --- phases


def phased(**more: Any) -> Room:
    return running(
        mix("prime", phase="preparation"),
        mix(),
        read(after=("mix",)),
        mix("rinse", phase="clean_up", **more),
        mix("dry", phase="clean_up", after=("rinse",)),
    )


def test_preparation_comes_first_and_clean_up_last() -> None:
    room = phased()
    assert orders(room) == ["prime.1"]
    room.finish(f"{RUN}.prime.1")
    room.observe(RUN)
    assert orders(room) == ["prime.1", "mix.1", "read.1", "rinse.1"]
    assert room.trial(1).status is TrialStatus.OBSERVED, "the outcomes do not wait for it"
    assert room.status() == "finished"
    room.finish(f"{RUN}.rinse.1")
    room.finish(f"{RUN}.dry.1")
    assert not room.state.runs
    assert not room.state.commands
    assert room.replayed() == room.state


def test_it_is_cleaned_up_after_a_failure() -> None:
    room = phased()
    room.finish(f"{RUN}.prime.1")
    room.finish(f"{RUN}.mix.1", STALLED)
    assert orders(room) == ["prime.1", "mix.1", "rinse.1"]
    room.finish(f"{RUN}.rinse.1")
    room.finish(f"{RUN}.dry.1")
    assert orders(room)[-1] == "dry.1"
    assert not room.state.runs


def test_it_is_cleaned_up_after_the_campaign_was_stopped_and_what_was_out_has_ended() -> None:
    room = phased()
    room.finish(f"{RUN}.prime.1")
    room.take(e.CampaignStopped, campaign="C")
    assert orders(room) == ["prime.1", "mix.1"]
    room.finish(f"{RUN}.mix.1")
    assert orders(room) == ["prime.1", "mix.1", "rinse.1"], "it is over; the reading never begins"
    room.finish(f"{RUN}.rinse.1")
    room.finish(f"{RUN}.dry.1")
    assert not room.state.runs


def test_nothing_is_cleaned_up_while_the_campaign_is_paused() -> None:
    room = phased()
    room.finish(f"{RUN}.prime.1")
    room.take(e.CampaignPaused, campaign="C")
    room.finish(f"{RUN}.mix.1", STALLED)
    assert "rinse.1" not in orders(room)
    room.take(e.CampaignResumed, campaign="C")
    assert "rinse.1" in orders(room)


def test_what_of_the_clean_up_fails_is_said_and_holds_up_nothing() -> None:
    room = phased()
    room.finish(f"{RUN}.prime.1")
    room.observe(RUN)
    room.finish(f"{RUN}.rinse.1", STALLED)
    room.finish(f"{RUN}.dry.1")
    assert room.trial(1).notes == (f"clean-up of {RUN}: rinse failed: stalled",)
    assert room.trial(1).status is TrialStatus.OBSERVED
    assert not room.state.runs


def test_a_clean_up_has_conditions_stand_ins_and_recoveries_of_its_own() -> None:
    room = running(
        read(),
        mix("rinse", phase="clean_up", retries=1, when="${steps.read.signal < 1}"),
        mix("flush", recovers="rinse"),
        mix("wipe", instead_of="rinse"),
        mix("never", phase="clean_up", when="${steps.read.signal > 1}"),
    )
    room.observe_after_mix(RUN)
    assert skipped(room) == ["never"]
    room.finish(f"{RUN}.rinse.1", STALLED)
    room.finish(f"{RUN}.flush.1")
    room.finish(f"{RUN}.rinse.2", STALLED)
    room.finish(f"{RUN}.wipe.1")
    assert orders(room) == ["read.1", "rinse.1", "flush.1", "rinse.2", "wipe.1"]
    assert not room.state.runs


def test_after_a_stop_nobody_cleans_up_for_a_campaign_that_has_ended() -> None:
    room = phased()
    room.finish(f"{RUN}.prime.1")
    room.observe(RUN)
    room.take(e.LaboratoryStopped, stop="S1", by="ada", reason="smoke")
    room.finish(f"{RUN}.rinse.1", STALLED)
    assert skipped(room) == ["dry"]
    room.take(e.LaboratoryReleased, by="ada", reason="no fire")
    assert orders(room)[-1] == "rinse.1"
    assert not room.state.runs


# --- persons


def asks(room: Room) -> list[str]:
    return [each.text for each in room.happened(PersonAsked)]


def answer(room: Room, **result: Any) -> None:
    room.take(PersonAnswered, run=RUN, step="look", result=result, by="bob")


def test_a_person_is_asked_once_and_what_they_say_is_a_result() -> None:
    room = running(mix(), look(after=("mix",)), read(after=("look",), when="${steps.look.option == 'yes'}"))
    room.finish(f"{RUN}.mix.1")
    assert asks(room) == [f"Is {RUN} clear?"]
    room.take(e.DaemonStarted, epoch=2, version="test")
    room.furnished()
    assert len(asks(room)) == 1
    answer(room, option="yes", photo={"blob": f"{SCHEME}{'0' * 64}", "size_bytes": 3, "media_type": "image/png"})
    assert orders(room) == ["mix.1", "read.1"]
    assert [each.step for each in room.trial(1).data] == ["look"]
    with pytest.raises(TransitionError):
        answer(room, option="no")
    assert room.replayed() == room.state


def test_nobody_is_asked_while_the_campaign_is_paused_or_everything_stopped() -> None:
    room = running(mix(), look(after=("mix",)))
    room.take(e.LaboratoryStopped, stop="S1", by="ada", reason="smoke")
    room.finish(f"{RUN}.mix.1")
    assert not asks(room)
    room.take(e.LaboratoryReleased, by="ada", reason="no fire")
    assert not asks(room)
    room.take(e.CampaignResumed, campaign="C")
    assert len(asks(room)) == 1


def test_it_is_cleaned_up_when_the_person_has_answered() -> None:
    room = running(look(), read(after=("look",)), mix("rinse", phase="clean_up"))
    room.take(e.CampaignStopped, campaign="C")
    assert not orders(room), "somebody may have their hands in it"
    answer(room, option="yes")
    assert orders(room) == ["rinse.1"]


def test_a_person_can_be_late_too() -> None:
    room = running(mix(), look(after=("mix",), gaps={"mix": Gap(at_most_s=60)}))
    room.finish(f"{RUN}.mix.1")
    room.tick(120)
    answer(room, option="yes")
    assert [each.step for each in room.happened(WindowBroken)] == ["look"]


# --- a person's hand


def change(room: Room, step: str, what: Literal["skip", "retry", "mark_done", "abort"], **result: Any) -> None:
    room.take(StepChanged, run=RUN, step=step, change=what, by="ada", reason="I was there", result=result)


def test_a_waiting_step_is_skipped() -> None:
    room = running(mix(), mix("dilute", after=("mix",)), read(after=("dilute",)))
    change(room, "dilute", "skip")
    room.finish(f"{RUN}.mix.1")
    assert orders(room) == ["mix.1", "read.1"]


def test_a_step_is_marked_done_with_what_it_gave() -> None:
    room = running(mix(), read(after=("mix",)))
    room.finish(f"{RUN}.mix.1", Unknown(message="died"))
    change(room, "mix", "mark_done", volume=2.0)
    room.finish(f"{RUN}.read.1")
    assert analysed(room)["mix"] == {"volume": 2.0}
    assert not room.state.runs[RUN].steps["mix"].reason.startswith("died")


def test_what_failed_and_has_a_stand_in_can_be_done_again_instead() -> None:
    room = running(read(), look(instead_of="read"))
    room.finish(f"{RUN}.read.1", STALLED)
    assert len(asks(room)) == 1
    change(room, "read", "retry")
    assert orders(room) == ["read.1", "read.2"]
    room.finish(f"{RUN}.read.2")
    assert room.state.runs[RUN].status is RunStatus.RUNNING, "the person is still asked"
    answer(room, option="yes")
    assert room.state.runs[RUN].status is RunStatus.MEASURED


def test_a_stand_in_that_was_given_up_before_anybody_needed_it_holds_nothing_up() -> None:
    room = running(read(), look(instead_of="read"))
    change(room, "look", "abort")
    room.finish(f"{RUN}.read.1")
    assert room.state.runs[RUN].status is RunStatus.MEASURED


def test_what_is_in_hand_is_cancelled_and_not_tried_again() -> None:
    room = running(mix(retries=5), read(after=("mix",)))
    with pytest.raises(TransitionError):
        change(room, "mix", "skip")
    change(room, "mix", "abort")
    (told,) = [each for each in room.effects if isinstance(each, f.SendControl)]
    assert (told.action, told.command, told.by) == ("cancel", f"{RUN}.mix.1", "ada")
    room.finish(f"{RUN}.mix.1", Failed(failure=FailureKind.DEFINED, message="cancelled"))
    assert orders(room) == ["mix.1"]
    assert [each.reason for each in room.happened(e.RunFailed)] == ["mix: cancelled"]


@pytest.mark.parametrize("what", ["skip", "abort", "mark_done"])
def test_a_question_can_be_taken_back(what: Literal["skip", "abort", "mark_done"]) -> None:
    room = running(look(), read(after=("look",)))
    change(room, "look", what)
    assert orders(room) == ([] if what == "abort" else ["read.1"])
    assert bool(room.happened(e.RunFailed)) is (what == "abort")


@pytest.mark.parametrize("what", ["skip", "retry", "mark_done", "abort"])
def test_what_is_over_is_changed_no_more(what: Literal["skip", "retry", "mark_done", "abort"]) -> None:
    room = running(mix(), read(after=("mix",)), mix("rinse", phase="clean_up"))
    room.finish(f"{RUN}.mix.1")
    with pytest.raises(TransitionError):
        change(room, "mix", what)
    with pytest.raises(NotFound):
        change(room, "stir", what)
    room.observe_after_mix(RUN)
    with pytest.raises(TransitionError):
        change(room, "read", what)


def test_a_clean_up_that_waits_is_given_up_by_a_person() -> None:
    room = phased()
    room.finish(f"{RUN}.prime.1")
    room.take(e.CampaignPaused, campaign="C")
    room.finish(f"{RUN}.mix.1", STALLED)
    for name in ("rinse", "dry"):
        change(room, name, "skip")
    assert not room.state.runs
