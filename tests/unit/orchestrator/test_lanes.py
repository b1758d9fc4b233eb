"""Lanes take turns, let what is out of date give way, and are bounded."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from labd.domain.command import Succeeded
from labd.orchestrator.lanes import BOUND, BURST, LANES, STEADY_PER_S, Lanes
from labd.ports.instrument_link import Connected, Inbound, Message, Rejected
from labd.wire.messages import Report, State

AT = datetime(2026, 1, 1, tzinfo=UTC)


def state(instrument: str, sequence: int, session: str = "s1") -> Message:
    return Message(instrument, State(session=session, sequence=sequence, status="idle"))


def outcome(instrument: str, number: int, sequence: int = 0) -> Message:
    report = Report(
        command=f"c{number}",
        session="s1",
        sequence=sequence,
        device_time=AT,
        outcome=Succeeded(),
        content_hash=f"h{number}",
    )
    return Message(instrument, report)


def progress(instrument: str, fraction: float) -> Message:
    report = Report(command="c1", session="s1", sequence=1, device_time=AT, progress=fraction)
    return Message(instrument, report)


def with_all(*messages: Inbound) -> Lanes[str]:
    lanes = Lanes[str]()
    for each in messages:
        lanes.arrive(each)
    return lanes


def test_order_within_a_lane_is_kept() -> None:
    said = [state("a", 1), outcome("a", 1), progress("a", 0.5), outcome("a", 2)]
    assert with_all(*said).take(10, 0.0) == said


def test_the_daemons_own_goes_first() -> None:
    lanes = with_all(outcome("a", 1))
    lanes.put("mine")
    assert lanes.take(1, 0.0) == ["mine"]


def test_what_the_connection_says_is_the_daemons_own() -> None:
    lanes = with_all(outcome("a", 1), Connected())
    assert lanes.take(1, 0.0) == [Connected()]


def test_lanes_take_turns() -> None:
    lanes = with_all(*(outcome("babbler", n) for n in range(100)), outcome("quiet", 1))
    assert outcome("quiet", 1) in lanes.take(2, 0.0)


def test_where_a_group_is_too_small_for_all_the_next_begins_with_another() -> None:
    lanes = with_all(*(outcome(name, n) for name in "abc" for n in range(3)))
    first = [lanes.take(1, 0.0)[0] for _ in range(3)]
    assert {each.instrument for each in first if isinstance(each, Message)} == {"a", "b", "c"}


def test_a_newer_state_takes_the_place_of_an_older_one_of_the_same_session() -> None:
    lanes = with_all(state("a", 1), state("a", 2), state("a", 9, session="older"), state("a", 3))
    assert lanes.take(10, 0.0) == [state("a", 9, session="older"), state("a", 3)]


def test_a_report_that_is_said_again_waits_once() -> None:
    lanes = with_all(outcome("a", 1, sequence=1), outcome("a", 1, sequence=2), outcome("a", 1, sequence=3))
    assert lanes.take(10, 0.0) == [outcome("a", 1, sequence=3)]


def test_newer_progress_takes_the_place_of_older() -> None:
    assert with_all(progress("a", 0.1), progress("a", 0.2)).take(10, 0.0) == [progress("a", 0.2)]


def test_what_finds_no_room_is_counted() -> None:
    lanes = with_all(*(outcome("a", n) for n in range(BOUND + 5)))
    assert lanes.held_back == 5
    assert len(lanes.take(2 * BOUND, 0.0)) == BOUND


def test_all_rubbish_has_one_lane() -> None:
    rubbish = [Rejected(f"labd/1/x/a{n}/report", "no", str(n), 1) for n in range(BOUND + 1)]
    lanes = with_all(*rubbish, outcome("a", 1))
    assert lanes.held_back == 1
    assert outcome("a", 1) in lanes.take(2, 0.0)


def test_names_without_end_fill_nothing() -> None:
    lanes = with_all(*(outcome(f"a{n}", 1) for n in range(LANES + 3)))
    assert (len(lanes), lanes.held_back) == (LANES, 3)


def test_a_state_that_changes_on_and_on_is_taken_now_and_then() -> None:
    lanes, now, taken = Lanes[str](), 0.0, 0
    for n in range(10_000):  # a thousand a second, for ten seconds
        lanes.arrive(state("a", n))
        now += 0.001
        taken += len(lanes.take(10, now))
    assert BURST <= taken <= BURST + 11 * STEADY_PER_S
    due = lanes.due(now)
    assert due is not None
    assert now < due <= now + 1 / STEADY_PER_S
    assert lanes.take(10, due) == [state("a", 9999)], "the newest is always taken in the end"
    assert lanes.due(due) is None


def test_while_its_states_are_held_back_all_else_passes() -> None:
    lanes = with_all(*(state("a", n, session=f"s{n}") for n in range(BURST + 1)))
    assert len(lanes.take(1000, 0.0)) == BURST
    lanes.arrive(outcome("a", 1))
    assert lanes.take(1000, 0.0) == [outcome("a", 1)]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=60), st.integers(1, 7))
def test_every_outcome_is_taken_sooner_or_later(said: list[tuple[str, int]], most: int) -> None:
    lanes = with_all(*(outcome(name, n) for name, n in said))
    taken: list[str | Inbound] = []
    while lanes.due(0.0) is not None:
        group = lanes.take(most, 0.0)
        assert 0 < len(group) <= most
        taken += group
    assert len(lanes) == 0
    assert {_key(each) for each in taken} == {_key(outcome(name, n)) for name, n in said}


def _key(each: str | Inbound) -> tuple[str, str]:
    assert isinstance(each, Message)
    assert isinstance(each.body, Report)
    return each.instrument, each.body.command
