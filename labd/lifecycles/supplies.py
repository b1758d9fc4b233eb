"""What there is for the steps that begin now: room for labware, lots of stock. What one is granted the next one lacks.

Pure, and for one look at the laboratory: it is made of the state, and keeps account of what is granted since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from labd.domain.capability import Json
from labd.domain.identifiers import CommandId, InstrumentName, RunId
from labd.domain.steps import PlannedStep
from labd.lifecycles import matter
from labd.lifecycles import stock as stocks
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.matter import Labware, LabwareStatus
from labd.lifecycles.run import Run
from labd.lifecycles.step import UNDER_WAY
from labd.lifecycles.stock import StockState
from labd.lifecycles.transport import claims, coming, instrument_places, is_safe, labware_id
from labd.scheduling import Claim

FEW = 3
"""So many are named of what is in the way."""


@dataclass(frozen=True, slots=True)
class Wants:
    """What a step needs beside an instrument, as plain values."""

    obstacle: str = ""
    """Why it cannot begin, whatever is free: a sentence without a full stop; empty: nothing."""
    instruments: frozenset[InstrumentName] | None = None
    """Only these will do, for its labware stands there; None: any."""
    consumes: Mapping[str, float] = field(default_factory=dict)
    """By stock."""
    labware: Labware | None = None
    """Of a move: what is moved, and where it stands."""
    places: tuple[str, ...] = ()
    """Of a move: where it may go; any will do."""
    to: str = ""
    """What these are called."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What an order carries and keeps of matter."""

    consumes: dict[str, dict[str, float]] = field(default_factory=dict)
    """By stock and lot."""
    labware: str = ""
    place: str = ""
    arguments: dict[str, Json] = field(default_factory=dict)
    """Of a move: what its order says beside what the protocol says."""


class Supplies:
    """Room and stock, less what was granted since."""

    def __init__(self, state: Laboratory, at: datetime) -> None:
        self._state, self.at = state, at
        self._coming = coming(state)
        self._held: dict[str, list[str]] = {}
        self._stock: dict[str, StockState] = dict(state.stock)
        workcell = state.workcell
        self._room = matter.room(workcell, state.labware.values()) if workcell else {}
        self._working = instrument_places(workcell) if workcell else {}

    @cached_property
    def _claims(self) -> dict[RunId, Claim]:
        """What runs have and have yet to take of places: worked out only where something is about to move."""
        return claims(self._state)

    # --- what a step wants

    def wants(self, run: Run, step: PlannedStep) -> Wants:
        """What the step needs, whether it is there or not."""
        if run.id in self._coming:
            first = self._coming[run.id][0]
            return Wants(obstacle=self._no_room(first, first.place))
        name = step.move.labware if step.move else step.on
        if name is None:
            return Wants(consumes=step.consumes)
        here = self._state.labware.get(labware_id(run.id, name))
        obstacle = _astray(here, name)
        if here is None or obstacle:
            return Wants(obstacle=obstacle)
        if step.move is None:
            working = self._working.get(here.place, frozenset())
            obstacle = "" if working else f"{name} stands at {here.place}, where no instrument works"
            return Wants(obstacle, instruments=working, consumes=step.consumes)
        using = [each.plan.name for each in run.steps.values() if each.plan.on == name and each.status in UNDER_WAY]
        places = matter.fitting(self._state.workcell, here, step.move.to) if self._state.workcell else ()
        return Wants(
            obstacle=f"{name} is in use by {using[0]}" if using else "",
            consumes=step.consumes,
            labware=here,
            places=places,
            to=step.move.to,
        )

    # --- what there is

    def short(self, step: PlannedStep) -> tuple[str, ...]:
        """The stock of which there is not enough for the step."""
        return tuple(
            name
            for name, amount in step.consumes.items()
            if name not in self._stock or stocks.lots_for(self._stock[name], amount, self.at) is None
        )

    def lacking(self, run: Run, step: PlannedStep, wants: Wants) -> str:
        """What the step waits for, of matter: a sentence without a full stop; empty where everything is there."""
        if wants.obstacle:
            return wants.obstacle
        for name in self.short(step):
            return self._too_little(name, step.consumes[name])
        if wants.labware is None or self._place(run, step, wants):
            return ""
        if any(self._room[place] > 0 for place in wants.places):
            return f"with {wants.labware.name} at {wants.to} others could not go on: it waits until they have"
        return self._no_room(wants.labware, wants.to)

    def grant(self, run: Run, step: PlannedStep, wants: Wants, command: CommandId) -> Grant | None:
        """What the step takes, if all of it is there; from now on others lack it."""
        if self.lacking(run, step, wants):
            return None
        lots = {}
        for name, amount in wants.consumes.items():
            lots[name] = stocks.lots_for(self._stock[name], amount, self.at) or {}
            self._stock[name] = stocks.reserve(self._stock[name], command, lots[name])
        place = self._place(run, step, wants)
        if wants.labware is None or not place:
            return Grant(consumes=lots)
        here = wants.labware
        if place != here.place:
            self._room[place] -= 1
        self._claims[run.id] = self._claims[run.id].moving(step.name, here.id, place)
        arguments: dict[str, Json] = {"labware": here.id, "source": here.place, "destination": place}
        return Grant(lots, here.id, place, arguments)

    def _place(self, run: Run, step: PlannedStep, wants: Wants) -> str:
        """The first place that will do; empty where none has room, or where others could not go on then."""
        if wants.labware is None:
            return ""
        for place in wants.places:
            if place == wants.labware.place:
                return place
            if self._room[place] <= 0:
                continue
            after = {**self._room, place: self._room[place] - 1}
            claimed = {**self._claims, run.id: self._claims[run.id].moving(step.name, wants.labware.id, place)}
            if is_safe(after, claimed, self._room, self._claims):
                return place
        return ""

    # --- in words

    def _no_room(self, labware: Labware, to: str) -> str:
        if to not in self._held:  # asked of a thousand runs that wait, and the same for all of them
            places = set(self._state.workcell.places(to)) if self._state.workcell else set()
            self._held[to] = [each.id for each in self._state.labware.values() if places & {*each.keeps}]
        there = [each for each in self._held[to] if each != labware.id]
        more = f" and {len(there) - FEW} more" if len(there) > FEW else ""
        said = f": it holds {', '.join(there[:FEW])}{more}" if there else ""
        return f"there is no room for {labware.name} at {to}{said}"

    def _too_little(self, name: str, wanted: float) -> str:
        stock = self._stock.get(name)
        if stock is None or self._state.workcell is None or name not in self._state.workcell.stock:
            return f"the workcell has no stock {name}"
        unit = self._state.workcell.stock[name].unit
        expired = [each.lot for each in stock.lots.values() if each.expired(self.at)]
        also = [f"lot {each} has expired" for each in expired] + ["some is uncertain until counted"] * bool(
            stock.uncertain
        )
        there = f"{stock.available(self.at):g} {unit}".strip()
        said = f" ({', '.join(also)})" if also else ""
        return f"{name} is short: {there} available{said}, {wanted:g} {unit} needed".strip() + ": refill it"


def _astray(labware: Labware | None, name: str) -> str:
    """What is the matter with labware that a step needs; empty where it stands and everybody knows where."""
    if labware is None:
        return f"{name} is out of the room"
    match labware.status:
        case LabwareStatus.LOST:
            return f"nobody knows where {name} is: say so with labd labware move {labware.id} PLACE"
        case LabwareStatus.MOVING:
            return f"{name} is on its way to {labware.moving_to}"
        case _:
            return ""
