"""Stock: the first to expire goes first, nothing is promised twice, and the sums are right whatever happens."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labd.domain.errors import NotFound, TransitionError
from labd.domain.matter import Lot, Stock
from labd.lifecycles import stock as stocks
from labd.lifecycles.stock import LotState, StockState
from tests.scenery import MORNING, later

DAY = timedelta(days=1)


def shelf(**amounts: float) -> StockState:
    """Lots that do not expire."""
    return StockState("medium", {name: LotState(name, amount) for name, amount in amounts.items()})


def test_the_first_to_expire_goes_first_and_the_expired_never() -> None:
    lots = (
        Lot(lot="lasting", amount=5),
        Lot(lot="old", amount=5, expires=MORNING - DAY),
        Lot(lot="may", amount=5, expires=MORNING + 2 * DAY),
        Lot(lot="april", amount=5, expires=MORNING + DAY),
    )
    stock = stocks.furnished("medium", Stock(unit="mL", lots=lots))
    assert stocks.lots_for(stock, 12, MORNING) == {"april": 5, "may": 5, "lasting": 2}
    assert stocks.lots_for(stock, 15.5, MORNING) is None
    assert stocks.lots_for(stock, 6, MORNING + DAY) == {"may": 5, "lasting": 1}
    assert (stock.amount, stock.available(MORNING)) == (20, 15)


def test_what_is_reserved_is_promised_to_nobody_else() -> None:
    stock = stocks.reserve(shelf(A=5.0), "c.1", {"A": 4.0})
    assert stocks.lots_for(stock, 2, MORNING) is None
    with pytest.raises(TransitionError, match="Lot A of medium has 1 left, not 2"):
        stocks.reserve(stock, "c.2", {"A": 2.0})
    assert stocks.lots_for(stocks.roll_back(stock, "c.1"), 5, MORNING) == {"A": 5}


def test_an_order_of_which_nobody_knows_keeps_its_share_until_somebody_counts() -> None:
    stock = stocks.doubt(stocks.reserve(shelf(A=5.0), "c.1", {"A": 4.0}), "c.1")
    assert (stock.amount, stock.doubtful, stock.available(MORNING)) == (5, 4, 1)
    counted = stocks.count(stock, "A", 3.5)
    assert (counted.amount, counted.doubtful, counted.available(MORNING)) == (3.5, 0, 3.5)
    assert stocks.commit(counted, "c.1", MORNING) == counted, "a late word does not take it a second time"


def test_the_driver_knows_after_all() -> None:
    doubted = stocks.doubt(stocks.reserve(shelf(A=5.0), "c.1", {"A": 4.0}), "c.1")
    assert stocks.commit(doubted, "c.1", MORNING).available(MORNING) == 1
    assert stocks.roll_back(doubted, "c.1").available(MORNING) == 5


def test_a_refill_beyond_the_room_is_refused_and_says_how_much_fits() -> None:
    with pytest.raises(TransitionError, match="room for 5 mL of medium, not for 6 mL"):
        stocks.refill(shelf(A=5.0), Lot(lot="B", amount=6), 10.0, "mL")
    filled = stocks.refill(shelf(A=5.0), Lot(lot="A", amount=5, expires=MORNING), 10.0, "mL")
    assert filled.lots == {"A": LotState("A", 10.0, MORNING)}


def test_a_lot_that_nobody_knows_cannot_be_counted() -> None:
    with pytest.raises(NotFound, match="no lot B of medium"):
        stocks.count(shelf(A=5.0), "B", 1)


def test_a_used_up_lot_goes_although_sums_round() -> None:
    stock = shelf(A=0.3)
    for number in range(3):
        stock = stocks.commit(stocks.reserve(stock, f"c.{number}", {"A": 0.1}), f"c.{number}", MORNING)
    assert stock.lots == {}


def test_the_forecast_goes_by_the_use_of_the_last_hours() -> None:
    stock = shelf(A=100.0)
    assert stocks.hours_to_empty(stock, MORNING) is None, "nothing is used: it lasts"
    for hour in range(4):
        key, at = f"c.{hour}", later(3600 * hour)
        stock = stocks.commit(stocks.reserve(stock, key, {"A": 5.0}), key, at)
    assert stocks.rate(stock, later(4 * 3600)) == pytest.approx(5.0)
    assert stocks.hours_to_empty(stock, later(4 * 3600)) == pytest.approx(80 / 5)
    assert stocks.hours_to_empty(stock, later(30 * 3600)) is None, "yesterday's use says nothing of today's"


ORDERS = st.tuples(
    st.just("order"), st.floats(0.01, 3.0), st.sampled_from(["commit", "roll_back", "doubt", "doubt, commit", "out"])
)
REFILLS = st.tuples(st.just("refill"), st.sampled_from("ABC"), st.floats(0.1, 5.0))


@settings(max_examples=60, deadline=None)
@given(st.lists(ORDERS | REFILLS, max_size=40))
def test_the_sums_are_right_whatever_happens(story: list[tuple[str, float | str, str | float]]) -> None:
    stock, came, went = shelf(A=4.0, B=2.0), 6.0, 0.0
    for number, (kind, first, second) in enumerate(story):
        at, key = later(60 * number), f"c.{number}"
        if kind == "refill":
            stock = stocks.refill(stock, Lot(lot=str(first), amount=float(second)), None, "mL")
            came += float(second)
            continue
        chosen = stocks.lots_for(stock, float(first), at)
        if chosen is None:
            assert stock.available(at) < float(first) * (1 + 1e-6)
            continue
        assert sum(chosen.values()) == pytest.approx(float(first))
        stock = stocks.reserve(stock, key, chosen)
        for what in str(second).split(", "):
            match what:
                case "commit":
                    stock, went = stocks.commit(stock, key, at), went + float(first)
                case "roll_back":
                    stock = stocks.roll_back(stock, key)
                case "doubt":
                    stock = stocks.doubt(stock, key)
        assert stock.amount == pytest.approx(came - went, abs=1e-6)
        assert all(each.amount > 0 for each in stock.lots.values())
        kept = stock.doubtful + sum(sum(taken.values()) for taken in stock.reserved.values())
        assert stock.available(at) == pytest.approx(stock.amount - kept, abs=1e-6)
        assert 0 <= stock.available(at) <= stock.amount
