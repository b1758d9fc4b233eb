"""What a campaign may use in all: hours, cost, materials. What it has used is counted order by order.

A cap that is reached lets nothing new begin: the campaign finishes when what has begun is over. An order that would go
beyond the cap on cost or on a material is not sent at all: the campaign waits for a person, who may raise the cap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from labd.domain.command_events import CommandIssued
from labd.domain.protocol import Stopping
from labd.domain.workcell import Workcell

Cap = Literal["hours", "cost", "material"]
ROUNDING = 1e-9
"""Sums are as exact as this, by their size."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used: of an order, or of a campaign until now."""

    cost: float = 0.0
    materials: dict[str, float] = field(default_factory=dict)
    """By stock, in its unit."""

    def plus(self, other: Spent, sign: int = 1) -> Spent:
        """Both together; with a sign of -1 the other is given back."""
        names = self.materials.keys() | other.materials.keys()
        sums = {name: self.materials.get(name, 0.0) + sign * other.materials.get(name, 0.0) for name in sorted(names)}
        return Spent(self.cost + sign * other.cost, sums)


def spent_by(workcell: Workcell | None, role: str, event: CommandIssued) -> Spent:
    """What an order uses: what it takes of each stock, and what that and its capability cost."""
    taken = {name: sum(lots.values()) for name, lots in event.consumes.items()}
    if workcell is None:
        return Spent(0.0, taken)
    of = workcell.roles.get(role)
    cost = of.costs.get(event.order.capability, 0.0) if of else 0.0
    cost += sum(workcell.stock[name].cost * amount for name, amount in taken.items() if name in workcell.stock)
    return Spent(cost, taken)


def reached(stopping: Stopping, spent: Spent, started: datetime | None, at: datetime) -> tuple[Cap, str] | None:
    """Which cap is reached, and in words; None where none is."""
    until = ends(stopping, started)
    if until is not None and at >= until:
        return "hours", f"its {stopping.hours:g} hours are over"
    for cap, what, used, most in _capped(stopping, spent):
        if used >= most * (1 - ROUNDING):
            return cap, f"{used:g} of {most:g} were used of {what}"
    return None


def beyond(stopping: Stopping, spent: Spent) -> str:
    """Which cap would be broken with so much, in words; empty where none would."""
    return next(
        (
            f"with it {used:g} of {what} would be used, and {most:g} is the most"
            for _, what, used, most in _capped(stopping, spent)
            if used > most * (1 + ROUNDING)
        ),
        "",
    )


def has_caps(stopping: Stopping) -> bool:
    """Whether there is a cap on what is used."""
    return stopping.cost is not None or bool(stopping.materials)


def _capped(stopping: Stopping, spent: Spent) -> Iterator[tuple[Cap, str, float, float]]:
    if stopping.cost is not None:
        yield "cost", "its cost", spent.cost, stopping.cost
    for name, most in stopping.materials.items():
        yield "material", name, spent.materials.get(name, 0.0), most


def ends(stopping: Stopping, started: datetime | None) -> datetime | None:
    """When its hours are over; None without a limit, or before it was started."""
    if stopping.hours is None or started is None:
        return None
    return started + timedelta(hours=min(stopping.hours, 366 * 24.0))
