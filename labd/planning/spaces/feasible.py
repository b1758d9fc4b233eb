"""What may be tried: sums between bounds, values that exclude one another, parameters that mean nothing elsewhere.

Everything here is on rows of coordinates. In those a sum of parameters is linear, too, unless one is logarithmic.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labd.domain.errors import InvalidInput
from labd.domain.problem import SUM_SLACK, Condition, Continuous, Excluded, Integer, Linear, Problem, Scalar
from labd.planning.spaces.axes import Array, Axis, OptionAxis

Mask = NDArray[np.bool_]
PROJECTIONS = 80
"""Rounds of projecting onto one constraint after the other: from there the rest is rounding."""
STRIDES = 24
"""Steps of the random walk that spreads rows evenly over what the sums allow."""


class _Sum:
    """A weighted sum over coordinates: `weights @ row + offset` between `low` and `high`."""

    def __init__(self, linear: Linear, axes: Sequence[Axis], problem: Problem) -> None:
        self.weights, self.offset, self.size = np.zeros(len(axes)), 0.0, 0.0
        places = {each.name: k for k, each in enumerate(axes)}
        for name, weight in linear.weights.items():
            low, high = _ends(axes[places[name]], problem)
            self.weights[places[name]] = weight * (high - low)
            self.offset += weight * low
            self.size += abs(weight) * max(abs(low), abs(high))
        self.low = -np.inf if linear.low is None else linear.low
        self.high = np.inf if linear.high is None else linear.high

    def excess(self, rows: Array) -> Array:
        """How far each row's sum lies above its upper bound, or (negative) below its lower one."""
        total = rows @ self.weights + self.offset
        return np.asarray(np.maximum(total - self.high, 0) + np.minimum(total - self.low, 0))


def _ends(axis: Axis, problem: Problem) -> tuple[float, float]:
    parameter = next(each for each in problem.parameters if each.name == axis.name)
    if isinstance(axis, OptionAxis) or (isinstance(parameter, Continuous | Integer) and parameter.log):
        raise InvalidInput(f"{axis.name} cannot be part of a sum.", "Only numbers on a linear scale can.")
    return float(axis.value(0.0)), float(axis.value(1.0))


class Feasible:
    """What a problem's constraints and conditions make of rows."""

    def __init__(self, problem: Problem, axes: Sequence[Axis]) -> None:
        self.axes = axes
        self.moving = np.array([k for k, each in enumerate(axes) if each.levels is None], dtype=int)
        self.sums = [_Sum(each, axes, problem) for each in problem.constraints if isinstance(each, Linear)]
        places = {each.name: k for k, each in enumerate(axes)}
        self.excluded = [
            [(places[name], self._coordinates(places[name], values)) for name, values in each.values.items()]
            for each in problem.constraints
            if isinstance(each, Excluded)
        ]
        self.conditions = [
            (places[each.name], places[each.when.parameter], self._values(places, each.when))
            for each in problem.parameters
            if each.when is not None
        ]
        self.is_free = not (self.sums or self.excluded or self.conditions)
        """Whether every row may be tried as it is."""

    def _coordinates(self, place: int, values: Sequence[Scalar]) -> Array:
        return self.axes[place].coordinates(list(values))

    def _values(self, places: dict[str, int], when: Condition) -> Array:
        return self._coordinates(places[when.parameter], when.values)

    def canonical(self, rows: Array) -> Array:
        """The rows with what means nothing in them at its lowest value, so that two that do the same are the same."""
        rows = rows.copy()
        for _ in self.conditions:  # as often as one may hang on another
            for place, other, values in self.conditions:
                rows[~_among(rows[:, other], values), place] = 0.0
        return rows

    def inactive(self, row: Array) -> Mask:
        """Which parameters mean nothing in a row."""
        mask = np.zeros(len(row), dtype=bool)
        for place, other, values in self.conditions:
            mask[place] |= not _among(row[None, other], values)[0]
        return mask

    def allowed(self, rows: Array) -> Mask:
        """Which of the rows may be tried."""
        mask = np.ones(len(rows), dtype=bool)
        for each in self.sums:
            mask &= np.abs(each.excess(rows)) <= SUM_SLACK * max(each.size, 1e-12)
        for pairs in self.excluded:
            mask &= ~np.logical_and.reduce([_among(rows[:, place], values) for place, values in pairs])
        return mask

    def brought_in(self, rows: Array) -> Array:
        """The rows, moved to the nearest that the sums allow where a move can do it, without those that may not be
        tried. Source: alternating projections, J. von Neumann, Functional Operators II, 1950."""
        if self.is_free or not len(rows):
            return rows
        rows = self.canonical(rows)
        for _ in range(PROJECTIONS if self.sums and len(self.moving) else 0):
            for each in self.sums:
                weights = each.weights[self.moving]
                square = float(weights @ weights)
                if square > 0:
                    rows[:, self.moving] -= np.outer(each.excess(rows), weights / square)
                    np.clip(rows, 0, np.where(self._is_number, 1, np.inf), out=rows)
        rows = self.canonical(rows)
        return rows[self.allowed(rows)]

    @property
    def _is_number(self) -> Mask:
        return np.array([not isinstance(each, OptionAxis) for each in self.axes])

    def spread(self, rows: Array, seed: int) -> Array:
        """The rows, brought in and then spread evenly over what the sums allow: a random walk for each of them.
        Source: hit-and-run, R. L. Smith, Operations Research 32, 1984."""
        rows = self.brought_in(rows)
        if not self.sums or not len(rows) or not len(self.moving):
            return rows
        chance = np.random.default_rng(seed)
        matrix = np.array([each.weights[self.moving] for each in self.sums])
        tight = np.array([each.high - each.low <= SUM_SLACK * each.size for each in self.sums])
        within = _null_space(matrix[tight])
        for _ in range(STRIDES):
            way = chance.normal(size=(len(rows), len(self.moving))) @ within
            least, most = self._reach(rows, way, tight)
            step = least + chance.random(len(rows)) * (most - least)
            rows[:, self.moving] = np.clip(rows[:, self.moving] + step[:, None] * way, 0, 1)
        return self.brought_in(rows)

    def _reach(self, rows: Array, way: Array, tight: Mask) -> tuple[Array, Array]:
        """How far each row may go along its way, backwards and forwards, until it meets a bound."""
        at = rows[:, self.moving]
        spans = [(at, way, 0.0, 1.0)]
        for each, is_tight in zip(self.sums, tight, strict=True):
            if not is_tight:
                total = (rows @ each.weights + each.offset)[:, None]
                spans.append((total, (way @ each.weights[self.moving])[:, None], each.low, each.high))
        least, most = np.full(len(rows), -np.inf), np.full(len(rows), np.inf)
        for here, pace, low, high in spans:
            still = np.abs(pace) < 1e-12
            safe = np.where(still, 1.0, pace)
            one, other = (low - here) / safe, (high - here) / safe
            least = np.maximum(least, np.where(still, -np.inf, np.minimum(one, other)).max(1))
            most = np.minimum(most, np.where(still, np.inf, np.maximum(one, other)).min(1))
        return np.minimum(np.nan_to_num(least, neginf=0.0), 0), np.maximum(np.nan_to_num(most, posinf=0.0), 0)

    def for_slsqp(self, row: Array) -> list[dict[str, Any]]:
        """The sums over the moving coordinates, the rest of the row as it is, as SciPy's `minimize` takes them."""
        found: list[dict[str, Any]] = []
        for each in self.sums:
            weights = each.weights[self.moving]
            rest = each.offset + float(each.weights @ row) - float(weights @ row[self.moving])
            if each.high - each.low <= SUM_SLACK * each.size:
                found.append(_side("eq", weights, rest - each.low))
                continue
            if np.isfinite(each.low):
                found.append(_side("ineq", weights, rest - each.low))
            if np.isfinite(each.high):
                found.append(_side("ineq", -weights, each.high - rest))
        return found


def _side(kind: str, weights: Array, constant: float) -> dict[str, Any]:
    return {"type": kind, "fun": lambda x: weights @ x + constant, "jac": lambda _: weights}


def _among(column: Array, values: Array) -> Mask:
    return np.asarray((np.abs(column[:, None] - values[None]) <= 1e-9).any(1))


def _null_space(matrix: Array) -> Array:
    """A square matrix that projects onto the directions along which no tight sum changes."""
    size = matrix.shape[1]
    return np.eye(size) if not len(matrix) else np.eye(size) - np.linalg.pinv(matrix) @ matrix
