"""Stock that cannot last for the budget of trials."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from labd.domain.capability import Slot
from labd.domain.identifiers import StepName
from labd.domain.protocol import Protocol
from labd.domain.steps import Step
from labd.domain.workcell import Workcell
from labd.protocols.soundness.gaps import may_be_skipped
from labd.protocols.soundness.points import parameters_in, space_of, worked_out
from labd.protocols.soundness.remark import Remark
from labd.protocols.space import Space


class _Use(NamedTuple):
    """What a step takes of a stock in one run, in the stock's unit."""

    step: StepName
    least: float
    most: float
    at_once: float
    """The most that one order takes."""


def supplies(protocol: Protocol, workcell: Workcell) -> Iterator[Remark]:
    """Orders that take more than there can ever be, and lots that are used up before the budget is."""
    space = space_of(protocol)
    for name, stock in workcell.stock.items():
        uses = [_use(step, name, stock.unit, protocol, space) for step in protocol.steps if name in step.consumes]
        if not uses:
            continue
        there = sum(lot.amount for lot in stock.lots)
        room = max(there, math.inf if stock.capacity is None else stock.capacity)
        largest = max(uses, key=lambda each: each.most)
        hungry = max(uses, key=lambda each: each.at_once)
        if hungry.at_once > room * (1 + 1e-9):
            message = (
                f"An order of {hungry.step} takes up to {_said(hungry.at_once, stock.unit)} of {name}, and there is"
                f" room for {_said(room, stock.unit)}: it would wait for ever."
            )
            yield Remark(hungry.step, ("consumes", name), message, "Take less at once, or write a larger `capacity:`.")
            continue
        yield from _lasting(protocol, name, stock.unit, there, uses, largest.step)


def _lasting(
    protocol: Protocol, name: str, unit: str, there: float, uses: list[_Use], place: StepName
) -> Iterator[Remark]:
    trials, per_run = protocol.stopping.trials, protocol.batch.trials if protocol.batch else 1
    runs = None if trials is None else math.ceil(trials / per_run)
    least, most = sum(each.least for each in uses), sum(each.most for each in uses)
    limit = protocol.stopping.materials.get(name)
    if runs is None or most <= 0 or most * runs <= there * (1 + 1e-9):
        return
    if limit is not None and limit <= there:
        return  # the campaign ends before the stock does
    lasts = math.floor(there / most * (1 + 1e-9)) * per_run
    longest = min(math.floor(there / least * (1 + 1e-9)) * per_run if least > 0 else trials or 0, trials or 0)
    said = f"{lasts}" if lasts == longest else f"{lasts} to {longest}"
    message = f"{_said(there, unit)} of {name} last for {said} of {trials} trials: a run takes {_said(most, unit)}" + (
        "." if least == most else f" at most, {_said(least, unit)} at least."
    )
    remedy = f"Put {_said(most * runs, unit)} in place, or refill it in time."
    yield Remark(place, ("consumes", name), message, remedy, "warning")


def _use(step: Step, stock: str, unit: str, protocol: Protocol, space: Space) -> _Use:
    """What the step takes, over all corners of the space; as much as each sample, where it is done for each."""
    samples = protocol.batch.size if protocol.batch and step.per == "sample" else 1
    value = step.consumes[stock]
    if isinstance(value, int | float):
        amounts = [float(value)]
    else:
        points = space.corners(parameters_in([value], space))
        found = (worked_out(value, Slot(unit=unit), space, point) for point in points)
        amounts = [float(each) for each in found if isinstance(each, int | float)] or [0.0]
    certain = 0 if may_be_skipped(step) else samples
    return _Use(step.name, min(amounts) * certain, max(amounts) * samples, max(amounts))


def _said(amount: float, unit: str) -> str:
    return f"{amount:.4g} {unit}".strip()
