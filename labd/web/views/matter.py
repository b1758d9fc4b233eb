"""Stock, labware and locations: what is there, how long it lasts, what a person is asked to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from labd.domain.errors import NotFound
from labd.domain.matter import Stock
from labd.lifecycles import Laboratory, matter, stock
from labd.lifecycles.matter import Labware, LabwareStatus
from labd.lifecycles.stock import StockState
from labd.lifecycles.supplies import Supplies
from labd.lifecycles.transport import instrument_places, is_over, leaves
from labd.web.views.pieces import View, moment_text, whose

EMPTY_SOON_H = 2.0
"""Empty in less than this is low, whatever the amount says."""


def stock_view(state: Laboratory, at: datetime) -> list[View]:
    """All stock of the workcell."""
    declared = state.workcell.stock if state.workcell else {}
    lacking = _lacking(state, at)
    return [
        _stock(each, state.stock[name], lacking.get(name, 0), at)
        for name, each in declared.items()
        if name in state.stock
    ]


def one_stock(state: Laboratory, name: str, at: datetime) -> View:
    """One of them. Raises `NotFound`."""
    for each in stock_view(state, at):
        if each["name"] == name:
            return each
    known = state.workcell.stock if state.workcell else {}
    raise NotFound(f"The workcell has no stock {name!r}.", f"Stock: {', '.join(known) or 'none'}.")


def _stock(declared: Stock, there: StockState, lacking: int, at: datetime) -> View:
    available = there.available(at)
    hours = stock.hours_to_empty(there, at)
    whole = declared.capacity or max(there.amount, declared.low, 1e-12)
    if available <= 0 or lacking:
        level = "empty"
    elif available < declared.low or (hours is not None and hours < EMPTY_SOON_H):
        level = "low"
    else:
        level = "enough"
    free = there.free(at)
    return {
        "name": there.name,
        "unit": declared.unit,
        "amount": there.amount,
        "available": available,
        "reserved": sum(sum(each.values()) for each in there.reserved.values()),
        "uncertain": there.doubtful,
        "low": declared.low,
        "capacity": declared.capacity,
        "hazardous": declared.hazardous,
        "level": level,
        "share": min(available / whole, 1.0),
        "used_per_hour": stock.rate(there, at),
        "hours_to_empty": hours,
        "waiting": lacking,
        "lots": [
            {
                "lot": each.lot,
                "amount": each.amount,
                "available": free.get(each.lot, 0.0),
                "uncertain": sum(taken.get(each.lot, 0.0) for taken in there.uncertain.values()),
                "expires": moment_text(each.expires),
                "expired": each.expired(at),
            }
            for each in there.lots.values()
        ],
    }


def _lacking(state: Laboratory, at: datetime) -> dict[str, int]:
    """By stock: how many steps wait for nothing but it."""
    short: dict[str, int] = {}
    if not state.stock:
        return short
    supplies = Supplies(state, at)
    for run in state.runs.values():
        for step in run.ready:
            for name in supplies.short(step.plan):
                short[name] = short.get(name, 0) + 1
    return short


# --- labware


def labware_view(state: Laboratory, labware: Labware) -> View:
    """Labware, where it is and whose."""
    last = labware.history[-1] if labware.history else None
    return {
        "id": labware.id,
        "name": labware.name,
        "type": labware.type,
        "run": labware.run,
        **whose(state, labware.run),
        "status": labware.status,
        "place": "" if labware.status is LabwareStatus.REMOVED else labware.place,
        "moving_to": labware.moving_to,
        "since": moment_text(last.at if last else None),
        "asks": _asks(state, labware),
    }


def labware_history(state: Laboratory, key: str) -> View:
    """Labware, in the room or out of it, with where it has been. Raises `NotFound`."""
    labware = state.labware.get(key) or state.removed.get(key)
    if labware is None:
        raise NotFound(f"There is no labware {key!r}.", "`labd labware` lists what is in the room.")
    history = [
        {"at": each.at.isoformat(), "place": each.place, "by": each.by, "note": each.note} for each in labware.history
    ]
    return labware_view(state, labware) | {"history": history, "wells": labware.wells}


def in_the_room(state: Laboratory) -> list[View]:
    """The labware that is in the room, or is expected."""
    return [labware_view(state, each) for each in state.labware.values()]


def places_view(state: Laboratory) -> list[View]:
    """The locations, and what is there."""
    if state.workcell is None:
        return []
    room = matter.room(state.workcell, state.labware.values())
    working = instrument_places(state.workcell)
    return [
        {
            "name": name,
            "group": each.group,
            "capacity": each.capacity,
            "free": max(room[name], 0),
            "accepts": list(each.accepts),
            "instruments": sorted(working.get(name, ())),
            "labware": [it.id for it in state.labware.values() if name in it.keeps],
        }
        for name, each in state.workcell.locations.items()
    ]


def _asks(state: Laboratory, labware: Labware) -> str:
    """What a person is to do about it; empty: nothing."""
    if labware.status is LabwareStatus.LOST:
        return f"Where is {labware.name}?"
    over = state.workcell is not None and is_over(state.runs.get(labware.run))
    if over and labware.known and state.workcell and not leaves(state.workcell, labware):
        return f"Take {labware.name} away from {labware.place}."
    return ""


# --- what is asked


def needs(state: Laboratory, shelves: list[View]) -> list[View]:
    """What persons are asked to see to: stock to be filled up or counted, labware to be found or taken away.
    `shelves` is the view of all stock."""
    return [*_of_stock(shelves), *_of_labware(state)]


def _of_stock(shelves: list[View]) -> Iterator[View]:
    for each in shelves:
        name, unit = each["name"], each["unit"]
        there = f"{each['available']:.4g} {unit}".strip()
        if each["level"] != "enough":
            hours = each["hours_to_empty"]
            soon = "" if hours is None else f"{hours:.1f} h" if hours >= 1 else f"{60 * hours:.0f} min"
            lasts = f", empty in {soon} as it is used now" if soon else ""
            steps = {0: "", 1: ", 1 step waits for it"}.get(each["waiting"], f", {each['waiting']} steps wait for it")
            yield {"kind": "stock", "about": name, "asks": f"Refill {name}.", "message": f"{there} left{lasts}{steps}"}
        if each["uncertain"]:
            unknown = f"{each['uncertain']:.4g} {unit}".strip()
            message = f"nobody knows whether {unknown} of it was taken"
            yield {"kind": "count", "about": name, "asks": f"Count {name}.", "message": message}


def _of_labware(state: Laboratory) -> Iterator[View]:
    for each in state.labware.values():
        asks = _asks(state, each)
        if asks:
            message = each.history[-1].note if each.status is LabwareStatus.LOST else "its run is over"
            trial = whose(state, each.run)
            whom = f"trial {trial['trial']} of {trial['campaign']}"
            yield {"kind": "labware", "about": each.id, "asks": asks, "message": f"{whom}: {message}"}
