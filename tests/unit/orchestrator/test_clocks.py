"""What echoes tell of an instrument's clock."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from labd.orchestrator.clocks import KEPT, ClockWatch

MORNING = datetime(2026, 1, 5, 8, tzinfo=UTC)
MICROSECOND = 1e-5
"""A moment is kept to microseconds, and three of them are added up."""

delays_s = st.floats(0, 4)


def echo(watch: ClockWatch, number: int, there_s: float, back_s: float, ahead_s: float) -> None:
    sent = MORNING + timedelta(seconds=5 * number)
    answered = sent + timedelta(seconds=there_s)
    watch.echoed(sent, answered + timedelta(seconds=ahead_s), answered + timedelta(seconds=back_s))


@given(st.lists(st.tuples(delays_s, delays_s), min_size=1, max_size=30), st.floats(-1e6, 1e6))
def test_the_truth_is_within_the_uncertainty_whatever_the_way_takes(
    ways: list[tuple[float, float]], ahead_s: float
) -> None:
    watch = ClockWatch()
    for number, (there_s, back_s) in enumerate(ways):
        echo(watch, number, there_s, back_s, ahead_s)
        best = watch.best
        assert best is not None
        assert abs(best.ahead_s - ahead_s) <= best.uncertainty_s + MICROSECOND


@given(st.lists(st.tuples(delays_s, delays_s), min_size=1, max_size=30))
def test_the_quickest_of_the_last_ones_counts(ways: list[tuple[float, float]]) -> None:
    watch = ClockWatch()
    for number, (there_s, back_s) in enumerate(ways):
        echo(watch, number, there_s, back_s, 0)
    best = watch.best
    assert best is not None
    # Echoes that contradict each other by a rounding error begin it anew: then fewer are kept, and no slower one.
    assert best.round_trip_s >= min(there + back for there, back in ways[-KEPT:]) - MICROSECOND


@given(st.floats(10, 1e6), st.sampled_from([-1, 1]))
def test_a_clock_that_is_set_is_followed_at_once(jump_s: float, sign: int) -> None:
    watch = ClockWatch()
    for number in range(KEPT):
        echo(watch, number, 0.001, 0.001, 0)
    echo(watch, KEPT, 2, 2, sign * jump_s)
    assert watch.best is not None
    assert abs(watch.best.ahead_s - sign * jump_s) <= watch.best.uncertainty_s + MICROSECOND


def test_our_own_clock_set_back_begins_it_anew() -> None:
    watch = ClockWatch()
    echo(watch, 1, 0.001, 0.001, 0)
    watch.echoed(MORNING, MORNING, MORNING - timedelta(seconds=30))
    assert watch.best is None
