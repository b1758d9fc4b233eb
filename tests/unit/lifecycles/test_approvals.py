"""Approvals: what waits for a person, who may say yes, to which content, and what autonomy lets happen."""

from datetime import timedelta
from typing import Any

import pytest

from labd.domain import approvals as a
from labd.domain import edits
from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.command import Order
from labd.domain.errors import NotFound, TransitionError
from labd.domain.hazard import Hazard, HazardLevel
from labd.domain.problem import Continuous, Suggestion
from labd.domain.protocol import Stopping
from labd.lifecycles.approval import ApprovalStatus
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.gates import ANSWER_WITHIN, is_given, of_campaign, requested
from labd.lifecycles.trial import TrialStatus
from labd.web.views.steps import steps
from tests.scenery import protocol
from tests.unit.lifecycles.room import Room


def drafted(autonomy: int = 3, level: HazardLevel = "low", **more: Any) -> Room:
    room = Room()
    room.furnished()
    made = protocol(parallel=1).model_copy(update={"hazard": Hazard(level=level)})
    room.take(e.CampaignDrafted, campaign="C", name="mixing", protocol=made, autonomy=autonomy, **more)
    return room


def running(autonomy: int = 3, level: HazardLevel = "low") -> Room:
    room = drafted(autonomy, level)
    room.take(e.CampaignStarted, campaign="C")
    return room


def orders(room: Room) -> list[Order]:
    return [each.order for each in room.effects if isinstance(each, f.SendCommand)]


def asked(room: Room) -> a.Approval:
    """What is asked now: one thing."""
    found: a.Approval
    (found,) = [it.approval for it in room.state.approvals.values() if it.status is ApprovalStatus.ASKED]
    return found


def approve(room: Room, by: str = "ada") -> None:
    approval = asked(room)
    room.take(a.ApprovalGiven, approval=approval.id, content_hash=approval.content_hash, by=by)


def ask(room: Room) -> a.Approval:
    approval = of_campaign(room.mixing)
    assert approval
    room.settle(requested(approval, room.tick()))
    return approval


# --- protocols


def test_a_low_hazard_that_a_person_starts_needs_nobody_else() -> None:
    assert of_campaign(drafted().mixing) is None


def test_a_medium_hazard_needs_one_person_and_a_high_one_two_different_ones() -> None:
    room = drafted(level="medium")
    one = ask(room)
    assert not is_given(room.state, one)
    approve(room)
    assert is_given(room.state, one)
    room = drafted(level="high")
    two = ask(room)
    approve(room)
    assert not is_given(room.state, two)
    with pytest.raises(TransitionError, match="has approved it already"):
        approve(room, " Ada")
    approve(room, "bob")
    assert is_given(room.state, two)
    assert room.replayed() == room.state


def test_another_content_than_was_shown_is_not_approved() -> None:
    room = drafted(level="medium")
    approval = ask(room)
    with pytest.raises(TransitionError, match="another content"):
        room.take(a.ApprovalGiven, approval=approval.id, content_hash="0" * 64, by="ada")
    assert not is_given(room.state, approval)
    with pytest.raises(NotFound):
        room.take(a.ApprovalGiven, approval="campaign:other:0", content_hash=approval.content_hash, by="ada")


def test_an_approval_holds_for_this_version_and_this_autonomy_and_for_no_other() -> None:
    room = drafted(level="medium")
    ask(room)
    approve(room)
    again = of_campaign(room.mixing)
    assert again
    assert is_given(room.state, again), "the same protocol, loaded again, was approved"
    higher = drafted(4, "medium").mixing
    other = of_campaign(higher)
    assert other
    assert not is_given(room.state, other)


def test_a_machines_protocol_runs_by_itself_only_at_autonomy_four_and_within_caps() -> None:
    at_three = of_campaign(drafted(3, by_machine=True).mixing)
    assert at_three
    assert at_three.reasons == ("a machine wrote it",)
    assert of_campaign(drafted(4, by_machine=True).mixing) is None
    room = drafted(4, by_machine=True)
    uncapped = room.mixing.protocol.model_copy(update={"stopping": Stopping()})
    room.take(e.CampaignDrafted, campaign="D", name="d", protocol=uncapped, autonomy=4, by_machine=True)
    without = of_campaign(room.state.campaigns["D"])
    assert without
    assert "nothing caps" in without.reasons[0]
    high = of_campaign(drafted(4, "high", by_machine=True).mixing)
    assert high
    assert high.persons == 2, "the hazard counts at every autonomy"


def test_what_the_screener_could_not_say_is_for_a_person() -> None:
    doubtful = of_campaign(drafted(doubts=("the screener x:y is not available",)).mixing)
    assert doubtful
    assert doubtful.reasons == ("the screener x:y is not available",)


def test_an_edit_of_what_was_approved_is_held_until_it_is_approved_too() -> None:
    room = drafted(level="medium")
    ask(room)
    approve(room)
    room.take(e.CampaignStarted, campaign="C")
    room.suggest()
    narrow = room.mixing.protocol.problem
    wide = narrow.model_copy(update={"parameters": (Continuous(name="share", low=0, high=2),)})
    room.take(edits.CampaignEdited, campaign="C", problem=wide, by="eve", reason="higher")
    assert room.status() == CampaignStatus.PAUSED
    assert "its bounds were widened" in asked(room).reasons
    room.take(edits.CampaignEdited, campaign="C", problem=narrow, by="eve", reason="back", reverts=1)
    back = of_campaign(room.mixing)
    assert back
    assert is_given(room.state, back), "as it was approved"
    assert room.replayed() == room.state


def test_an_edit_of_a_low_hazard_needs_nobody() -> None:
    room = running()
    wide = room.mixing.protocol.problem.model_copy(update={"parameters": (Continuous(name="share", low=0, high=2),)})
    room.take(edits.CampaignEdited, campaign="C", problem=wide)
    assert not room.state.approvals
    assert room.status() == CampaignStatus.RUNNING


# --- time-out and refusal


def test_nobodys_silence_is_a_yes() -> None:
    room = drafted(level="medium")
    approval = ask(room)
    timer = f"approval/{approval.id}"
    (set_for,) = [each.at for each in room.effects if isinstance(each, f.SetTimer) and each.timer == timer]
    assert set_for == room.now + ANSWER_WITHIN
    room.take(e.DaemonStarted, epoch=2, version="test")
    assert f.SetTimer(timer, set_for) in room.effects[1:], "a restart forgets no deadline"
    room.now = set_for - timedelta(seconds=5)
    room.take(e.TimerFired, timer=timer)
    assert room.state.approvals[approval.id].status is ApprovalStatus.ASKED, "too early"
    room.now = set_for
    room.take(e.TimerFired, timer=timer)
    assert room.state.approvals[approval.id].status is ApprovalStatus.EXPIRED
    with pytest.raises(TransitionError):
        room.take(a.ApprovalGiven, approval=approval.id, content_hash=approval.content_hash, by="ada")
    room.settle(requested(approval, room.tick()))
    approve(room)
    assert is_given(room.state, approval)
    with pytest.raises(TransitionError):
        room.settle(requested(approval, room.tick()))


def test_a_refusal_holds() -> None:
    room = drafted(level="medium")
    approval = ask(room)
    room.take(a.ApprovalRefused, approval=approval.id, by="ada", reason="too hot")
    with pytest.raises(TransitionError):
        room.take(a.ApprovalGiven, approval=approval.id, content_hash=approval.content_hash, by="bob")
    assert not is_given(room.state, approval)


# --- autonomy


def test_at_zero_nothing_is_ordered() -> None:
    room = running(0)
    room.suggest()
    assert room.happened(e.RunStarted), "it is proposed, and could be run"
    assert not orders(room)
    (waits, _) = steps(room.state, room.now)
    assert waits["why"] == "the campaign is running and only proposes (autonomy 0)"


def test_at_one_each_step_is_released_and_each_attempt() -> None:
    room = running(1)
    room.suggest()
    assert not orders(room)
    first = asked(room)
    assert first.what == "C.1.1.mix"
    (waits, _) = steps(room.state, room.now)
    assert waits["why"] == f"it waits for approval: labd approve {first.id}"
    approve(room)
    assert [each.step for each in orders(room)] == ["mix"]
    room.finish("C.1.1.mix.1")
    assert asked(room).what == "C.1.1.read"
    approve(room)
    assert [each.step for each in orders(room)] == ["mix", "read"]
    assert room.replayed() == room.state


def test_at_one_a_refused_step_leaves_the_campaign_to_a_person() -> None:
    room = running(1)
    room.suggest()
    room.take(a.ApprovalRefused, approval=asked(room).id, by="ada", reason="the vial is cracked")
    assert room.status() == CampaignStatus.PAUSED
    assert "the vial is cracked" in room.mixing.note
    assert not orders(room)


def test_at_two_each_trial_is_approved_once_and_what_a_person_proposed_is_not_asked_about() -> None:
    room = running(2)
    room.suggest()
    assert not orders(room)
    assert asked(room).what == "C.1"
    approve(room)
    assert [each.step for each in orders(room)] == ["mix"]
    room.observe("C.1.1")
    room.suggest()
    assert asked(room).what == "C.2"
    mine = (Suggestion(parameters={"share": 0.5}, method="person"),)
    room.take(e.SuggestionsMade, campaign="C", first=3, suggestions=mine)
    assert orders(room)[-1].run == "C.3.1"


def test_at_two_a_refused_trial_is_given_up_and_says_nothing_about_its_point() -> None:
    room = running(2)
    room.suggest()
    room.take(a.ApprovalRefused, approval=asked(room).id, by="ada", reason="tried that in 2019")
    assert room.trial(1).status is TrialStatus.ABANDONED
    assert "tried that in 2019" in room.trial(1).reason
    assert room.mixing.request is not None, "another one is asked for"
    assert not orders(room)


def test_at_two_a_changed_trial_is_another_content() -> None:
    room = running(2)
    room.suggest()
    first = asked(room)
    room.take(edits.TrialEdited, trial="C.1", parameters={"share": 0.9}, by="eve")
    assert orders(room), "it is a person's now"
    assert not is_given(room.state, first)


def test_at_three_trials_run_by_themselves() -> None:
    room = running(3)
    room.suggest()
    assert orders(room)
    assert not room.state.approvals
