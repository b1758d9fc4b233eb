"""What events make of matter: stock, labware, and instruments that persons take out of service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum, auto
from functools import partial
from typing import assert_never

from labd.domain import events as e
from labd.domain import room_events as r
from labd.domain.command import Failed, FailureKind, Outcome, Refused, Resolution, Succeeded, Unknown
from labd.domain.errors import NotFound, TransitionError
from labd.domain.identifiers import CommandId, InstrumentName
from labd.domain.workcell import Workcell
from labd.lifecycles import matter
from labd.lifecycles import stock as stocks
from labd.lifecycles.fold.interlocks import turn_interlock
from labd.lifecycles.fold.room import change_instrument
from labd.lifecycles.instrument import SERVICE, Instrument
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.matter import Labware, Stay
from labd.lifecycles.replacing import replace
from labd.lifecycles.stock import StockState
from labd.wire.messages import held_by


class Fate(Enum):
    """What an order made of the matter that was kept for it."""

    DONE = auto()
    NOTHING = auto()
    """Nothing moved."""
    UNCERTAIN = auto()
    """Nobody knows: a person looks."""


def fate(outcome: Outcome) -> Fate:
    """What is known of the matter after the driver's report."""
    match outcome:
        case Succeeded():
            return Fate.DONE
        case Refused() | Failed(failure=FailureKind.VALIDATION):
            return Fate.NOTHING
        case Failed() | Unknown():
            return Fate.UNCERTAIN
        case _:
            assert_never(outcome)


RESOLVED = {
    Resolution.DONE: Fate.DONE,
    Resolution.NOT_DONE: Fate.NOTHING,
    Resolution.DISCARD: Fate.UNCERTAIN,
}


# --- orders


def keep(state: Laboratory, event: e.CommandIssued) -> Laboratory:
    """What the order will take is reserved, and so is the place where it brings labware. Raises `TransitionError`."""
    key = event.order.command
    for name, taken in event.consumes.items():
        state = _change_stock(state, name, partial(stocks.reserve, command=key, taken=taken))
    if not event.labware:
        return state
    moved = _labware(state, event.labware)
    if event.place not in moved.keeps:
        _check_room(state, moved, event.place)
    stay = Stay(event.at, moved.place, key, f"is to go to {event.place}")
    return _put(state, matter.move(moved, "order", stay, to=event.place, by=key))


def settle(state: Laboratory, key: CommandId, what: Fate, at: datetime) -> Laboratory:
    """What was kept for an order is used, given back, or uncertain; where a person has looked since, that counts."""
    for name, stock in state.stock.items():
        if key not in stock.reserved and key not in stock.uncertain:
            continue
        match what:
            case Fate.DONE:
                settled = stocks.commit(stock, key, at)
            case Fate.NOTHING:
                settled = stocks.roll_back(stock, key)
            case Fate.UNCERTAIN:
                settled = stocks.doubt(stock, key)
        state = replace(state, stock=state.stock | {name: settled})
    for moved in [each for each in state.labware.values() if each.moved_by == key]:
        match what:
            case Fate.DONE:
                changed = matter.move(moved, "arrive", Stay(at, moved.moving_to, key))
            case Fate.NOTHING:
                changed = matter.move(moved, "stay", Stay(at, moved.place, key, "it was not moved"))
            case Fate.UNCERTAIN:
                note = f"nobody knows whether it is at {moved.place}, at {moved.moving_to}, or between"
                changed = matter.move(moved, "lose", Stay(at, "", key, note))
        state = _put(state, changed)
    return state


def bring(state: Laboratory, event: e.RunStarted) -> Laboratory:
    """The labware of a run that begins: expected, until there is room for it."""
    if not event.labware:
        return state
    batch = state.campaign_of(state.runs[event.run]).protocol.batch
    wells = {each.well: each.trial or each.control for each in event.samples if each.well}
    new = {
        each.labware: Labware(
            each.labware,
            event.run,
            each.name,
            each.type,
            place=each.location,
            wells=wells if batch is not None and batch.labware == each.name else {},
            version=state.version,
        )
        for each in event.labware
    }
    return replace(state, labware=state.labware | new)


def shelve(state: Laboratory, workcell: Workcell) -> Laboratory:
    """The stock, with what the workcell names for the first time; of the rest the journal knows what is there."""
    new = {name: stocks.furnished(name, each) for name, each in workcell.stock.items() if name not in state.stock}
    return replace(state, stock=state.stock | new) if new else state


# --- persons


def on_room_event(state: Laboratory, event: r.RoomEvent) -> Laboratory:
    """What an event of the room makes of it. Raises `NotFound` and `TransitionError`."""
    match event:
        case r.StockRefilled():
            known = state.workcell.stock.get(event.stock) if state.workcell else None
            capacity, unit = (known.capacity, known.unit) if known else (None, "")
            return _change_stock(state, event.stock, lambda it: stocks.refill(it, event.lot, capacity, unit))
        case r.StockCounted():
            return _change_stock(state, event.stock, lambda it: stocks.count(it, event.lot, event.amount))
        case r.LabwareMoved():
            return _carry(state, event)
        case r.InstrumentWithdrawn():
            return _serve(state, event.instrument, event.service, held_by(event.by, event.reason))
        case r.InstrumentRestored():
            return _serve(state, event.instrument, "restore", "")
        case r.InterlockTripped() | r.InterlockCleared():
            return turn_interlock(state, event)
        case _:
            assert_never(event)


def _serve(state: Laboratory, name: InstrumentName, trigger: str, word: str) -> Laboratory:
    """The instrument in or out of service."""

    def change(it: Instrument) -> Instrument:
        return replace(it, service=SERVICE.next(it.service, trigger), withdrawn=word)

    return change_instrument(state, name, change)


def _carry(state: Laboratory, event: r.LabwareMoved) -> Laboratory:
    """The labware where somebody says that it is, or out of the room."""
    moved = state.removed[event.labware] if event.labware in state.removed else _labware(state, event.labware)
    if event.to and event.to not in moved.keeps:
        _check_room(state, moved, event.to)
    trigger = "put" if event.to else "remove"
    return _put(state, matter.move(moved, trigger, Stay(event.at, event.to, event.by, event.reason)))


def _check_room(state: Laboratory, labware: Labware, place: str) -> None:
    """Raises `NotFound` and `TransitionError` unless the place takes the labware and has room for it."""
    workcell = state.workcell
    if workcell is None or place not in workcell.locations:
        known = ", ".join(workcell.locations) if workcell else ""
        raise NotFound(f"The workcell has no location {place!r}.", f"Locations: {known or 'none'}.")
    if not matter.fitting(workcell, labware, place):
        accepts = ", ".join(workcell.locations[place].accepts)
        raise TransitionError(f"{place} does not take a {labware.type}.", f"It takes: {accepts}.")
    if matter.room(workcell, state.labware.values())[place] <= 0:
        there = ", ".join(each.id for each in state.labware.values() if place in each.keeps)
        raise TransitionError(f"{place} is full: {there}.", "Say first where that is now: `labd labware move`.")


def _change_stock(state: Laboratory, name: str, change: Callable[[StockState], StockState]) -> Laboratory:
    if name not in state.stock:
        raise NotFound(f"The workcell has no stock {name!r}.", f"Stock: {', '.join(state.stock) or 'none'}.")
    return replace(state, stock=state.stock | {name: change(state.stock[name])})


def _labware(state: Laboratory, key: str) -> Labware:
    if key not in state.labware:
        raise NotFound(f"There is no labware {key!r} in the room.", "`labd labware` lists what is.")
    return state.labware[key]


def _put(state: Laboratory, labware: Labware) -> Laboratory:
    labware = replace(labware, version=state.version)
    if labware.status is matter.LabwareStatus.REMOVED:
        return replace(
            state, labware=state.labware.without([labware.id]), removed=state.removed | {labware.id: labware}
        )
    back = labware.id in state.removed
    removed = state.removed.without([labware.id]) if back else state.removed
    return replace(state, labware=state.labware | {labware.id: labware}, removed=removed)
