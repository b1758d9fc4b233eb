"""What results were before, in numbers: the range of each, and whether a new one is a slip of its unit.

A new optimum must never be held up. So nothing is said of a result that varies, and of a steady one only when the new
value lies where a slip of the unit would put it: a thousand times as much, as grams are in a number of milligrams.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labd.domain.capability import Json
from labd.domain.command import Order

ENOUGH = 10
"""So many results are needed before their range says anything."""
STEADY = 2.0
"""Results whose greatest is at most so many times their least are steady."""
MARGIN = 1.1
"""A value is where a slip would put it, if undoing the slip brings it into the range widened by this factor."""
REMEMBERED = 512
"""So many ranges are kept of a campaign; what more its results hold is not compared."""
SLIPS = (1e3, 1e6, 60.0, 3600.0)
"""Factors between units that are mistaken for each other: milli, micro, seconds and minutes, seconds and hours."""


@dataclass(frozen=True, slots=True)
class Range:
    """How many numbers were taken, the least and the greatest of them."""

    count: int
    least: float
    greatest: float


def widened(seen: Mapping[str, Range], order: Order, result: Mapping[str, Json]) -> dict[str, Range]:
    """The ranges that are other than before, now that this result of this order is taken."""
    changed: dict[str, Range] = {}
    for name, number in numbers(result):
        key = named(order, name)
        old = seen.get(key)
        if old is None and len(seen) + len(changed) >= REMEMBERED:
            continue
        changed[key] = (
            Range(old.count + 1, min(old.least, number), max(old.greatest, number)) if old else Range(1, number, number)
        )
    return changed


def named(order: Order, name: str) -> str:
    """Under which key the numbers of one result of this capability of this instrument are remembered."""
    return f"{order.instrument}/{order.capability}/{name}"


def numbers(result: Mapping[str, Json]) -> Iterator[tuple[str, float]]:
    """The numbers in a result: those that stand alone, and those of an object under its name and theirs.

    >>> list(numbers({"mass": 1.5, "wells": {"A1": 0.5, "A2": None}, "trace": [1, 2], "done": True}))
    [('mass', 1.5), ('wells.A1', 0.5)]
    """
    for name, value in result.items():
        if isinstance(value, dict) and "censored" not in value:
            yield from numbers({f"{name}.{key}": each for key, each in value.items() if not isinstance(each, dict)})
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield name, float(value)


def slip(number: float, before: Range | None) -> float | None:
    """By which factor the number is too large, as if its unit were another, given what was seen before; or None.

    >>> slip(5200.0, Range(10, 4.0, 6.0)), slip(520.0, Range(10, 4.0, 6.0)), slip(5200.0, Range(9, 4.0, 6.0))
    (1000.0, None, None)
    """
    if before is None or before.count < ENOUGH or before.least * before.greatest <= 0:
        return None
    least, greatest = sorted((abs(before.least), abs(before.greatest)))
    if greatest > STEADY * least or number * before.least <= 0:
        return None
    for factor in (*SLIPS, *(1 / each for each in SLIPS)):
        if least / MARGIN <= abs(number) / factor <= greatest * MARGIN:
            return factor
    return None
