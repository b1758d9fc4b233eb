"""The axes of numbers: from values to a coordinate, which lies in 0..1 within the bounds, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labd.domain.errors import InvalidInput
from labd.domain.problem import Continuous, Discrete, Integer, Scalar

Array = NDArray[np.float64]

MANY_LEVELS = 1000
"""An integer with more values than this is searched like a continuous one, and rounded."""
FAR = 1e3
"""No number is further away than so many ranges, however the bounds were changed: distances stay finite."""
DIGITS = 6
"""Suggested numbers are rounded to so many digits of their range: nobody pipettes the seventh."""


def _numbers(name: str, values: Sequence[Scalar]) -> Array:
    if any(isinstance(value, str) for value in values):  # numpy would read "0.5"
        text = next(value for value in values if isinstance(value, str))
        raise InvalidInput(f"The parameter {name} has a value that is no number: {text!r}.", "Write a number.")
    try:
        found = np.array(values, dtype=float)
    except (ValueError, TypeError, OverflowError) as problem:
        raise InvalidInput(f"The parameter {name} has a value that is no number: {problem}.", "Mend it.") from problem
    if not np.isfinite(found).all():
        raise InvalidInput(f"The parameter {name} has a value that is not finite.", "Mend it.")
    return found


def _share(values: Any, low: float, high: float) -> Array:
    """Where values lie between two bounds; scaled first, because `high - low` may overflow."""
    scale = max(abs(low), abs(high)) or 1.0
    width = high / scale - low / scale
    return np.asarray((np.asarray(values, dtype=float) / scale - low / scale) / (width or 1.0), dtype=float)


def _logarithms(numbers: Array) -> list[float]:
    """Number by number: the last bit may not depend on the neighbours, because rows are told apart by it."""
    floor = np.maximum(numbers, np.finfo(float).tiny)  # an outside observation may be zero
    return [math.log(value) for value in floor]


def _between(coordinates: Array, ends: tuple[float, float], *, log: bool) -> Array:
    low, high = ends
    if log:
        return np.exp((1 - coordinates) * math.log(low) + coordinates * math.log(high))
    return (1 - coordinates) * low + coordinates * high


def _pace(coordinates: Array, ends: tuple[float, float], *, log: bool) -> Array:
    low, high = ends
    if log:
        return _between(coordinates, ends, log=log) * (math.log(high) - math.log(low))
    return np.full(len(coordinates), high - low)


def _column(coordinates: Array) -> Array:
    return np.clip(coordinates, -FAR, FAR)[:, None]


class ContinuousAxis:
    """Any number between two bounds, evenly or by its logarithm."""

    count: int | None = None
    """How many values there are; None for a continuum."""
    levels: Array | None = None
    """The coordinates of all values; None where they cannot be gone through."""
    width = 1
    """How many feature columns it takes."""
    only: float | None = None
    """Where it is held: the one coordinate that it has."""

    def __init__(self, parameter: Continuous) -> None:
        self.name, self.low, self.high, self.log = parameter.name, parameter.low, parameter.high, parameter.log
        self.ends = (self.low, self.high)

    def coordinates(self, values: Sequence[Scalar]) -> Array:
        """The share of the way from low to high."""
        numbers = _numbers(self.name, values)
        if not self.log:
            return _share(numbers, self.low, self.high)
        return _share(_logarithms(numbers), math.log(self.low), math.log(self.high))

    def value(self, coordinate: float, digits: int = DIGITS) -> Scalar:
        """The number there, rounded to digits that matter; the bounds themselves are what they are."""
        part = min(max(coordinate, 0.0), 1.0)
        if part in (0.0, 1.0):
            return self.ends[int(part)]
        if self.log:
            found = math.exp((1 - part) * math.log(self.low) + part * math.log(self.high))
            size = found
        else:
            found = (1 - part) * self.low + part * self.high
            size = self.high / 2 - self.low / 2
        if 1e-300 < size < 1e300:  # outside, rounding itself over- or underflows
            found = round(found, digits - 1 - math.floor(math.log10(size)))
        return min(max(found, self.low), self.high)

    def numbers(self, coordinates: Array) -> Array:
        """The numbers there, as they are."""
        return _between(coordinates, self.ends, log=self.log)

    def pace(self, coordinates: Array) -> Array:
        """How fast the number there changes with the coordinate."""
        return _pace(coordinates, self.ends, log=self.log)

    def spread(self, uniform: Array) -> Array:
        """The same."""
        return uniform

    def columns(self, coordinates: Array) -> Array:
        """What the model sees: the coordinate; `k x 1`."""
        return _column(coordinates)


class LevelAxis:
    """Whole numbers between two bounds, evenly or by their logarithms."""

    width = 1
    only: float | None = None

    def __init__(self, parameter: Integer) -> None:
        self.name, self.low, self.high, self.log = parameter.name, parameter.low, parameter.high, parameter.log
        self.ends = (float(self.low), float(self.high))
        self.count: int | None = self.high - self.low + 1
        numbers = range(self.low, self.high + 1)
        self.levels = self.coordinates(numbers) if self.count <= MANY_LEVELS else None

    def coordinates(self, values: Sequence[Scalar]) -> Array:
        """The share of the way from low to high."""
        numbers = _numbers(self.name, values)
        if not self.log:
            return _share(numbers, float(self.low), float(self.high))
        return _share(_logarithms(numbers), math.log(self.low), math.log(self.high))

    def value(self, coordinate: float) -> Scalar:
        """The nearest whole number."""
        part = min(max(coordinate, 0.0), 1.0)
        if self.log:
            found = round(math.exp((1 - part) * math.log(self.low) + part * math.log(self.high)))
        else:
            found = self.low + round(part * (self.high - self.low))
        return min(max(found, self.low), self.high)

    def numbers(self, coordinates: Array) -> Array:
        """The whole numbers there; where there are many, as they are: they are rounded last."""
        found = _between(coordinates, self.ends, log=self.log)
        return found if self.levels is None else np.round(found)

    def pace(self, coordinates: Array) -> Array:
        """How fast the number there changes with the coordinate."""
        return _pace(coordinates, self.ends, log=self.log)

    def spread(self, uniform: Array) -> Array:
        """Each whole number gets the same share; on a logarithmic scale, what it has of the scale."""
        if self.levels is None:
            return uniform
        if self.log:
            return np.asarray(self.levels[np.searchsorted((self.levels[1:] + self.levels[:-1]) / 2, uniform)])
        return np.asarray(self.levels[np.minimum((uniform * len(self.levels)).astype(int), len(self.levels) - 1)])

    def columns(self, coordinates: Array) -> Array:
        """What the model sees: the coordinate; `k x 1`."""
        return _column(coordinates)


class ValuesAxis:
    """One of a few ordered numbers, placed by value."""

    width = 1
    log = False
    only: float | None = None

    def __init__(self, parameter: Discrete) -> None:
        self.name, self.values = parameter.name, parameter.values
        self.ends = (parameter.values[0], parameter.values[-1])
        self.count: int | None = len(parameter.values)
        self.places: Array = _share(parameter.values, parameter.values[0], parameter.values[-1])
        """The coordinate of each value, also where the axis is held."""
        self.levels = self.places

    def coordinates(self, values: Sequence[Scalar]) -> Array:
        """The share of the way from the first to the last value."""
        return _share(_numbers(self.name, values), self.values[0], self.values[-1])

    def value(self, coordinate: float) -> Scalar:
        """The nearest of the values."""
        return self.values[int(np.abs(self.places - coordinate).argmin())]

    def numbers(self, coordinates: Array) -> Array:
        """The numbers there, as they are."""
        return _between(coordinates, self.ends, log=False)

    def pace(self, coordinates: Array) -> Array:
        """How fast the number there changes with the coordinate."""
        return _pace(coordinates, self.ends, log=False)

    def spread(self, uniform: Array) -> Array:
        """Each value gets the same share."""
        return np.asarray(self.levels[np.minimum((uniform * len(self.levels)).astype(int), len(self.levels) - 1)])

    def columns(self, coordinates: Array) -> Array:
        """What the model sees: the coordinate; `k x 1`."""
        return _column(coordinates)
