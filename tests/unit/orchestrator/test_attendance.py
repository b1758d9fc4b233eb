"""Who is there: heartbeats and messages in, what is passed on and what is found out."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from labd.domain.capability import Descriptor
from labd.domain.command import Succeeded
from labd.orchestrator.attendance import (
    LONGEST_WAIT,
    MISSED,
    AskRebirth,
    Attendance,
    Contested,
    FellSilent,
    Finding,
)
from labd.wire.decoding import FromDriver
from labd.wire.messages import Answer, Birth, Echo, Report, State
from tests.scenery import MORNING

NAME = "mixer_1"
REBIRTH: list[Finding] = [AskRebirth(NAME)]


def birth(session: str = "S1", protocol: str = "1.1") -> Birth:
    return Birth(descriptor=Descriptor(instrument=NAME, session=session), protocol=protocol)


def state(sequence: int, session: str = "S1", status: Literal["idle", "busy", "offline"] = "idle") -> State:
    return State(session=session, sequence=sequence, status=status)


def progress(sequence: int, part: float | None = 0.5, session: str = "S1") -> Report:
    return Report(command="c", session=session, sequence=sequence, device_time=MORNING, progress=part)


def outcome(sequence: int, session: str = "S1") -> Report:
    return Report(command="c", session=session, sequence=sequence, device_time=MORNING, outcome=Succeeded(result={}))


class Watch:
    """An attendance, with a heartbeat each five seconds."""

    def __init__(self) -> None:
        self.attendance = Attendance()
        self.number = 0
        self.at = MORNING

    def beat(self, *echoing: str, sequence: int = 1) -> list[Finding]:
        """A heartbeat that these sessions answer at once; what it and the echoes show."""
        self.number += 1
        self.at += timedelta(seconds=5)
        found = self.attendance.beat(self.number, self.at)
        for session in echoing:
            found += self.echo(session, sequence)
        return found

    def echo(self, session: str = "S1", sequence: int = 1) -> list[Finding]:
        said = Echo(session=session, number=self.number, at=self.at, device_time=self.at, sequence=sequence)
        passed, found = self.attendance.heard(NAME, said, self.at)
        assert passed == []
        return found

    def passes(self, body: FromDriver) -> list[FromDriver]:
        """What of it goes on, where nothing is found out."""
        passed, found = self.attendance.heard(NAME, body, self.at)
        assert found == []
        return passed

    def finds(self, body: FromDriver) -> list[Finding]:
        return self.attendance.heard(NAME, body, self.at)[1]


def there() -> Watch:
    """Somebody is there: born, and idle."""
    watch = Watch()
    assert watch.beat() == []
    assert watch.passes(birth()) == [birth()]
    assert watch.passes(state(1)) == [state(1)]
    return watch


# --- silence


def test_three_missed_heartbeats_make_it_silent_once() -> None:
    watch = there()
    assert watch.beat("S1") == []
    heard = watch.at
    for _ in range(MISSED):
        assert watch.beat() == []
    assert watch.beat() == [FellSilent(NAME, heard)]
    for _ in range(100):
        assert watch.beat() == []


def test_whatever_it_says_is_a_sign_of_life() -> None:
    watch = there()
    for number in range(2, 20):
        assert watch.beat() == []
        assert watch.beat() == []
        assert watch.passes(progress(number)) == [progress(number)]


def test_one_that_is_heard_again_is_born_again() -> None:
    watch = there()
    for _ in range(MISSED + 1):
        found = watch.beat()
    assert isinstance(found[0], FellSilent)
    assert watch.beat("S1") == REBIRTH
    assert watch.passes(birth()) == [birth()]
    assert watch.passes(state(2)) == [state(2)]
    assert watch.beat("S1", sequence=2) == []


def test_a_result_of_a_silent_one_counts_and_asks() -> None:
    watch = there()
    for _ in range(MISSED + 1):
        watch.beat()
    passed, found = watch.attendance.heard(NAME, outcome(2), watch.at)
    assert (passed, found) == ([outcome(2)], REBIRTH)


def test_a_driver_of_protocol_1_0_is_never_silent() -> None:
    watch = Watch()
    watch.passes(birth(protocol="1.0"))
    watch.passes(state(1))
    assert [watch.beat() for _ in range(100)] == [[]] * 100


def test_one_that_said_farewell_is_not_missed() -> None:
    watch = there()
    assert watch.passes(state(2, status="offline")) == [state(2, status="offline")]
    assert [watch.beat() for _ in range(100)] == [[]] * 100
    assert watch.attendance.present() == {}


def test_while_the_broker_was_away_nobody_was_missed() -> None:
    watch = there()
    for _ in range(MISSED):
        assert watch.beat() == []
    watch.attendance.connected()
    for _ in range(MISSED):
        assert watch.beat() == []
    assert isinstance(watch.beat()[0], FellSilent)


# --- gaps


def test_a_gap_asks_at_once_and_then_ever_more_rarely() -> None:
    watch = there()
    assert watch.finds(state(3)) == REBIRTH
    asked = [
        number for number in range(1, 400) if watch.beat() == REBIRTH or watch.passes(progress(3)) != [progress(3)]
    ]
    steps = [after - before for before, after in pairwise(asked)]
    assert asked[0] == 1
    assert steps[:5] == [2, 4, 8, 16, 32]
    assert set(steps[5:]) == {LONGEST_WAIT}


def test_a_birth_fills_every_gap() -> None:
    watch = there()
    assert watch.finds(state(3)) == REBIRTH
    assert watch.passes(birth()) == [birth()]
    assert watch.passes(state(9)) == [state(9)]
    assert watch.beat("S1", sequence=9) == []


def test_what_was_lost_before_a_pause_is_told_by_the_echo() -> None:
    watch = there()
    assert watch.beat("S1", sequence=1) == []
    assert watch.beat("S1", sequence=2) == REBIRTH


@given(st.permutations(range(2, 9)))
def test_a_state_out_of_order_never_comes_after_a_newer_one(order: list[int]) -> None:
    watch = there()
    passed = [body for number in order for body in watch.attendance.heard(NAME, state(number), watch.at)[0]]
    numbers = [each.sequence for each in passed if isinstance(each, State)]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 8


def test_progress_out_of_order_is_left_and_a_result_is_not() -> None:
    watch = there()
    watch.finds(state(5))
    assert watch.passes(progress(3)) == []
    assert watch.passes(outcome(2)) == [outcome(2)]


def test_a_driver_of_protocol_1_0_has_gaps() -> None:
    watch = Watch()
    watch.passes(birth(protocol="1.0"))
    watch.passes(state(1))
    assert watch.passes(state(7)) == [state(7)]


# --- sessions


def test_a_state_waits_for_its_birth() -> None:
    watch = Watch()
    assert watch.attendance.heard(NAME, state(4), watch.at) == ([], REBIRTH)
    assert watch.passes(birth()) == [birth(), state(4)]


def test_a_result_of_one_that_was_never_born_counts_and_asks() -> None:
    watch = Watch()
    assert watch.attendance.heard(NAME, outcome(4), watch.at) == ([outcome(4)], REBIRTH)


def test_what_an_earlier_process_said_of_itself_is_past() -> None:
    watch = there()
    watch.passes(birth("S2"))
    watch.passes(state(1, "S2"))
    for late in (state(9), state(0, status="offline"), Answer(command="c", session="S1", standing="in_hand")):
        assert watch.passes(late) == []
    assert watch.passes(outcome(8)) == [outcome(8)]
    assert watch.beat("S2") == []


def test_a_will_that_came_too_late_is_taken_back() -> None:
    watch = there()
    watch.passes(state(0, status="offline"))
    assert watch.beat("S1") == REBIRTH
    assert watch.passes(birth()) == [birth()]
    assert watch.passes(state(2)) == [state(2)]


# --- two under one name


def test_two_drivers_under_one_name_are_told_once_and_nothing_that_they_say_of_themselves_counts() -> None:
    watch = there()
    watch.beat("S1")
    watch.passes(birth("S2"))
    watch.passes(state(1, "S2"))
    assert watch.beat("S2", "S1") == [Contested(NAME, ("S1", "S2"))]
    for said in (state(2), state(2, "S2"), birth(), Answer(command="c", session="S2", standing="never_seen")):
        assert watch.passes(said) == []
    assert watch.passes(outcome(3)) == [outcome(3)]
    for _ in range(20):
        assert watch.beat("S1", "S2") == []


def test_the_one_that_is_left_is_born_again() -> None:
    for left in ("S1", "S2"):
        watch = there()
        watch.passes(birth("S2"))
        watch.beat("S1", "S2")
        found = [watch.beat(left) for _ in range(MISSED + 1)]
        assert [each for each in found if each] == [REBIRTH]
        assert watch.passes(birth(left)) == [birth(left)]
        assert watch.passes(state(5, left)) == [state(5, left)]
        assert watch.beat(left, sequence=5) == []


def test_when_both_are_gone_nobody_is_there() -> None:
    watch = there()
    watch.passes(birth("S2"))
    watch.beat("S1", "S2")
    found = [each for _ in range(MISSED + 1) for each in watch.beat()]
    assert [type(each) for each in found] == [FellSilent, AskRebirth]
    assert watch.attendance.present() == {}


def test_a_successor_is_no_rival() -> None:
    watch = there()
    watch.beat("S1")
    watch.echo("S1")
    watch.passes(birth("S2"))
    watch.passes(state(1, "S2"))
    assert [watch.beat("S2") for _ in range(5)] == [[]] * 5


# --- what is shown


def test_what_is_known_of_a_driver() -> None:
    watch = there()
    presence = watch.attendance.present()[NAME]
    assert (presence.protocol, presence.heard, presence.skew) == ("1.1", watch.at, None)
    watch.beat()
    late = watch.at + timedelta(seconds=0.2)
    fast = watch.at + timedelta(hours=2)
    watch.attendance.heard(NAME, Echo(session="S1", number=2, at=watch.at, device_time=fast, sequence=1), late)
    presence = watch.attendance.present()[NAME]
    assert presence.skew is not None
    assert presence.skew.ahead_s == 7200 - 0.1
    assert presence.skew.uncertainty_s == 0.1
    assert presence.heard == late


def test_an_echo_of_no_heartbeat_of_ours_says_nothing() -> None:
    watch = there()
    strange = Echo(session="S9", number=77, at=datetime(1990, 1, 1, tzinfo=UTC), device_time=watch.at, sequence=50)
    assert watch.passes(strange) == []
