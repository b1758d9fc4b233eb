"""Stock: what orders use up, lot by lot.

    available ──ordered──> reserved ──done──> used
        ^                    │ └──nobody knows──> uncertain ── the driver knows after all ──> used | available
        └──nothing moved─────┘                        └────── a person counts ──> available, as much as is there

What is reserved or uncertain still counts as there, and is promised to nobody else: the truth lies between the amount
and the amount less what is uncertain. Amounts are in the stock's unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from labd.domain.errors import NotFound, TransitionError
from labd.domain.identifiers import CommandId
from labd.domain.matter import Lot, Stock
from labd.lifecycles.replacing import replace

ROUNDING = 1e-9
"""Sums of amounts are as exact as this, by the larger of them: less than that beside it is nothing."""
REMEMBERED = timedelta(hours=6)
"""The forecast looks back so far: a night shift's use says little of the day's."""
GRAIN = timedelta(minutes=10)
"""What is used within so long is kept as one figure, and no rate is told of less."""

Taken = Mapping[str, float]
"""By lot: an amount."""


@dataclass(frozen=True, slots=True)
class LotState:
    """One bottle, box or delivery, as far as is known."""

    lot: str
    amount: float
    """What is there, with what is reserved and what is uncertain."""
    expires: datetime | None = None

    def expired(self, at: datetime) -> bool:
        """Whether it may not be used any more."""
        return self.expires is not None and self.expires <= at


@dataclass(frozen=True, slots=True)
class Use:
    """What was used within a `GRAIN` of time."""

    since: datetime
    amount: float


@dataclass(frozen=True, slots=True)
class StockState:
    """What is there of one thing, and for whom."""

    name: str
    lots: dict[str, LotState] = field(default_factory=dict)
    reserved: dict[CommandId, dict[str, float]] = field(default_factory=dict)
    """By order that is out, and lot."""
    uncertain: dict[CommandId, dict[str, float]] = field(default_factory=dict)
    """By order of which nobody knows what it took, and lot."""
    used: tuple[Use, ...] = ()
    """Of the last hours, the oldest first."""

    @property
    def amount(self) -> float:
        """What is there in all lots, expired ones too."""
        return sum(each.amount for each in self.lots.values())

    @property
    def doubtful(self) -> float:
        """How much less it may be in truth."""
        return sum(sum(taken.values()) for taken in self.uncertain.values())

    def available(self, at: datetime) -> float:
        """What may be promised: not expired, not reserved, not uncertain."""
        return sum(free.values()) if (free := self.free(at)) else 0.0

    def free(self, at: datetime) -> dict[str, float]:
        """What may be promised, by lot: the first to expire first, the first that came first among equals."""
        kept = [*self.reserved.values(), *self.uncertain.values()]
        left = {
            each.lot: each.amount - sum(taken.get(each.lot, 0.0) for taken in kept)
            for each in sorted(self.lots.values(), key=lambda each: (each.expires is None, each.expires or at))
            if not each.expired(at)
        }
        return {lot: amount for lot, amount in left.items() if amount > ROUNDING * self.lots[lot].amount}


def furnished(name: str, stock: Stock) -> StockState:
    """The stock as the workcell file says that it is at first."""
    return StockState(name, {each.lot: LotState(each.lot, each.amount, each.expires) for each in stock.lots})


def lots_for(stock: StockState, wanted: float, at: datetime) -> dict[str, float] | None:
    """Which lots an order takes, the first to expire first; None where there is not enough.

    >>> from datetime import UTC
    >>> noon, may = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
    >>> medium = StockState("medium", {"M2": LotState("M2", 5.0), "M1": LotState("M1", 2.0, may)})
    >>> lots_for(medium, 3.0, noon), lots_for(medium, 8.0, noon)
    ({'M1': 2.0, 'M2': 1.0}, None)
    """
    chosen: dict[str, float] = {}
    missing = wanted
    for lot, amount in stock.free(at).items():
        if missing <= ROUNDING * wanted:
            break
        chosen[lot] = min(amount, missing)
        missing -= chosen[lot]
    return None if missing > ROUNDING * wanted else chosen


# --- what orders do


def reserve(stock: StockState, command: CommandId, taken: Taken) -> StockState:
    """Keep it for an order. Raises `TransitionError` where a lot has not so much left."""
    kept = [*stock.reserved.values(), *stock.uncertain.values()]
    for lot, amount in taken.items():
        there = stock.lots[lot].amount if lot in stock.lots else 0.0
        left = there - sum(each.get(lot, 0.0) for each in kept)
        if amount > left + ROUNDING * max(amount, there):
            raise TransitionError(f"Lot {lot} of {stock.name} has {left:g} left, not {amount:g}.", "Refill it.")
    return replace(stock, reserved={**stock.reserved, command: dict(taken)})


def commit(stock: StockState, command: CommandId, at: datetime) -> StockState:
    """The order took it."""
    taken = _of(stock, command)
    if taken is None:
        return stock
    lots = dict(stock.lots)
    for lot, amount in taken.items():
        if lot in lots:
            left = lots[lot].amount - amount
            lots[lot] = replace(lots[lot], amount=left if left > ROUNDING * lots[lot].amount else 0.0)
    return replace(_without(stock, command), lots=_not_empty(lots), used=_used(stock.used, at, sum(taken.values())))


def roll_back(stock: StockState, command: CommandId) -> StockState:
    """The order took nothing."""
    return _without(stock, command)


def doubt(stock: StockState, command: CommandId) -> StockState:
    """Nobody knows what the order took: a person counts."""
    taken = _of(stock, command)
    if taken is None:
        return stock
    return replace(_without(stock, command), uncertain={**stock.uncertain, command: taken})


def _of(stock: StockState, command: CommandId) -> dict[str, float] | None:
    """What is kept for an order; None where nothing is: it took none, or the lot was counted since."""
    return stock.reserved.get(command) or stock.uncertain.get(command)


def _without(stock: StockState, command: CommandId) -> StockState:
    return replace(
        stock,
        reserved={key: taken for key, taken in stock.reserved.items() if key != command},
        uncertain={key: taken for key, taken in stock.uncertain.items() if key != command},
    )


def _not_empty(lots: Mapping[str, LotState]) -> dict[str, LotState]:
    """Used-up lots go: the journal remembers them."""
    return {name: each for name, each in lots.items() if each.amount > 0}


def _used(used: tuple[Use, ...], at: datetime, amount: float) -> tuple[Use, ...]:
    recent = tuple(each for each in used if each.since > at - REMEMBERED)
    if recent and at - recent[-1].since < GRAIN:
        return (*recent[:-1], replace(recent[-1], amount=recent[-1].amount + amount))
    return (*recent, Use(at, amount))


# --- what persons do


def refill(stock: StockState, lot: Lot, capacity: float | None, unit: str) -> StockState:
    """The stock with one more lot, or more of a lot. Raises `TransitionError` where it has no room for it."""
    room = None if capacity is None else capacity - stock.amount
    if room is not None and lot.amount > room + ROUNDING * (capacity or 0.0):
        raise TransitionError(
            f"There is room for {max(room, 0.0):g} {unit} of {stock.name}, not for {lot.amount:g} {unit}.",
            "Take used and expired lots out (count them to 0), or put less in.",
        )
    before = stock.lots.get(lot.lot, LotState(lot.lot, 0.0, lot.expires))
    filled = replace(before, amount=before.amount + lot.amount, expires=lot.expires or before.expires)
    return replace(stock, lots=_not_empty({**stock.lots, lot.lot: filled}))


def count(stock: StockState, lot: str, amount: float) -> StockState:
    """What is there counts: nothing of the lot is uncertain any more. Raises `NotFound`."""
    if lot not in stock.lots:
        known = ", ".join(stock.lots) or "none"
        raise NotFound(f"There is no lot {lot} of {stock.name}.", f"Lots: {known}. A new one is a refill.")
    left = {key: {name: each for name, each in taken.items() if name != lot} for key, taken in stock.uncertain.items()}
    return replace(
        stock,
        lots=_not_empty({**stock.lots, lot: replace(stock.lots[lot], amount=amount)}),
        uncertain={key: taken for key, taken in left.items() if taken},
    )


# --- how long it lasts


def rate(stock: StockState, at: datetime) -> float:
    """What was used an hour of late, in the stock's unit; 0 where nothing was.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> rate(StockState("medium", used=(Use(noon - timedelta(hours=2), 8.0),)), noon)
    4.0
    """
    recent = [each for each in stock.used if each.since > at - REMEMBERED]
    if not recent:
        return 0.0
    span = max(at - recent[0].since, GRAIN)
    return sum(each.amount for each in recent) / (span / timedelta(hours=1))


def hours_to_empty(stock: StockState, at: datetime) -> float | None:
    """When nothing is available any more, if it is used as of late; None where nothing is used."""
    used = rate(stock, at)
    return stock.available(at) / used if used > 0 else None
