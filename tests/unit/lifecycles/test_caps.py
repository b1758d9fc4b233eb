"""Caps: what a campaign may use in all, and what becomes of it when that is used up."""

from datetime import timedelta

import pytest

from labd.domain import edits
from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.command import Failed, FailureKind, Refused
from labd.domain.matter import Lot, Stock
from labd.domain.protocol import Protocol, Stopping
from labd.domain.workcell import Role
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.trial import TrialStatus
from tests.scenery import MIX, WORKCELL, protocol
from tests.unit.lifecycles.room import Room

STOCKED = WORKCELL.model_copy(
    update={
        "roles": {**WORKCELL.roles, "mixer": Role(capabilities=(MIX,), costs={"mix": 2.0})},
        "stock": {"azide": Stock(unit="mg", cost=0.5, lots=(Lot(lot="A1", amount=1000),))},
    }
)


def consuming(stopping: Stopping, *, parallel: int = 1, retries: int = 0) -> Protocol:
    """Each trial mixes 4 mg of azide, which costs 2 + 4 · 0.5 = 4 in all."""
    made = protocol(parallel=parallel, retries=retries, runs=1)
    mix, read = made.steps
    return made.model_copy(
        update={"stopping": stopping, "steps": (mix.model_copy(update={"consumes": {"azide": 4}}), read)}
    )


def running(stopping: Stopping, *, parallel: int = 1, retries: int = 0) -> Room:
    room = Room()
    room.take(e.WorkcellLoaded, workcell=STOCKED)
    room.furnished()
    room.campaign(consuming(stopping, parallel=parallel, retries=retries))
    room.suggest()
    return room


def orders(room: Room) -> list[str]:
    return [each.order.command for each in room.effects if isinstance(each, f.SendCommand)]


def test_what_orders_use_is_counted_and_what_was_refused_is_not() -> None:
    room = running(Stopping(trials=9))
    assert (room.mixing.spent.cost, room.mixing.spent.materials) == (4.0, {"azide": 4.0})
    room.finish("C.1.1.mix.1", Refused(message="the door is open"))
    assert (room.mixing.spent.cost, room.mixing.spent.materials) == (0.0, {"azide": 0.0})
    assert room.replayed() == room.state


def test_what_failed_half_way_was_used() -> None:
    room = running(Stopping(trials=9))
    room.finish("C.1.1.mix.1", Failed(failure=FailureKind.DEFINED, message="stalled"))
    assert room.mixing.spent.materials == {"azide": 4.0}


@pytest.mark.parametrize("stopping", [Stopping(cost=8), Stopping(materials={"azide": 8})])
def test_a_cap_that_is_reached_finishes_the_campaign(stopping: Stopping) -> None:
    room = running(stopping)
    room.observe("C.1.1")
    room.suggest()
    room.observe("C.2.1")
    assert room.status() == CampaignStatus.FINISHED
    assert "8 of 8 were used of" in room.mixing.note
    assert [each.rule for each in room.happened(e.CampaignFinished)] == ["cost" if stopping.cost else "material"]


@pytest.mark.parametrize("stopping", [Stopping(cost=7), Stopping(materials={"azide": 7})])
def test_an_order_beyond_a_cap_is_not_sent_until_a_person_raises_it(stopping: Stopping) -> None:
    room = running(stopping)
    room.observe("C.1.1")
    room.suggest()
    assert orders(room) == ["C.1.1.mix.1", "C.1.1.read.1"]
    assert room.status() == CampaignStatus.PAUSED
    assert "mix was not ordered: with it 8 of" in room.mixing.note
    room.take(e.CampaignResumed, campaign="C")
    assert room.status() == CampaignStatus.PAUSED, "nothing has changed"
    room.take(edits.CampaignEdited, campaign="C", stopping=Stopping(cost=99, materials={"azide": 99}))
    room.take(e.CampaignResumed, campaign="C")
    assert orders(room)[-1] == "C.2.1.mix.1"
    assert room.replayed() == room.state


def test_orders_that_leave_together_share_one_purse() -> None:
    room = running(Stopping(materials={"azide": 4}), parallel=2)
    assert orders(room) == ["C.1.1.mix.1"]
    assert room.status() == CampaignStatus.PAUSED


def test_hours_are_over_at_their_moment_and_what_has_not_begun_is_given_up() -> None:
    room = Room()
    room.take(e.WorkcellLoaded, workcell=STOCKED)
    room.furnished()
    room.take(e.InstrumentLocked, instrument="mixer_2", by="bob")
    room.campaign(consuming(Stopping(hours=2), parallel=2))
    room.suggest()
    (timer,) = [each for each in room.effects if isinstance(each, f.SetTimer) and each.timer == "hours/C"]
    assert room.mixing.started
    assert timer.at == room.mixing.started + timedelta(hours=2)
    room.take(e.DaemonStarted, epoch=2, version="test")
    assert room.effects.count(timer) == 2, "a restart forgets no deadline"
    room.now = timer.at
    room.take(e.TimerFired, timer="hours/C")
    assert room.trial(1).status is TrialStatus.PENDING, "it has begun"
    assert room.trial(2).status is TrialStatus.ABANDONED
    assert room.trial(2).reason == "its 2 hours are over"
    room.furnished()
    room.observe("C.1.1")
    assert room.status() == CampaignStatus.FINISHED
    assert room.mixing.note == "its 2 hours are over"
    assert [each.rule for each in room.happened(e.CampaignFinished)] == ["hours"]


def test_what_is_proposed_when_the_hours_are_over_is_not_begun() -> None:
    room = Room()
    room.furnished()
    room.campaign(consuming(Stopping(hours=1)))
    room.now += timedelta(hours=1)
    room.take(e.TimerFired, timer="hours/C")
    room.suggest()
    assert not orders(room)
    assert room.status() == CampaignStatus.FINISHED


def test_failures_one_after_the_other_hold_the_campaign() -> None:
    room = running(Stopping(consecutive_failures=1))
    room.finish("C.1.1.mix.1", Failed(failure=FailureKind.DEFINED, message="stalled"))
    assert room.status() == CampaignStatus.PAUSED
