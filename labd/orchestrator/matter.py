"""What persons do with matter: they fill up stock and count it, move labware, take instruments out of service.

Each function brings an event with who and why to the laboratory, and returns once it is on disk; or raises a `LabError`
that says what to do.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from labd.domain import events as e
from labd.domain import room_events as r
from labd.domain.errors import InvalidInput, NotFound, TransitionError
from labd.domain.identifiers import InstrumentName
from labd.domain.matter import Lot, Stock
from labd.lifecycles import Laboratory, matter
from labd.orchestrator.orchestrator import Orchestrator
from labd.protocols.quantities import amount, convert

Service = Literal["withdraw", "quarantine", "restore"]
OUT = "out"
"""The place to which labware goes that is taken out of the room."""


async def refill(
    orchestrator: Orchestrator,
    name: str,
    lot: str,
    written: str | float,
    *,
    expires: datetime | None = None,
    by: str,
    reason: str = "",
) -> None:
    """A lot is put in place. `written` is an amount as in `500 mL`; a bare number is in the stock's unit."""

    def build(state: Laboratory, at: datetime) -> e.Event:
        there = _stock(state, name)
        many = in_unit(there, name, written)
        if many <= 0:
            raise InvalidInput(f"A refill of {written} is none.", "Give what was put in; to correct a lot count it.")
        if expires is not None and expires <= at:
            raise InvalidInput(f"Lot {lot} has expired already.", "Expired lots are never used: do not put it in.")
        return r.StockRefilled(at=at, by=by, reason=reason, stock=name, lot=Lot(lot=lot, amount=many, expires=expires))

    await orchestrator.submit(build)


async def count(orchestrator: Orchestrator, name: str, lot: str, written: str | float, *, by: str, reason: str) -> None:
    """A lot is counted: what is there counts."""
    _reasoned(reason, "A count changes the books")

    def build(state: Laboratory, at: datetime) -> e.Event:
        many = in_unit(_stock(state, name), name, written)
        if many < 0:
            raise InvalidInput(f"There cannot be {written} of {name}.", "Count what is there; nothing is 0.")
        return r.StockCounted(at=at, by=by, reason=reason, stock=name, lot=lot, amount=many)

    await orchestrator.submit(build)


async def move(orchestrator: Orchestrator, key: str, to: str, *, by: str, reason: str) -> None:
    """Labware is where a person says: at a location, at any that has room of a group, or `out` of the room."""
    _reasoned(reason, "Labware that a person moves is no longer where the record says")

    def build(state: Laboratory, at: datetime) -> e.Event:
        place = "" if to == OUT else _place(state, key, to)
        return r.LabwareMoved(at=at, by=by, reason=reason, labware=key, to=place)

    await orchestrator.submit(build)


async def serve(orchestrator: Orchestrator, deed: Service, instrument: InstrumentName, *, by: str, reason: str) -> None:
    """An instrument goes out of service or into quarantine, or comes back."""
    _reasoned(reason, "Whoever comes next wants to know why")

    def build(_: Laboratory, at: datetime) -> e.Event:
        if deed == "restore":
            return r.InstrumentRestored(at=at, by=by, reason=reason, instrument=instrument)
        service: Literal["out_of_service", "quarantined"] = "out_of_service" if deed == "withdraw" else "quarantined"
        return r.InstrumentWithdrawn(at=at, by=by, reason=reason, instrument=instrument, service=service)

    await orchestrator.submit(build)


def in_unit(stock: Stock, name: str, written: str | float) -> float:
    """An amount in the stock's unit. Raises `InvalidInput`."""
    if not isinstance(written, str):
        return written
    said = amount(written)
    if said is None:
        raise InvalidInput(f"{written!r} is no amount of {name}.", f"Write one as in 500 {stock.unit}".strip() + ".")
    return convert(said.value, said.unit, stock.unit) if said.unit else said.value


def moment(text: str) -> datetime:
    """A moment as it is written: a day lasts until its end, and without a zone it is the day here. Raises
    `InvalidInput`."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is no date.", "Write one as in 2027-01-31, or 2027-01-31T12:00.") from None
    if len(text) == len("2027-01-31"):
        read = read.replace(hour=23, minute=59, second=59)
    return read.astimezone(UTC)


def _reasoned(reason: str, because: str) -> None:
    if not reason.strip():
        raise InvalidInput("This needs a reason.", f"{because}: say why.")


def _stock(state: Laboratory, name: str) -> Stock:
    known = state.workcell.stock if state.workcell else {}
    if name not in known:
        raise NotFound(f"The workcell has no stock {name!r}.", f"Stock: {', '.join(known) or 'none'}.")
    return known[name]


def _place(state: Laboratory, key: str, to: str) -> str:
    """The location that a person means. What is wrong with it, the fold says."""
    labware = state.labware.get(key) or state.removed.get(key)
    workcell = state.workcell
    if labware is None:
        raise NotFound(f"There is no labware {key!r}.", "`labd labware` lists what is in the room.")
    if workcell is None or to in workcell.locations or not workcell.places(to):
        return to
    left = matter.room(workcell, (each for each in state.labware.values() if each.id != key))
    places = matter.with_room(workcell, left, labware, to)
    if not places:
        raise TransitionError(f"There is no room at {to}.", f"Its locations: {', '.join(workcell.places(to))}.")
    return places[0]
