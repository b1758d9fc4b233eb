"""What persons do in a dry run: answer, bring more of what runs short, take away what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from labd.domain import events as e
from labd.domain.capability import Json
from labd.domain.matter import Lot
from labd.domain.room_events import LabwareMoved, StockRefilled
from labd.domain.step_events import PersonAnswered, PersonAsked
from labd.domain.steps import Prompt
from labd.domain.workcell import Workcell
from labd.lifecycles import Laboratory
from labd.lifecycles.matter import LabwareStatus
from labd.lifecycles.stock import StockState
from labd.lifecycles.transport import is_over

WHO = "dry run"
PHOTO: dict[str, Json] = {"blob": f"sha256:{64 * '0'}", "size_bytes": 0, "media_type": "image/png"}


class People:
    """Persons who come a while after they are wanted."""

    def __init__(self, workcell: Workcell, answer: timedelta) -> None:
        self._workcell, self._answer = workcell, answer
        self._coming: set[str] = set()
        """The stock and the labware for which somebody is on the way."""

    def called(self, state: Laboratory, events: Sequence[e.Event], at: datetime) -> Iterator[e.Event]:
        """Who comes because of what happened at this moment."""
        then = at + self._answer
        for event in events:
            if isinstance(event, PersonAsked):
                prompt = state.runs[event.run].steps[event.step].plan.prompt
                yield PersonAnswered(at=then, run=event.run, step=event.step, result=_answer(prompt), by=WHO)
            elif isinstance(event, e.CommandIssued):
                for name in event.consumes:
                    if state.stock[name].available(at) < self._workcell.stock[name].low:
                        yield from self._refill(state.stock[name], then)
            elif isinstance(event, StockRefilled):
                self._coming.discard(event.stock)
            elif isinstance(event, e.TrialObserved | e.TrialFailed | e.TrialAbandoned) and state.labware:
                yield from self._cleared(state, then)

    def rescue(self, state: Laboratory, at: datetime) -> list[e.Event]:
        """Who comes when nothing moves any more: what steps lack is brought, what stands there is taken away."""
        then = at + self._answer
        short = {
            name
            for run in state.runs.values()
            for step in run.ready
            for name, amount in step.plan.consumes.items()
            if name in state.stock and state.stock[name].available(at) < amount
        }
        refills = [event for name in sorted(short) for event in self._refill(state.stock[name], then)]
        return [*refills, *self._cleared(state, then)]

    def _refill(self, stock: StockState, at: datetime) -> Iterator[StockRefilled]:
        """As much as there was at first, or as there is room for."""
        of = self._workcell.stock[stock.name]
        room = float("inf") if of.capacity is None else of.capacity - stock.amount
        amount = min(max(sum(lot.amount for lot in of.lots), of.low), room)
        if amount > 0 and stock.name not in self._coming:
            self._coming.add(stock.name)
            lot = Lot(lot=f"refill {at:%Y%m%dT%H%M%S}", amount=amount)
            yield StockRefilled(at=at, stock=stock.name, lot=lot, by=WHO, reason="it ran low")

    def _cleared(self, state: Laboratory, at: datetime) -> Iterator[LabwareMoved]:
        for each in state.labware.values():
            standing = each.status is LabwareStatus.STANDING and is_over(state.runs.get(each.run))
            if standing and each.id not in self._coming:
                self._coming.add(each.id)
                yield LabwareMoved(at=at, labware=each.id, to="", by=WHO, reason="its run is over")


def _answer(prompt: Prompt | None) -> dict[str, Json]:
    if prompt is None:
        return {"option": "done"}
    result: dict[str, Json] = {"option": prompt.options[0]}
    if prompt.note:
        result["note"] = ""
    if prompt.photo:
        result["photo"] = dict(PHOTO)
    return result
