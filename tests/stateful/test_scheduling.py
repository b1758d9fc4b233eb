"""Random workcells and protocols, done by virtual instruments: nothing waits for ever, nothing is done twice at once.

With durations as they are declared and nobody interfering, no window is broken. With orders that take longer or fail,
interlocks that trip and the stop, a window that is broken is said to be, and everything that can finish does.
"""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labd.domain import events as e
from labd.domain.protocol import Protocol
from labd.domain.workcell import Workcell
from labd.lifecycles.command import OUT
from tests.stateful.shops import Shop, protocols, to_the_end, workcells

LIMITS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
campaigns = st.lists(st.tuples(protocols(windows=True), st.integers(0, 1)), min_size=1, max_size=3)
matter = st.lists(st.tuples(protocols(windows=False), st.integers(0, 1)), min_size=1, max_size=3)


Made = list[tuple[Protocol, int]]


def loaded(room: Workcell, made: Made) -> Shop:
    shop = Shop(room)
    for number, (protocol, priority) in enumerate(made):
        shop.load(f"C{number}", protocol, priority)
    return shop


@LIMITS
@given(workcells(), campaigns)
def test_with_durations_as_declared_no_window_is_broken(room: Workcell, made: Made) -> None:
    shop = loaded(room, made)
    for _ in to_the_end(shop):
        pass
    shop.over()
    assert shop.late() == []
    assert shop.flagged() == []


@LIMITS
@given(workcells(), matter, campaigns, st.data())
def test_whatever_goes_wrong_nothing_waits_for_ever(
    room: Workcell, made: Made, timed: Made, data: st.DataObject
) -> None:
    shop = loaded(room, [*made, *timed[:1]])
    trouble = data.draw(st.lists(st.tuples(st.integers(1, 60), st.sampled_from(FAULTS)), max_size=6))
    at = dict(trouble)
    for number in to_the_end(shop):
        if number in at:
            at[number](shop)
    for _ in range(12):  # people come and put things right
        shop.clear()
        shop.release()
        shop.tidy()
        if any(each.ended is None for each in shop.state.campaigns.values()):
            shop.refill()
        for _ in to_the_end(shop):
            pass
    shop.over()
    assert sorted(shop.late()) == sorted(shop.flagged())
    flagged = {run.rpartition(".")[0] for run, _ in shop.flagged()}
    for each in shop.journal:
        if isinstance(each, e.TrialObserved):
            assert ("timing_violation" in each.flags) <= (each.trial in flagged)


def _delay(shop: Shop) -> None:
    """What is under way takes twenty minutes longer."""
    for key, command in shop.state.commands.items():
        if command.status in OUT:
            shop.longer_s[key] = 1200.0


def _fail(shop: Shop) -> None:
    shop.fails.update(key for key, command in shop.state.commands.items() if command.status in OUT)


FAULTS = (_delay, _fail, Shop.trip, Shop.stop, Shop.clear, Shop.release)
