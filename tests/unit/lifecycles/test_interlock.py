"""Interlocks: how a signal is judged, and what may not begin while it is not clear."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from labd.domain import effects as f
from labd.domain import events as e
from labd.domain import room_events
from labd.domain.capability import Json
from labd.domain.envelope import Interlock
from labd.domain.errors import NotFound, TransitionError
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.holding import guarded_by
from labd.lifecycles.interlock import InterlockStatus, Turn, Watch, heard, looked_at
from labd.web.views.steps import steps
from labd.wire.messages import Answer
from tests.scenery import MORNING, WORKCELL, protocol
from tests.unit.lifecycles.room import Room

FLOW = Interlock(instrument="hood", channel="flow", unit="m/s", below=0.3, reset_above=0.4, hold_s=2, stale_s=10)


@dataclass
class Signal:
    """A signal over time; turns the watch wakes itself for happen in between, as by its timer."""

    watch: Watch
    now: datetime = MORNING
    turns: list[tuple[float, InterlockStatus]] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        until = self.now + timedelta(seconds=seconds)
        while (moment := self.watch.look_again) is not None and moment <= until:
            self.now = max(moment, self.now)
            before = self.watch
            self.take(looked_at(self.watch, self.now))
            assert self.watch != before, "a timer that changes nothing would fire for ever"
        self.now = until

    def read(self, value: Json, unit: str = "m/s") -> None:
        self.take(heard(self.watch, value, unit, self.now))

    def take(self, after: tuple[Watch, Turn | None]) -> None:
        self.watch, turn = after
        if turn:
            self.turns.append(((self.now - MORNING).total_seconds(), turn.status))

    def over(self, *values: float, every: float = 1.0) -> list[tuple[float, InterlockStatus]]:
        for value in values:
            self.read(value)
            self.wait(every)
        return self.turns


TRIPPED, CLEAR, UNHEARD = InterlockStatus.TRIPPED, InterlockStatus.CLEAR, InterlockStatus.UNHEARD


def test_it_is_clear_when_it_was_heard_within_for_the_hold_time() -> None:
    assert Signal(Watch(FLOW)).over(0.5, 0.5, 0.5) == [(2.0, CLEAR)]
    assert Signal(Watch(FLOW)).over(0.5, 0.5, 0.35, 0.5, 0.5) == [(2.0, TRIPPED)], "within, not almost"


def test_what_is_heard_beyond_at_the_beginning_is_tripped_at_once() -> None:
    assert Signal(Watch(FLOW)).over(0.1) == [(0.0, TRIPPED)]


def clear() -> Signal:
    signal = Signal(Watch(FLOW))
    signal.over(0.5, 0.5, 0.5)
    signal.turns.clear()
    signal.now = MORNING
    signal.watch = Watch(FLOW, CLEAR, MORNING, 0.5)
    return signal


def test_it_trips_after_the_hold_time_and_not_at_a_flicker() -> None:
    assert clear().over(0.2, 0.5, 0.2, 0.5, 0.5) == []
    assert clear().over(0.5, 0.2, 0.2, 0.2, 0.2) == [(3.0, TRIPPED)]
    assert clear().over(0.2, every=5) == [(2.0, TRIPPED)], "nobody need say it a second time"


def test_it_comes_back_only_beyond_the_reset_threshold() -> None:
    assert clear().over(0.2, 0.2, 0.2, 0.35, 0.35, 0.35, 0.35, 0.45, 0.45, 0.45) == [(2.0, TRIPPED), (9.0, CLEAR)]


def test_a_signal_that_is_not_heard_counts_as_tripped() -> None:
    signal = clear()
    signal.wait(60)
    assert signal.turns == [(10.0, UNHEARD)]
    signal.over(0.5, 0.5, 0.5)
    assert signal.turns[-1] == (62.0, CLEAR)
    signal.over(0.1, 0.1, 0.1)
    signal.wait(60)
    assert [status for _, status in signal.turns[2:]] == [TRIPPED, UNHEARD]


def test_one_reading_and_then_none_does_not_clear() -> None:
    signal = Signal(Watch(FLOW))
    signal.read(0.5)
    signal.wait(11)
    signal.read(0.5)
    assert signal.turns == [], "the second stands alone again"


@pytest.mark.parametrize("reading", ["OVRFLW", None, [0.5], math.nan, math.inf, 10**400])
def test_what_is_no_number_is_as_if_it_were_not_heard(reading: Json) -> None:
    signal = clear()
    signal.read(reading)
    assert signal.turns == [(0.0, UNHEARD)]


def test_units_are_converted_and_another_quantity_is_no_signal() -> None:
    signal = clear()
    signal.read(50.0, "cm/s")
    assert signal.turns == []
    signal.read(20.0, "cm/s")
    signal.wait(3)
    assert signal.turns == [(2.0, TRIPPED)]
    signal = clear()
    signal.read(0.5, "bar")
    assert signal.turns == [(0.0, UNHEARD)]
    bare = Watch(FLOW.model_copy(update={"unit": ""}), CLEAR, MORNING)
    assert heard(bare, 0.5, "bar", MORNING)[1] is None, "a bare threshold is in the channel's unit"


def test_a_switch_and_two_thresholds() -> None:
    door = Watch(Interlock(instrument="hood", channel="open", above=0.5))
    assert heard(door, False, "", MORNING)[1] == Turn(CLEAR, 0.0, "")
    turn = heard(heard(door, False, "", MORNING)[0], True, "", MORNING)[1]
    assert turn == Turn(TRIPPED, 1.0, "hood.open is 1; it trips at 0.5 and above")
    band = Watch(Interlock(instrument="oven", channel="t", above=80, below=10, reset_below=70))
    assert [
        turn and turn.status for value in (5, 10, 11, 69, 70, 80) for _, turn in [heard(band, value, "", MORNING)]
    ] == [
        TRIPPED,
        TRIPPED,
        CLEAR,
        CLEAR,
        TRIPPED,
        TRIPPED,
    ]


# --- in the laboratory


def guarded(*, stops: bool = False, guards: tuple[str, ...] = ("mixer",)) -> Room:
    """A campaign whose first trial is suggested; the hood guards the mixers and was not heard yet."""
    room = Room()
    hood = FLOW.model_copy(update={"stops": stops, "guards": guards})
    room.take(e.WorkcellLoaded, workcell=WORKCELL.model_copy(update={"interlocks": {"hood": hood}}))
    room.furnished()
    room.campaign(protocol(parallel=1))
    room.suggest()
    return room


def trip(room: Room, value: float | None = 0.1) -> list[f.Effect]:
    return room.take(room_events.InterlockTripped, interlock="hood", value=value, why="the flow is 0.1 m/s")


def test_nothing_begins_on_what_it_guards_until_it_was_heard() -> None:
    room = guarded()
    assert not room.state.commands
    (waits, _) = steps(room.state, room.now)
    hood = "is held by the interlock hood: its signal was not heard yet"
    assert waits["why"] == f"mixer_1 {hood}, mixer_2 {hood}"
    room.take(room_events.InterlockCleared, interlock="hood", value=0.5)
    assert "C.1.1.mix.1" in room.state.commands


def test_what_is_in_hand_comes_to_its_end_and_others_go_on() -> None:
    room = guarded(guards=("mixer_1", "mixer_2"))
    room.take(room_events.InterlockCleared, interlock="hood", value=0.5)
    trip(room)
    room.finish("C.1.1.mix.1")
    assert "C.1.1.read.1" in room.state.commands, "the meter is not guarded"
    assert room.status() == CampaignStatus.RUNNING
    room = guarded(guards=())
    room.take(room_events.InterlockCleared, interlock="hood", value=0.5)
    trip(room)
    room.finish("C.1.1.mix.1")
    assert "C.1.1.read.1" not in room.state.commands, "an interlock that names nothing guards everything"


def test_an_order_that_never_arrived_waits_until_it_is_clear() -> None:
    room = guarded()
    room.take(room_events.InterlockCleared, interlock="hood", value=0.5)
    trip(room, None)
    answer = Answer(command="C.1.1.mix.1", session="S1", standing="never_seen")
    before = len(room.effects)
    room.hear("mixer_1", answer)
    assert not [each for each in room.effects[before:] if isinstance(each, f.SendCommand)]
    asked = room.take(room_events.InterlockCleared, interlock="hood", value=0.5)
    assert f.SendAsk("mixer_1", "C.1.1.mix.1") in asked
    before = len(room.effects)
    room.hear("mixer_1", answer)
    assert [each for each in room.effects[before:] if isinstance(each, f.SendCommand)]


def test_one_that_stops_presses_the_latched_stop() -> None:
    room = guarded(stops=True)
    assert not room.state.safety.stop, "that it was not heard yet stops nothing"
    room.take(room_events.InterlockCleared, interlock="hood", value=0.5)
    effects = trip(room)
    assert room.state.safety.stopped
    (said,) = [each for each in effects if isinstance(each, f.PublishStop)]
    assert said.reason == "interlock hood: the flow is 0.1 m/s"
    assert len(said.stop) == 26
    room.take(room_events.InterlockCleared, interlock="hood", value=0.5)
    assert room.state.safety.stopped, "only a person releases it"
    assert room.status() == CampaignStatus.PAUSED
    first = room.state.safety.stop
    room.take(e.LaboratoryReleased, by="ada", reason="the sash was open")
    trip(room)
    assert room.state.safety.stop > first
    assert room.replayed() == room.state


def hold(room: Room) -> tuple[str, ...]:
    return guarded_by(room.state, "mixer_1")


def test_after_a_restart_it_is_unheard_and_another_workcell_has_other_interlocks() -> None:
    room = guarded()
    room.take(room_events.InterlockCleared, interlock="hood", value=0.5)
    workcell = room.state.workcell
    assert workcell
    room.take(e.WorkcellLoaded, workcell=workcell)
    assert hold(room) == (), "the same one"
    hood = workcell.interlocks["hood"].model_copy(update={"below": 0.2})
    room.take(e.WorkcellLoaded, workcell=workcell.model_copy(update={"interlocks": {"hood": hood}}))
    assert hold(room) == ("hood",), "another one of the same name was not heard yet"
    room.take(room_events.InterlockCleared, interlock="hood", value=0.5)
    room.take(e.DaemonStarted, epoch=2, version="test")
    assert hold(room) == ("hood",)
    assert room.replayed() == room.state
    room.take(e.WorkcellLoaded, workcell=WORKCELL)
    with pytest.raises(NotFound):
        trip(room)


def test_what_is_clear_is_not_cleared_again() -> None:
    room = guarded()
    with pytest.raises(TransitionError):
        trip(room, None)
    room.take(room_events.InterlockCleared, interlock="hood", value=0.5)
    with pytest.raises(TransitionError):
        room.take(room_events.InterlockCleared, interlock="hood", value=0.5)
