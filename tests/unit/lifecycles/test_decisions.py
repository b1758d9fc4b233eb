"""What is decided about an event: retries, runs, budgets, pauses, ends, and what a restart takes up again."""

from datetime import timedelta

import pytest

from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.command import Failed, FailureKind, Outcome, Refused, Resolution, Succeeded, Unknown
from labd.domain.errors import NotFound, TransitionError
from labd.domain.problem import Effort, Goal, Measurement, Objective, Suggestion
from labd.lifecycles import Settled, begin, follow, receive
from labd.lifecycles.command import CommandStatus
from labd.lifecycles.decisions import ANSWER_WITHIN, ASK_AGAIN
from labd.lifecycles.fold.commands import PUT_OFF_AT_MOST
from labd.lifecycles.trial import TrialStatus
from labd.wire.messages import Birth, State
from tests.scenery import PROBLEM, descriptor, later, protocol
from tests.unit.lifecycles.room import Room, report

STALLED = Failed(failure=FailureKind.DEFINED, message="stalled")
LOST = Unknown(message="died in the middle")
DONE = Succeeded(result={"volume": 1.0, "signal": 0.5})


def begun(*, trials: int = 4, parallel: int = 1, retries: int = 1, runs: int = 2) -> Room:
    """A campaign whose first suggestions are being mixed."""
    room = Room()
    room.furnished()
    room.campaign(protocol(trials=trials, parallel=parallel, retries=retries, runs=runs))
    room.suggest()
    return room


def fail_trial(room: Room, number: int) -> None:
    """Use up every run of a trial by failed analyses."""
    for run in range(1, room.mixing.protocol.runs_per_trial + 1):
        room.finish(f"C.{number}.{run}.mix.1")
        room.finish(f"C.{number}.{run}.read.1")
        room.take(e.RunFailed, run=f"C.{number}.{run}", reason="no peak")


# --- the good way


def test_a_step_follows_the_other_and_the_analysis_both() -> None:
    room = begun()
    room.finish("C.1.1.mix.1")
    assert room.order("C.1.1.read.1").instrument == "meter_1"
    room.finish("C.1.1.read.1")
    (asked,) = [each for each in room.effects if isinstance(each, f.AnalyseRun)]
    assert asked.results["read"]["signal"] == 0.5
    room.take(e.RunAnalysed, run="C.1.1", outcomes={"signal": Measurement(mean=0.5)})
    assert room.trial(1).status is TrialStatus.OBSERVED
    assert room.mixing.request is not None, "the next suggestion is asked for at once"


def test_what_comes_together_is_looked_at_together_and_each_step_begins_once() -> None:
    room = begun(parallel=2)
    out = [each for each in room.state.commands.values() if each.status is CommandStatus.ISSUED]
    state = room.state
    events: list[e.Event] = []
    for command in out:
        for effect in receive(state, command.order.instrument, report(command.order.command, DONE), later(900), None):
            assert isinstance(effect, f.Record)
            state, new, _ = follow(state, effect.event)
            events += new
    assert not any(isinstance(each, e.CommandIssued) for each in events)
    begun_now = begin(state, events)
    meters = sum("meter" in it.roles for it in state.instruments.values())
    issued = [each.order for each in begun_now.events if isinstance(each, e.CommandIssued)]
    assert [each.step for each in issued].count("read") == min(len(out), meters) > 0
    assert len({each.instrument for each in issued}) == len(issued)
    assert {each.order.command for each in begun_now.effects if isinstance(each, f.SendCommand)} == {
        each.command for each in issued
    }
    room.events += [*events, *begun_now.events]
    assert room.replayed() == begun_now.state
    assert begin(begun_now.state, issued_events(begun_now)).events == ()


def issued_events(settled: Settled) -> list[e.Event]:
    return [each for each in settled.events if isinstance(each, e.CommandIssued)]


def test_what_is_closed_is_forgotten_and_what_is_folded_is_the_same() -> None:
    room = begun()
    room.observe("C.1.1")
    assert not room.state.runs
    assert not room.state.commands
    assert room.replayed() == room.state


def test_two_trials_are_mixed_side_by_side_and_read_one_after_the_other() -> None:
    room = begun(parallel=2)
    assert {room.order(f"C.{n}.1.mix.1").instrument for n in (1, 2)} == {"mixer_1", "mixer_2"}
    room.finish("C.2.1.mix.1")
    room.finish("C.1.1.mix.1")
    assert "C.2.1.read.1" in room.state.commands
    assert "C.1.1.read.1" not in room.state.commands
    room.finish("C.2.1.read.1")
    assert "C.1.1.read.1" in room.state.commands


def test_an_instrument_that_is_not_heard_gets_no_order() -> None:
    room = Room()
    room.campaign()
    room.suggest()
    assert not room.state.commands
    room.furnished()
    assert len(room.state.commands) == 2


# --- retries and runs


@pytest.mark.parametrize("outcome", [STALLED, Refused(message="not now")])
def test_a_step_is_ordered_again_as_often_as_it_declares(outcome: Outcome) -> None:
    room = begun(retries=1)
    room.finish("C.1.1.mix.1", outcome)
    assert room.order("C.1.1.mix.2").attempt == 2
    room.finish("C.1.1.mix.2", outcome)
    (failed,) = room.happened(e.RunFailed)
    assert failed.reason == f"mix: {outcome.message}"  # type: ignore[union-attr]
    assert room.order("C.1.2.mix.1").run == "C.1.2"


def test_a_trial_fails_when_its_runs_are_used_up_and_the_planner_learns_it() -> None:
    room = begun(retries=0, runs=2)
    room.finish("C.1.1.mix.1", STALLED)
    room.finish("C.1.2.mix.1", STALLED)
    assert room.trial(1).status is TrialStatus.FAILED
    (seen,) = room.mixing.observations
    assert seen.failed
    assert not seen.outcomes
    assert room.mixing.failures == 1


def test_a_failed_analysis_uses_up_a_run_like_a_failed_step() -> None:
    room = begun(runs=2)
    fail_trial(room, 1)
    assert room.trial(1).status is TrialStatus.FAILED
    assert room.trial(1).reason == "no peak"


def test_failures_one_after_the_other_pause_the_campaign() -> None:
    room = begun(trials=20, runs=1)
    for number in range(1, 6):
        fail_trial(room, number)
        if number < 5:
            assert room.status() == "running"
            room.suggest()
    assert room.status() == "paused"
    assert room.mixing.note == "5 trials failed one after the other"
    assert room.mixing.request is None
    room.take(e.CampaignResumed, campaign="C")
    assert room.status() == "running"
    assert room.mixing.request is not None, "a person who resumes wants it tried again"


def test_a_trial_that_works_ends_the_row_of_failures() -> None:
    room = begun(trials=20, runs=1)
    fail_trial(room, 1)
    room.suggest()
    room.observe("C.2.1")
    assert room.mixing.failures == 0


def test_who_refuses_because_it_is_busy_is_left_alone_until_it_is_idle() -> None:
    room = Room()
    room.hear("mixer_1", Birth(descriptor=descriptor("mixer_1")))
    room.hear("mixer_1", State(session="S1", sequence=1, status="busy", commands=("C.9.1.mix.1",)))
    room.campaign(protocol(parallel=1, retries=5))
    room.suggest()
    room.finish("C.1.1.mix.1", Refused(message="busy with C.9.1.mix.1"))
    assert "C.1.1.mix.2" not in room.state.commands
    room.hear("mixer_1", State(session="S1", sequence=2, status="idle"))
    assert "C.1.1.mix.2" in room.state.commands


def test_an_order_at_the_wrong_moment_uses_up_no_attempt() -> None:
    room = begun(retries=0, parallel=1)
    room.hear("mixer_2", State(session="S1", sequence=2, status="offline"))
    room.hear("mixer_1", State(session="S1", sequence=2, status="stopped"))
    room.finish("C.1.1.mix.1", Refused(message="stopped", reason="not_ready"))
    assert "C.1.1.mix.2" not in room.state.commands, "it waits until the instrument is idle"
    room.hear("mixer_1", State(session="S1", sequence=3, status="idle"))
    assert room.order("C.1.1.mix.2").attempt == 2, "each order has an id of its own"
    room.finish("C.1.1.mix.2")
    assert "C.1.1.read.1" in room.state.commands


def test_who_calls_itself_idle_and_is_never_ready_does_not_turn_the_laboratory_round_for_ever() -> None:
    room = begun(retries=0, parallel=1, runs=1)
    for attempt in range(1, PUT_OFF_AT_MOST + 2):
        room.finish(f"C.1.1.mix.{attempt}", Refused(message="not now", reason="not_ready"))
    (failed,) = room.happened(e.RunFailed)
    assert failed.reason == "mix: not now"


def test_who_is_still_busy_with_what_is_finished_here_is_ordered_at_once() -> None:
    room = begun(parallel=1)
    room.hear("mixer_1", State(session="S1", sequence=2, status="busy", commands=("C.1.1.mix.1",)))
    room.hear("mixer_2", State(session="S1", sequence=2, status="offline"))
    room.finish("C.1.1.mix.1", STALLED)
    assert room.order("C.1.1.mix.2").instrument == "mixer_1"


# --- ends


def test_the_budget_ends_it_when_the_last_trial_is_closed() -> None:
    room = begun(trials=3, parallel=2)
    room.observe("C.1.1")
    assert room.mixing.request is not None
    assert room.mixing.request.count == 1, "no more is asked for than may be run"
    room.suggest()
    room.observe("C.2.1")
    assert room.status() == "running"
    room.observe("C.3.1")
    assert room.status() == "finished"
    assert room.mixing.note == "3 trials were made"
    assert room.mixing.ended == room.now


@pytest.mark.parametrize(("goal", "target", "mean"), [(Goal.MAXIMISE, 0.9, 0.95), (Goal.MINIMISE, 0.1, 0.05)])
def test_the_target_ends_it(goal: Goal, target: float, mean: float) -> None:
    wanted = PROBLEM.model_copy(update={"objectives": (Objective(outcome="signal", goal=goal, target=target),)})
    room = Room()
    room.furnished()
    room.campaign(protocol(trials=9).model_copy(update={"problem": wanted}))
    room.suggest()
    room.observe("C.1.1", mean)
    assert room.status() == "running", "the other trial is still open"
    assert room.mixing.request is None
    room.observe("C.2.1", 0.5)
    assert room.status() == "finished"
    assert room.mixing.note == "the target was reached"
    assert room.mixing.best is not None
    assert room.mixing.best.trial == "C.1"


def test_a_planner_with_nothing_left_ends_it() -> None:
    room = Room()
    room.furnished()
    room.campaign()
    room.suggest(0)
    assert room.status() == "finished"
    assert room.mixing.note == "every point was tried"


def test_what_planning_took_adds_up() -> None:
    room = begun()
    assert room.mixing.effort == Effort(), "nobody measured it"
    for number, took in enumerate(
        [Effort(cpu_s=0.5, device="cpu"), None, Effort(cpu_s=1, device="cuda", gpu_s=2, energy_j=300)], 2
    ):
        room.observe(f"C.{number - 1}.1")
        request = room.mixing.request
        assert request is not None
        point = (Suggestion(parameters={"share": number / 10}, method="sobol"),)
        room.take(
            e.SuggestionsMade,
            campaign="C",
            request=request.number,
            first=number,
            suggestions=point,
            wall_s=1,
            took=took,
        )
    assert room.mixing.effort == Effort(cpu_s=1.5, device="cuda", gpu_s=2, energy_j=300)


def test_a_planner_that_fails_pauses_it_and_is_asked_again_on_resume() -> None:
    room = Room()
    room.furnished()
    room.campaign()
    room.take(e.PlanningFailed, campaign="C", request=1, message="out of memory")
    assert room.status() == "paused"
    assert "out of memory" in room.mixing.note
    room.take(e.CampaignResumed, campaign="C")
    requests = [each for each in room.effects if isinstance(each, f.RequestSuggestions)]
    assert [each.request for each in requests] == [1, 2]
    assert requests[0].seed != requests[1].seed


def test_an_answer_to_an_old_question_is_refused() -> None:
    room = begun()
    with pytest.raises(TransitionError, match="does not wait"):
        room.take(e.SuggestionsMade, campaign="C", request=1, first=2, suggestions=())


# --- stop, pause, and what still arrives


def test_a_stop_abandons_what_is_open_and_a_late_result_still_counts() -> None:
    room = begun()
    room.finish("C.1.1.mix.1")
    room.take(e.CampaignStopped, campaign="C", reason="enough")
    assert room.status() == "stopped"
    assert room.trial(1).status is TrialStatus.ABANDONED
    room.finish("C.1.1.read.1")
    room.take(e.RunAnalysed, run="C.1.1", outcomes={"signal": Measurement(mean=0.7)})
    assert room.trial(1).status is TrialStatus.OBSERVED
    assert [each.outcomes["signal"].mean for each in room.mixing.observations] == [0.7]
    assert room.status() == "stopped"
    assert not room.state.runs
    assert room.replayed() == room.state


def test_a_stop_begins_nothing_that_was_waiting() -> None:
    room = begun()
    room.take(e.CampaignStopped, campaign="C")
    room.finish("C.1.1.mix.1")
    assert "C.1.1.read.1" not in room.state.commands
    assert room.trial(1).status is TrialStatus.ABANDONED
    assert not room.state.runs


def test_a_pause_lets_the_step_end_and_begins_no_other() -> None:
    room = begun()
    room.take(e.CampaignPaused, campaign="C")
    room.finish("C.1.1.mix.1")
    assert "C.1.1.read.1" not in room.state.commands
    room.take(e.CampaignResumed, campaign="C")
    assert "C.1.1.read.1" in room.state.commands


# --- nobody knows


def test_what_declares_to_be_discarded_is_discarded_without_a_person() -> None:
    room = begun()
    room.finish("C.1.1.mix.1")
    room.finish("C.1.1.read.1", LOST)
    (resolved,) = room.happened(e.CommandResolved)
    assert (resolved.resolution, resolved.by) == (Resolution.DISCARD, "labd")
    assert room.order("C.1.2.mix.1").run == "C.1.2", "a new sample, a new run"


@pytest.mark.parametrize(
    ("resolution", "then"),
    [
        (Resolution.DONE, "C.1.1.read.1"),
        (Resolution.NOT_DONE, "C.1.1.mix.2"),
        (Resolution.DISCARD, "C.1.2.mix.1"),
    ],
)
def test_everything_else_waits_for_a_person(resolution: Resolution, then: str) -> None:
    room = begun()
    room.finish("C.1.1.mix.1", LOST)
    assert room.state.commands["C.1.1.mix.1"].status is CommandStatus.UNKNOWN
    assert list(room.state.commands) == ["C.1.1.mix.1"]
    result = {"volume": 1.0} if resolution is Resolution.DONE else {}
    room.take(e.CommandResolved, command="C.1.1.mix.1", resolution=resolution, result=result)
    assert then in room.state.commands


def test_what_the_driver_has_reported_is_not_for_a_person_to_say() -> None:
    room = begun()
    room.finish("C.1.1.mix.1")
    with pytest.raises(TransitionError) as refused:
        room.take(e.CommandResolved, command="C.1.1.mix.1", resolution=Resolution.DONE)
    assert refused.value.hint
    with pytest.raises(NotFound):
        room.take(e.CommandResolved, command="C.9.1.mix.1", resolution=Resolution.DONE)


# --- time, and the driver's silence


def test_an_order_without_an_answer_is_asked_about_and_never_sent_twice() -> None:
    room = begun()
    assert f.SetTimer("C.1.1.mix.1", room.happened(e.CommandIssued)[0].at + ANSWER_WITHIN) in room.effects
    room.effects.clear()
    room.take(e.TimerFired, timer="C.1.1.mix.1")
    assert room.effects == [
        f.SendAsk("mixer_1", "C.1.1.mix.1"),
        f.SetTimer("C.1.1.mix.1", room.now + ASK_AGAIN),
    ]


def test_beyond_its_timeout_it_is_overdue_asked_about_and_still_taken() -> None:
    room = begun()
    room.hear("mixer_1", report("C.1.1.mix.1", None, accepted=True))
    assert f.SetTimer("C.1.1.mix.1", room.now + timedelta(seconds=600)) in room.effects
    room.take(e.TimerFired, timer="C.1.1.mix.1")
    assert room.state.commands["C.1.1.mix.1"].status is CommandStatus.OVERDUE
    assert f.SendAsk("mixer_1", "C.1.1.mix.1") in room.effects
    room.finish("C.1.1.mix.1", Succeeded(result={"volume": 1.0}))
    assert "C.1.1.read.1" in room.state.commands
    assert f.CancelTimer("C.1.1.mix.1") in room.effects


def test_days_of_silence_are_asked_about_more_and_more_rarely() -> None:
    room = begun()
    room.hear("mixer_1", report("C.1.1.mix.1", None, accepted=True))
    asked = 0
    while room.now < later(48 * 3600):
        (again,) = [each.at for each in room.take(e.TimerFired, timer="C.1.1.mix.1") if isinstance(each, f.SetTimer)]
        assert ASK_AGAIN <= again - room.now <= timedelta(minutes=30)
        room.now = again
        asked += 1
    assert 48 * 2 <= asked < 48 * 2 + 30


def test_a_timer_of_what_has_ended_means_nothing() -> None:
    room = begun()
    room.observe("C.1.1")
    before = room.state
    assert room.take(e.TimerFired, timer="C.1.1.mix.1") == []
    assert room.state.commands == before.commands


# --- restart


def test_a_restart_asks_the_planner_the_same_again() -> None:
    room = Room()
    room.furnished()
    room.campaign()
    (first,) = [each for each in room.effects if isinstance(each, f.RequestSuggestions)]
    assert first in room.take(e.DaemonStarted, epoch=2, version="test")


def test_a_restart_analyses_what_was_measured() -> None:
    room = begun()
    room.finish("C.1.1.mix.1")
    room.finish("C.1.1.read.1")
    (first,) = [each for each in room.effects if isinstance(each, f.AnalyseRun)]
    assert first in room.take(e.DaemonStarted, epoch=2, version="test")


def test_a_restart_sends_nothing_again_but_asks() -> None:
    room = begun()
    led_to = room.take(e.DaemonStarted, epoch=2, version="test")
    assert not [each for each in led_to if isinstance(each, f.SendCommand)]
    assert f.SetTimer("C.1.1.mix.1", room.now + ANSWER_WITHIN) in led_to
    assert f.SendAsk("mixer_1", "C.1.1.mix.1") in room.take(e.LinkConnected)


def test_after_a_restart_who_was_not_heard_again_is_offline() -> None:
    room = begun()
    room.take(e.DaemonStarted, epoch=2, version="test")
    assert {str(each.status) for each in room.state.instruments.values()} == {"offline"}
    room.hear("meter_1", State(session="S1", sequence=9, status="idle"))
    assert room.state.instruments["meter_1"].status == "idle"


# --- data from elsewhere


def test_what_was_told_is_learnt_and_costs_no_budget() -> None:
    room = begun(trials=2)
    room.take(e.ObservationAdded, campaign="C", parameters={"share": 0.5}, outcomes={"signal": Measurement(mean=0.9)})
    assert room.mixing.told == 1
    assert room.mixing.budget_left == 1
    assert room.mixing.best is not None
    assert room.mixing.best.trial == "C.told1"
