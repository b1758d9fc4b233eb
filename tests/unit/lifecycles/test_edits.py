"""A person's hand in a running campaign: what each edit makes of it, and how it is taken back."""

import pytest

from labd.domain import edits
from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.errors import NotFound, TransitionError
from labd.domain.problem import Continuous, Measurement, Problem
from labd.domain.protocol import Stopping
from labd.domain.step_events import PersonAnswered
from labd.domain.steps import PERSON, Prompt, Step
from labd.lifecycles.trial import TrialStatus
from tests.scenery import PROBLEM, protocol
from tests.unit.lifecycles.room import Room

NARROW = PROBLEM.model_copy(update={"parameters": (Continuous(name="share", low=0.015, high=1),)})


def begun(parallel: int = 3, trials: int = 6) -> Room:
    """Two mixers are taken: the first two trials are being mixed, the third waits."""
    room = Room()
    room.furnished()
    room.campaign(protocol(parallel=parallel, trials=trials))
    room.suggest()
    return room


def asked(room: Room) -> f.RequestSuggestions:
    return [each for each in room.effects if isinstance(each, f.RequestSuggestions)][-1]


def low(problem: Problem) -> float:
    (share,) = problem.parameters
    assert isinstance(share, Continuous)
    return share.low


def narrowed(room: Room) -> Problem:
    settings = room.mixing.protocol.problem.settings
    return NARROW.model_copy(update={"settings": settings})


# --- what it is after


def test_other_bounds_hold_from_now_on_and_what_waits_outside_of_them_is_rejected() -> None:
    room = begun(parallel=3)
    room.take(edits.CampaignEdited, campaign="C", problem=narrowed(room), by="ada", reason="too dry")
    assert low(room.mixing.protocol.problem) == 0.015
    assert [room.trial(n).status for n in (1, 2, 3)] == [TrialStatus.PENDING] * 3, "begun, begun, and within"
    room = begun(parallel=4)
    wider = Problem(parameters=(Continuous(name="share", low=0.5, high=1),), objectives=PROBLEM.objectives)
    room.take(edits.CampaignEdited, campaign="C", problem=wider)
    assert room.trial(1).status is TrialStatus.PENDING, "what has begun goes on"
    assert room.trial(4).status is TrialStatus.ABANDONED
    assert "outside" in room.trial(4).reason
    assert room.replayed() == room.state


def test_a_question_that_is_out_is_asked_anew_and_the_old_answer_is_refused() -> None:
    room = Room()
    room.furnished()
    room.campaign(protocol())
    old = room.mixing.request
    room.take(edits.CampaignEdited, campaign="C", problem=narrowed(room))
    assert old is not None
    assert low(asked(room).problem) == 0.015
    with pytest.raises(TransitionError, match="does not wait"):
        room.take(e.SuggestionsMade, campaign="C", request=old.number, first=1, suggestions=())


def test_what_a_person_has_begun_goes_on_outside_of_the_new_bounds_too() -> None:
    made = protocol(parallel=1)
    mix, read = made.steps
    look = Step(name="look", role=PERSON, capability="answer", prompt=Prompt(text="Is it clear?"))
    room = Room()
    room.furnished()
    for name in ("mixer_1", "mixer_2"):
        room.take(e.InstrumentLocked, instrument=name, by="ada")
    room.campaign(made.model_copy(update={"steps": (look, mix.model_copy(update={"after": ("look",)}), read)}))
    room.suggest()
    room.take(PersonAnswered, run="C.1.1", step="look", result={"option": "done"})
    room.take(edits.CampaignEdited, campaign="C", problem=narrowed(room))
    assert low(room.mixing.protocol.problem) == 0.015
    assert room.trial(1).status is TrialStatus.PENDING


def test_a_larger_budget_goes_on_at_once_and_a_taken_back_one_ends() -> None:
    room = begun(parallel=1, trials=1)
    room.take(edits.CampaignEdited, campaign="C", stopping=Stopping(trials=2))
    room.observe("C.1.1")
    assert room.status() == "running"
    (edit,) = room.mixing.edits
    assert edit.stopping.trials == 1
    room.suggest()
    room.take(edits.CampaignEdited, campaign="C", stopping=edit.stopping, reverts=1)
    assert room.mixing.edits[0].undone
    room.observe("C.2.1")
    assert room.status() == "finished"


def test_a_campaign_that_has_ended_is_not_edited() -> None:
    room = begun(parallel=1, trials=1)
    room.observe("C.1.1")
    with pytest.raises(TransitionError, match="finished"):
        room.take(edits.CampaignEdited, campaign="C", priority=3)


# --- trials that wait


def test_a_rejected_trial_uses_up_no_budget_and_is_not_proposed_again() -> None:
    room = begun(parallel=3, trials=3)
    room.take(edits.TrialRejected, trial="C.3", by="ada", reason="smells")
    assert room.trial(3).status is TrialStatus.ABANDONED
    assert room.mixing.budget_left == 1
    assert "C.3.1" not in room.state.runs
    unwanted = [each for each in asked(room).observations if each.trial == "C.3"]
    assert unwanted[0].parameters == room.trial(3).suggestion.parameters
    assert not unwanted[0].outcomes
    assert room.replayed() == room.state


def test_what_has_begun_is_neither_rejected_nor_moved() -> None:
    room = begun()
    for kind, more in ((edits.TrialRejected, {}), (edits.TrialEdited, {"parameters": {"share": 0.9}})):
        with pytest.raises(TransitionError, match="has begun"):
            room.take(kind, trial="C.1", **more)
    with pytest.raises(NotFound):
        room.take(edits.TrialRejected, trial="C.99")


def test_a_moved_trial_is_compiled_anew_and_run_there() -> None:
    room = begun()
    room.take(edits.TrialEdited, trial="C.3", parameters={"share": 0.875}, by="ada", reason="a hunch")
    assert room.trial(3).suggestion.method == "person"
    assert "ada" in room.trial(3).suggestion.reason
    room.finish("C.1.1.mix.1")
    assert room.order("C.3.1.mix.1").arguments["share"] == 0.875
    assert room.trial(3).runs == 1, "what was never begun uses up no run"
    assert room.replayed() == room.state


def test_trials_begin_in_the_order_that_a_person_says() -> None:
    room = begun(parallel=5)
    room.take(edits.TrialsReordered, campaign="C", order=("C.5", "C.4"))
    room.finish("C.1.1.mix.1")
    room.finish("C.2.1.mix.1")
    assert "C.5.1.mix.1" in room.state.commands
    assert "C.4.1.mix.1" in room.state.commands
    assert "C.3.1.mix.1" not in room.state.commands
    with pytest.raises(TransitionError, match="has begun"):
        room.take(edits.TrialsReordered, campaign="C", order=("C.1",))


# --- what is learnt from


def test_an_excluded_observation_is_not_learnt_from_until_it_is_included_again() -> None:
    room = begun(parallel=2)
    room.observe("C.1.1", mean=99.0)
    room.take(edits.ObservationExcluded, trial="C.1", by="ada", reason="a bubble")
    assert room.mixing.best is None
    assert not asked(room).observations
    assert room.trial(1).outcomes is not None, "they stay where they are"
    with pytest.raises(TransitionError, match="excluded already"):
        room.take(edits.ObservationExcluded, trial="C.1")
    room.take(edits.ObservationIncluded, trial="C.1")
    assert [each.trial for each in asked(room).observations] == ["C.1"]
    with pytest.raises(TransitionError, match="learns from"):
        room.take(edits.ObservationIncluded, trial="C.1")


def test_a_corrected_observation_is_learnt_as_it_is_corrected() -> None:
    room = begun(parallel=2)
    room.observe("C.1.1", mean=99.0)
    room.take(edits.ObservationCorrected, trial="C.1", outcomes={"signal": Measurement(mean=9.9)})
    assert asked(room).observations[0].outcomes["signal"].mean == 9.9
    outcomes = room.trial(1).outcomes
    assert outcomes is not None
    assert outcomes["signal"].mean == 9.9
    with pytest.raises(NotFound, match="no observation"):
        room.take(edits.ObservationCorrected, trial="C.2", outcomes={"signal": Measurement(mean=1)})


def test_what_was_told_can_be_excluded_too() -> None:
    room = begun(parallel=2)
    told = {"parameters": {"share": 0.5}, "outcomes": {"signal": Measurement(mean=0.7)}}
    room.take(e.ObservationAdded, campaign="C", **told)
    room.take(edits.ObservationExcluded, trial="C.told1")
    assert room.mixing.learnt == ()
