"""The axes of options: without an order, on a scale, or told apart by what describes them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from labd.domain.problem import Categorical, Scalar
from labd.planning.spaces.described import description
from labd.planning.spaces.numeric import Array

UNKNOWN = -1.0
"""The coordinate of an option that is none today: it was one when the point was tried."""


def _places(options: Sequence[str], values: Sequence[Scalar]) -> Array:
    places = {option: float(place) for place, option in enumerate(options)}
    return np.array([places.get(str(value), UNKNOWN) for value in values], dtype=float)


class OptionAxis:
    """One of a few options without an order."""

    only: float | None = None

    def __init__(self, parameter: Categorical) -> None:
        self.name, self.options = parameter.name, parameter.options
        self.count: int | None = len(parameter.options)
        self.levels: Array = np.arange(self.count, dtype=float)
        self.table: Array = math.sqrt(0.5) * np.eye(self.count)
        """What the model sees of each option; `options x columns`. Different ones lie at distance 1."""

    @property
    def width(self) -> int:
        """How many feature columns it takes."""
        return int(self.table.shape[1])

    def coordinates(self, values: Sequence[Scalar]) -> Array:
        """The place of each option in the list; `UNKNOWN` for what is none of them."""
        return _places(self.options, values)

    def value(self, coordinate: float) -> Scalar:
        """The option at that place."""
        return self.options[min(max(round(coordinate), 0), len(self.options) - 1)]

    def spread(self, uniform: Array) -> Array:
        """Each option gets the same share."""
        return np.minimum(np.floor(uniform * len(self.options)), len(self.options) - 1)

    def columns(self, coordinates: Array) -> Array:
        """What the model sees; `k x columns`. An unknown option is as far from each."""
        found: Array = self.table[np.maximum(coordinates, 0).astype(int)]
        found[coordinates < 0] = 0.0
        return found


class DescribedAxis(OptionAxis):
    """One of a few options, of which it is known how alike they are."""

    def __init__(self, parameter: Categorical) -> None:
        super().__init__(parameter)
        self.table = description(parameter)


class OrderedAxis:
    """One of a few options that are a scale: evenly spaced from the first to the last."""

    width = 1
    only: float | None = None

    def __init__(self, parameter: Categorical) -> None:
        self.name, self.options = parameter.name, parameter.options
        self.count: int | None = len(parameter.options)
        self.places: Array = np.arange(self.count) / max(self.count - 1, 1)
        """The coordinate of each option, also where the axis is held."""
        self.levels = self.places

    def coordinates(self, values: Sequence[Scalar]) -> Array:
        """The share of the way from the first to the last option; `UNKNOWN` for what is none of them."""
        found = _places(self.options, values)
        return np.where(found < 0, UNKNOWN, self.places[np.maximum(found, 0).astype(int)])

    def value(self, coordinate: float) -> Scalar:
        """The nearest of the options."""
        return self.options[int(np.abs(self.places - coordinate).argmin())]

    def spread(self, uniform: Array) -> Array:
        """Each option gets the same share."""
        return np.asarray(self.levels[np.minimum((uniform * len(self.levels)).astype(int), len(self.levels) - 1)])

    def columns(self, coordinates: Array) -> Array:
        """What the model sees: the coordinate; `k x 1`. An option that is none today stands in the middle."""
        return np.where(coordinates < 0, 0.5, coordinates)[:, None]
