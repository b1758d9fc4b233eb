"""Trials that are made ready beforehand: they wait for a place, and for nothing else."""

from labd.domain import edits
from labd.domain import events as e
from labd.domain.problem import Objective, PlannerSettings
from labd.domain.protocol import Protocol, Stopping
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.trial import TrialStatus
from tests.scenery import protocol
from tests.unit.lifecycles.room import Room


def ahead(number: int, parallel: int = 1, stopping: Stopping | None = None, target: float | None = None) -> Protocol:
    made = protocol(parallel=parallel, runs=1, trials=9)
    problem = made.problem.model_copy(
        update={
            "settings": PlannerSettings(parallel=parallel, ahead=number),
            "objectives": (Objective(outcome="signal", target=target),),
        }
    )
    return made.model_copy(update={"problem": problem, "stopping": stopping or made.stopping})


def running(made: Protocol) -> Room:
    room = Room()
    room.furnished()
    room.campaign(made)
    return room


def runs(room: Room) -> list[str]:
    return [each.run for each in room.happened(e.RunStarted)]


def asked_for(room: Room) -> int:
    request = room.mixing.request
    return request.count if request else 0


def test_the_next_is_ready_and_begins_when_the_one_before_ends() -> None:
    room = running(ahead(1))
    assert asked_for(room) == 2
    room.suggest()
    assert runs(room) == ["C.1.1"]
    assert room.trial(2).status is TrialStatus.PENDING
    assert asked_for(room) == 0
    room.observe("C.1.1")
    assert runs(room) == ["C.1.1", "C.2.1"], "without a word of the planner"
    assert asked_for(room) == 1
    assert room.replayed() == room.state


def test_a_person_says_which_is_next_and_moves_one_that_is_ready() -> None:
    room = running(ahead(2))
    room.suggest()
    room.take(edits.TrialsReordered, campaign="C", by="ann", order=("C.3",))
    room.take(edits.TrialEdited, by="ann", trial="C.2", parameters={"share": 0.9})
    assert runs(room) == ["C.1.1"], "it still waits for its place"
    room.observe("C.1.1")
    assert runs(room)[-1] == "C.3.1"
    room.observe("C.3.1")
    assert runs(room)[-1] == "C.2.1"
    assert room.replayed() == room.state


def test_one_that_is_ready_can_be_rejected_and_nothing_begins_in_a_pause() -> None:
    room = running(ahead(1))
    room.suggest()
    room.take(edits.TrialRejected, by="ann", trial="C.2")
    assert asked_for(room) == 1
    room.suggest()
    room.take(e.CampaignPaused, campaign="C", by="ann")
    room.finish("C.1.1.mix.1")
    room.take(e.DaemonStarted, epoch=2, version="test")
    assert runs(room) == ["C.1.1"]
    room.take(e.CampaignResumed, campaign="C", by="ann")
    room.furnished()
    room.observe_after_mix("C.1.1")
    assert runs(room) == ["C.1.1", "C.3.1"]
    assert room.replayed() == room.state


def test_what_is_ready_is_given_up_when_it_is_enough() -> None:
    room = running(ahead(1, target=5))
    room.suggest()
    room.observe("C.1.1", 6.0)
    assert room.trial(2).status is TrialStatus.ABANDONED
    assert room.status() == CampaignStatus.FINISHED
    assert runs(room) == ["C.1.1"]


def test_after_too_many_failures_nothing_that_is_ready_begins() -> None:
    room = running(ahead(1, stopping=Stopping(consecutive_failures=1)))
    room.suggest()
    room.take(e.RunFailed, run="C.1.1", reason="it fell")
    assert room.status() == CampaignStatus.PAUSED
    assert runs(room) == ["C.1.1"]
    room.take(e.CampaignResumed, campaign="C", by="ann")
    assert runs(room) == ["C.1.1", "C.2.1"]
