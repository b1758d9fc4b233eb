"""When a campaign has done enough, and of what it says which trial is the best: goals, limits, fidelity."""

from typing import Any

import pytest

from labd.domain import edits
from labd.domain import events as e
from labd.domain.problem import Fidelity, Goal, Limit, Measurement, Objective, Observation
from labd.domain.protocol import OutcomeSpec, Protocol, Stopping
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.trial import TrialStatus
from tests.scenery import protocol
from tests.unit.lifecycles.room import Room


def wanting(stopping: Stopping | None = None, *, parallel: int = 1, **problem: Any) -> Protocol:
    made = protocol(parallel=parallel, runs=1)
    wanted = made.problem.model_copy(update=problem)
    return made.model_copy(update={"stopping": stopping or Stopping(trials=9), "problem": wanted})


def running(made: Protocol) -> Room:
    room = Room()
    room.furnished()
    room.campaign(made)
    return room


def rules(room: Room) -> list[str | None]:
    return [each.rule for each in room.happened(e.CampaignFinished)]


LITTLE = Stopping(improvement_below=0.5, improvement_for=2)


def test_a_campaign_that_expects_too_little_is_over() -> None:
    room = running(wanting(LITTLE))
    room.suggest()  # the start: no model spoke
    room.observe("C.1.1")
    room.suggest(improvement=0.4)
    room.observe("C.2.1")
    room.suggest(improvement=0.3)
    assert room.trial(3).status is TrialStatus.ABANDONED, "nobody expects anything of it"
    assert room.status() == CampaignStatus.FINISHED
    assert room.mixing.note == "an improvement of less than 0.5 was expected 2 times in a row"
    assert rules(room) == ["improvement"]
    assert room.replayed() == room.state


def test_once_much_is_expected_the_count_begins_anew() -> None:
    room = running(wanting(LITTLE))
    for improvement in (0.4, 0.6, 0.4):
        room.suggest(improvement=improvement)
        room.observe(f"C.{room.mixing.trials}.1")
    assert room.status() == CampaignStatus.RUNNING
    assert room.mixing.little == 1


def test_what_has_begun_is_finished_first() -> None:
    room = running(wanting(LITTLE, parallel=2))
    room.suggest(improvement=0.9)
    room.observe("C.1.1")
    room.suggest(improvement=0.1)
    room.observe("C.2.1")
    room.suggest(improvement=0.1)
    assert room.status() == CampaignStatus.RUNNING
    assert [room.trial(n).status for n in (3, 4)] == [TrialStatus.PENDING, TrialStatus.ABANDONED]
    room.observe("C.3.1")
    assert room.status() == CampaignStatus.FINISHED


def test_one_answer_counts_once_by_its_best_suggestion() -> None:
    room = running(wanting(LITTLE, parallel=2))
    room.suggest(improvement=0.1)
    assert room.mixing.little == 1


@pytest.mark.parametrize(
    "edit",
    [
        edits.CampaignEdited(at=Room().now, by="ann", campaign="C", priority=1),
        edits.ObservationExcluded(at=Room().now, by="ann", trial="C.1"),
        edits.ObservationCorrected(at=Room().now, by="ann", trial="C.1", outcomes={"signal": Measurement(mean=2)}),
        e.ObservationAdded(
            at=Room().now, by="ann", campaign="C", parameters={"share": 0.3}, outcomes={"signal": Measurement(mean=2)}
        ),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_a_person_changes_makes_what_was_expected_void(edit: e.Event) -> None:
    room = running(wanting(LITTLE))
    room.suggest(improvement=0.1)
    room.observe("C.1.1")
    assert room.mixing.little == 1
    room.settle(edit)
    assert room.mixing.little == 0


@pytest.mark.parametrize(
    ("objective", "mean", "met"),
    [
        (Objective(outcome="signal", target=5), 5.0, True),
        (Objective(outcome="signal", target=5), 4.9, False),
        (Objective(outcome="signal", goal=Goal.MINIMISE, target=5), 4.9, True),
        (Objective(outcome="signal", goal=Goal.MATCH, target=5, tolerance=0.2), 5.1, True),
        (Objective(outcome="signal", goal=Goal.MATCH, target=5, tolerance=0.2), 4.7, False),
        (Objective(outcome="signal", goal=Goal.MATCH, target=5), 5.0, False),
        (Objective(outcome="signal", goal=Goal.LEVEL, target=5), 5.0, False),
        (Objective(outcome="signal", goal=Goal.MAP), 5.0, False),
    ],
)
def test_a_target_ends_the_campaign(objective: Objective, mean: float, met: bool) -> None:
    room = running(wanting(objectives=(objective,)))
    room.suggest()
    room.observe("C.1.1", mean)
    assert rules(room) == (["target"] if met else [])
    if met:
        assert room.mixing.note == "the target was reached"


def test_a_target_that_breaks_a_limit_is_not_reached() -> None:
    made = wanting(objectives=(Objective(outcome="signal", target=5),), limits=(Limit(outcome="signal", high=6),))
    room = running(made)
    room.suggest()
    room.observe("C.1.1", 7.0)
    assert room.status() == CampaignStatus.RUNNING
    room.suggest()
    room.observe("C.2.1", 5.5)
    assert rules(room) == ["target"]
    assert room.mixing.best is not None
    assert room.mixing.best.trial == "C.2"


def test_the_budget_says_so() -> None:
    room = running(wanting(Stopping(trials=1)))
    room.suggest()
    room.observe("C.1.1")
    assert (rules(room), room.mixing.note) == (["trials"], "1 trials were made")


def observed(trial: str, signal: float, share: float = 0.1, censored: str | None = None, **more: float) -> Observation:
    measured = {"signal": Measurement.model_validate({"mean": signal, "censored": censored})}
    others = {name: Measurement(mean=mean) for name, mean in more.items()}
    return Observation(trial=trial, parameters={"share": share}, outcomes={**measured, **others})


@pytest.mark.parametrize(
    ("problem", "seen", "best"),
    [
        ({}, [observed("a", 1), observed("b", 2)], "b"),
        (
            {"objectives": (Objective(outcome="signal", goal=Goal.MATCH, target=3),)},
            [observed("a", 1), observed("b", 3.5), observed("c", 4)],
            "b",
        ),
        (
            {"objectives": (Objective(outcome="signal", goal=Goal.MATCH, target=3),)},
            [observed("a", 3, censored="below"), observed("b", 3.5)],
            "b",
        ),
        ({"objectives": (Objective(outcome="signal", goal=Goal.MAP),)}, [observed("a", 1)], None),
        ({"limits": (Limit(outcome="dirt", high=2),)}, [observed("a", 1, dirt=1), observed("b", 2, dirt=3)], "a"),
        ({"limits": (Limit(outcome="dirt", high=2),)}, [observed("a", 1), observed("b", 2, dirt=3)], "b"),
        (
            {"fidelity": Fidelity(parameter="share", target=1.0)},
            [observed("a", 1, share=1.0), observed("b", 2, share=0.5)],
            "a",
        ),
    ],
)
def test_the_best(problem: dict[str, Any], seen: list[Observation], best: str | None) -> None:
    made = wanting(**problem).model_copy(update={"outcomes": {"signal": OutcomeSpec(), "dirt": OutcomeSpec()}})
    room = running(made)
    campaign = room.mixing.__class__(**{**vars(room.mixing), "observations": tuple(seen)})
    found = campaign.best
    assert (found and found.trial) == best
