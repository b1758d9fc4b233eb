"""Outcomes that cannot be true, results that come too late, and set points that were missed."""

import pytest

from labd.domain import events as e
from labd.domain.capability import Slot
from labd.domain.command import Failed, FailureKind, Resolution, Succeeded
from labd.domain.problem import Measurement
from labd.domain.protocol import Protocol
from labd.domain.workcell import Role
from labd.lifecycles.run import RunStatus
from labd.lifecycles.trial import TrialStatus
from tests.scenery import MIX, WORKCELL, protocol
from tests.unit.lifecycles.room import Room


def test_a_result_of_a_trial_that_has_failed_is_kept_and_changes_nothing() -> None:
    """Two steps side by side: one fails for good while the other still works."""
    room = Room()
    room.furnished()
    both = protocol(parallel=1, retries=0, runs=1)
    steps = (both.steps[0], both.steps[1].model_copy(update={"after": ()}))
    room.campaign(both.model_copy(update={"steps": steps}))
    room.suggest()
    room.finish("C.1.1.mix.1", Failed(failure=FailureKind.DEFINED, message="broken"))
    assert room.trial(1).status is TrialStatus.FAILED
    room.finish("C.1.1.read.1")
    late = room.happened(e.CommandFinished)[-1]
    assert (late.command, late.outcome) == ("C.1.1.read.1", Succeeded(result={"volume": 1.0, "signal": 0.5}))
    assert room.trial(1).status is TrialStatus.FAILED
    assert room.replayed() == room.state


# --- outcomes that cannot be true


def doubtful() -> Room:
    room = Room()
    room.furnished()
    room.campaign(protocol(parallel=1))
    room.suggest()
    room.finish("C.1.1.mix.1")
    room.finish("C.1.1.read.1")
    room.take(e.RunAnalysed, run="C.1.1", outcomes={"signal": Measurement(mean=700.0)}, doubt="above 100")
    assert room.trial(1).status is TrialStatus.PENDING
    return room


def test_outcomes_that_cannot_be_true_wait_for_a_person_who_takes_or_corrects_them() -> None:
    room = doubtful()
    assert not room.mixing.observations
    room.take(e.DaemonStarted, epoch=2, version="test")
    assert room.state.runs["C.1.1"].status is RunStatus.IMPLAUSIBLE, "a restart takes no other run for it"
    taken = {"signal": Measurement(mean=70.0)}
    room.take(e.RunResolved, run="C.1.1", resolution=Resolution.DONE, outcomes=taken)
    assert room.mixing.observations[0].outcomes == taken
    assert room.replayed() == room.state


@pytest.mark.parametrize("resolution", [Resolution.NOT_DONE, Resolution.DISCARD])
def test_outcomes_that_a_person_rejects_cost_a_run_and_teach_nothing(resolution: Resolution) -> None:
    room = doubtful()
    room.take(e.RunResolved, run="C.1.1", resolution=resolution, by="Ada", reason="the lamp was off")
    assert not room.mixing.observations
    assert "C.1.2.mix.1" in room.state.commands


def test_outcomes_that_are_held_outlive_the_stop_of_the_campaign() -> None:
    room = doubtful()
    room.take(e.CampaignStopped, campaign="C")
    assert room.trial(1).status is TrialStatus.ABANDONED
    taken = {"signal": Measurement(mean=70.0)}
    room.take(e.RunResolved, run="C.1.1", resolution=Resolution.DONE, outcomes=taken)
    assert room.trial(1).status is TrialStatus.OBSERVED
    assert not room.state.runs


# --- read back


def reading_back(tolerance: float | None = None, made: Protocol | None = None) -> Room:
    """The mixer says which share it truly mixed."""
    room = Room()
    slot = Slot(reads_back="share", tolerance=tolerance)
    mix = MIX.model_copy(update={"results": {**MIX.results, "share": slot}})
    room.take(
        e.WorkcellLoaded,
        workcell=WORKCELL.model_copy(update={"roles": {**WORKCELL.roles, "mixer": Role(capabilities=(mix,))}}),
    )
    room.furnished()
    room.campaign(made or protocol(parallel=1))
    room.suggest()
    return room


@pytest.mark.parametrize(("tolerance", "note"), [(None, ""), (0.2, ""), (0.05, "share was 0.1, not 0")])
def test_what_was_read_back_is_where_it_is_learnt(tolerance: float | None, note: str) -> None:
    room = reading_back(tolerance)
    room.finish("C.1.1.mix.1", Succeeded(result={"volume": 1.0, "share": 0.1}))
    room.observe_after_mix("C.1.1")
    (learnt,) = room.mixing.observations
    assert learnt.parameters == {"share": 0.1}
    trial = room.trial(1)
    assert (trial.suggestion.parameters, trial.achieved, trial.reason) == ({"share": 0.0}, {"share": 0.1}, note)
    assert room.replayed() == room.state


def test_what_is_not_read_back_is_learnt_where_it_was_suggested() -> None:
    room = reading_back()
    room.observe("C.1.1")
    assert room.mixing.observations[0].parameters == {"share": 0.0}
    assert room.trial(1).achieved == {}


@pytest.mark.parametrize("written", ["${share / 2}", "${1 - share}"])
def test_what_an_expression_makes_of_a_parameter_is_not_read_back_as_the_parameter(written: str) -> None:
    made = protocol(parallel=1)
    step = made.steps[0].model_copy(update={"arguments": {"sample": "s", "share": written}})
    room = reading_back(None, made.model_copy(update={"steps": (step, made.steps[1])}))
    room.finish("C.1.1.mix.1", Succeeded(result={"share": 0.9}))
    room.observe_after_mix("C.1.1")
    assert room.mixing.observations[0].parameters == {"share": 0.0}


def test_of_a_pool_nothing_is_read_back() -> None:
    made = protocol(parallel=1)
    problem = made.problem.model_copy(update={"pool": ({"share": 0.0}, {"share": 0.5})})
    room = reading_back(None, made.model_copy(update={"problem": problem}))
    room.finish("C.1.1.mix.1", Succeeded(result={"share": 0.1}))
    room.observe_after_mix("C.1.1")
    assert room.mixing.observations[0].parameters == {"share": 0.0}
