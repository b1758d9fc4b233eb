"""One axis a parameter: from its values to a coordinate and back.

The coordinate of a number lies in 0..1 within its bounds (logarithmic where the parameter says so); that of an option
is its place in the list. Coordinates are what the search moves; `labd.planning.spaces.space` makes features of them.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Continuous, Discrete, Integer, Parameter, Scalar

Array = NDArray[np.float64]

MANY_LEVELS = 1000
"""An integer with more values than this is searched like a continuous one, and rounded."""
DIGITS = 6
"""Suggested numbers are rounded to so many digits of their range: nobody pipettes the seventh."""


def _numbers(name: str, values: Sequence[Scalar]) -> Array:
    try:
        found = np.array([float(value) for value in values], dtype=float)
    except (ValueError, OverflowError) as problem:
        raise InvalidInput(f"The parameter {name} has a value that is no number: {problem}.", "Mend it.") from problem
    if not np.isfinite(found).all():
        raise InvalidInput(f"The parameter {name} has a value that is not finite.", "Mend it.")
    return found


def _share(values: Any, low: float, high: float) -> Array:
    """Where values lie between two bounds; scaled first, because `high - low` may overflow."""
    scale = max(abs(low), abs(high)) or 1.0
    width = high / scale - low / scale
    return np.asarray((np.asarray(values, dtype=float) / scale - low / scale) / (width or 1.0), dtype=float)


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

    def coordinates(self, values: Sequence[Scalar]) -> Array:
        """The share of the way from low to high."""
        numbers = _numbers(self.name, values)
        if not self.log:
            return _share(numbers, self.low, self.high)
        floor = np.maximum(numbers, np.finfo(float).tiny)  # an outside observation may be zero
        # number by number: the last bit may not depend on the neighbours, because rows are told apart by it
        return _share([math.log(value) for value in floor], math.log(self.low), math.log(self.high))

    def value(self, coordinate: float) -> Scalar:
        """The number there, rounded to digits that matter."""
        part = min(max(coordinate, 0.0), 1.0)
        if self.log:
            found = math.exp((1 - part) * math.log(self.low) + part * math.log(self.high))
            size = found
        else:
            found = (1 - part) * self.low + part * self.high
            size = self.high / 2 - self.low / 2
        if 1e-300 < size < 1e300:  # outside, rounding itself over- or underflows
            found = round(found, DIGITS - 1 - math.floor(math.log10(size)))
        return min(max(found, self.low), self.high)

    def spread(self, uniform: Array) -> Array:
        """The same."""
        return uniform


class LevelAxis:
    """Whole numbers between two bounds."""

    width = 1
    only: float | None = None

    def __init__(self, name: str, low: int, high: int) -> None:
        self.name, self.low, self.high = name, low, high
        self.count: int | None = high - low + 1
        self.levels = self.coordinates(range(low, high + 1)) if self.count <= MANY_LEVELS else None

    def coordinates(self, values: Sequence[Scalar]) -> Array:
        """The share of the way from low to high."""
        return _share(_numbers(self.name, values), float(self.low), float(self.high))

    def value(self, coordinate: float) -> Scalar:
        """The nearest whole number."""
        part = min(max(coordinate, 0.0), 1.0)
        return min(max(self.low + round(part * (self.high - self.low)), self.low), self.high)

    def spread(self, uniform: Array) -> Array:
        """Each whole number gets the same share."""
        if self.levels is None:
            return uniform
        return np.asarray(self.levels[np.minimum((uniform * len(self.levels)).astype(int), len(self.levels) - 1)])


class ValuesAxis:
    """One of a few ordered numbers, placed by value."""

    width = 1
    only: float | None = None

    def __init__(self, parameter: Discrete) -> None:
        self.name, self.values = parameter.name, parameter.values
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

    def spread(self, uniform: Array) -> Array:
        """Each value gets the same share."""
        return np.asarray(self.levels[np.minimum((uniform * len(self.levels)).astype(int), len(self.levels) - 1)])


class OptionAxis:
    """One of a few options without an order."""

    only: float | None = None

    def __init__(self, parameter: Categorical) -> None:
        self.name, self.options = parameter.name, parameter.options
        self.count: int | None = len(parameter.options)
        self.width = len(parameter.options)
        self.levels: Array = np.arange(self.width, dtype=float)

    def coordinates(self, values: Sequence[Scalar]) -> Array:
        """The place of each option in the list."""
        places = {option: float(place) for place, option in enumerate(self.options)}
        return np.array([places.get(str(value), -1.0) for value in values], dtype=float)

    def value(self, coordinate: float) -> Scalar:
        """The option at that place."""
        return self.options[min(max(round(coordinate), 0), self.width - 1)]

    def spread(self, uniform: Array) -> Array:
        """Each option gets the same share."""
        return np.minimum(np.floor(uniform * self.width), self.width - 1)


Axis = ContinuousAxis | LevelAxis | ValuesAxis | OptionAxis
"""What the planner needs of a parameter: how many values, their coordinates, and the way back."""


def held(axis: Axis, coordinate: float) -> Axis:
    """The axis, of which nothing but one coordinate is left."""
    made = copy.copy(axis)
    made.only, made.count, made.levels = coordinate, 1, np.array([coordinate])
    return made


def axis(parameter: Parameter) -> Axis:
    """The axis of a parameter."""
    match parameter:
        case Continuous():
            return ContinuousAxis(parameter)
        case Integer():
            return LevelAxis(parameter.name, parameter.low, parameter.high)
        case Discrete():
            return ValuesAxis(parameter)
        case Categorical():
            return OptionAxis(parameter)
        case _:
            assert_never(parameter)
