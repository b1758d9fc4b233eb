"""What lies between two bounds: sums and formulas, over rows of coordinates.

In coordinates a sum of parameters is linear, too. Both are divided by their size, so that no scale is special, and both
say how far a row is off, which way it would be brought back, and whether it may be tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from labd.domain.errors import InvalidInput
from labd.domain.problem import SUM_SLACK, Linear, Nonlinear
from labd.domain.problem.formula import evaluate, names
from labd.planning.spaces.axes import Array, Axis, OptionAxis, OrderedAxis
from labd.planning.spaces.sobol import sobol

Mask = NDArray[np.bool_]
ROUGHLY = 64
"""So many points tell the size of a formula."""


class Sum:
    """A weighted sum: `weights @ row + offset` between `low` and `high`, all divided by its largest part."""

    def __init__(self, linear: Linear, axes: Sequence[Axis], places: Mapping[str, int]) -> None:
        self.plain, self.least, self.width = np.zeros(len(axes)), np.zeros(len(axes)), np.zeros(len(axes))
        for name, weight in linear.weights.items():
            k = places[name]
            axis = axes[k]
            if isinstance(axis, OptionAxis | OrderedAxis) or axis.log:
                raise InvalidInput(f"{name} cannot be part of a sum.", "Only numbers on a linear scale can.")
            low, high = axis.ends
            self.plain[k], self.least[k], self.width[k] = weight, low, high - low
        self.scale = float(np.abs(self.plain * np.maximum(np.abs(self.least), self.width)).max()) or 1.0
        self.weights = self.plain * (self.width / self.scale)
        self.offset = float(self.plain @ (self.least / self.scale))
        self.low = -np.inf if linear.low is None else linear.low / self.scale
        self.high = np.inf if linear.high is None else linear.high / self.scale
        size = float(
            np.abs(self.plain) @ (np.maximum(np.abs(self.least), np.abs(self.least + self.width)) / self.scale)
        )
        self.is_tight = self.high - self.low <= SUM_SLACK * size
        """Whether it leaves no room: a composition's total."""

    def total(self, rows: Array) -> Array:
        """Of each row, in units of `scale`."""
        return np.asarray(rows @ self.weights + self.offset)

    def slope(self, rows: Array) -> Array:
        """Its gradient in the coordinates, of each row."""
        return np.broadcast_to(self.weights, rows.shape)

    def kept(self, rows: Array) -> Mask:
        """Which rows keep it, as `labd.domain.problem.Linear.broken` says."""
        size = np.abs(self.least + rows * self.width) @ (np.abs(self.plain) / self.scale)
        total = self.total(rows)
        low = self.low - total <= SUM_SLACK * np.maximum(size, abs(self.low)) if np.isfinite(self.low) else True
        high = total - self.high <= SUM_SLACK * np.maximum(size, abs(self.high)) if np.isfinite(self.high) else True
        return np.asarray(np.logical_and(low, high) & np.ones(len(rows), dtype=bool))


class Formula:
    """A formula over numbers between `low` and `high`, divided by its median size over the space."""

    is_tight = False

    def __init__(self, formula: Nonlinear, axes: Sequence[Axis], places: Mapping[str, int]) -> None:
        self.formula, self.axes, self.scale = formula, axes, 1.0
        self.places = {name: places[name] for name in sorted(names(formula.expression))}
        sizes = np.abs(self.total(sobol(len(axes), ROUGHLY, 0).numpy()))
        sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
        self.scale = float(np.median(sizes)) if len(sizes) else 1.0
        self.low = -np.inf if formula.low is None else formula.low / self.scale
        self.high = np.inf if formula.high is None else formula.high / self.scale

    def total(self, rows: Array) -> Array:
        """Of each row, in units of `scale`; not a number where the formula has no value."""
        values = {name: self._numbers(k, rows) for name, k in self.places.items()}
        with np.errstate(all="ignore"):
            try:
                found = evaluate(self.formula.expression, values, _FUNCTIONS)
            except ArithmeticError:  # among its own constants
                found = np.nan
            return np.broadcast_to(found, len(rows)) / self.scale

    def slope(self, rows: Array) -> Array:
        """Its gradient in the coordinates, of each row; 0 where there is none."""
        values = {name: torch.tensor(self._numbers(k, rows), requires_grad=True) for name, k in self.places.items()}
        found = np.zeros(rows.shape)
        with torch.enable_grad():
            try:
                total = torch.as_tensor(evaluate(self.formula.expression, values, _DIFFERENTIABLE)).sum()
            except ArithmeticError:
                return found
            if not total.requires_grad:
                return found
            slopes = torch.autograd.grad(total, list(values.values()), allow_unused=True)
        for k, slope in zip(self.places.values(), slopes, strict=True):
            axis = self.axes[k]
            if slope is not None and not isinstance(axis, OptionAxis | OrderedAxis):
                found[:, k] = slope.numpy() * (axis.pace(rows[:, k]) / self.scale)
        return np.nan_to_num(found, posinf=0.0, neginf=0.0)

    def kept(self, rows: Array) -> Mask:
        """Which rows keep it."""
        total = self.total(rows)
        low = self.low - total <= SUM_SLACK * abs(self.low) if np.isfinite(self.low) else True
        high = total - self.high <= SUM_SLACK * abs(self.high) if np.isfinite(self.high) else True
        return np.asarray(np.isfinite(total) & low & high)

    def _numbers(self, k: int, rows: Array) -> Array:
        axis = self.axes[k]
        if isinstance(axis, OptionAxis | OrderedAxis):
            raise InvalidInput(f"{axis.name} cannot be part of a formula.", "Only numbers can.")
        return axis.numbers(rows[:, k])


def off(bound: Sum | Formula, rows: Array) -> Array:
    """How far each row's total lies above the upper bound, or (negative) below the lower one, in units of its scale;
    0 where it has no value, for then nothing says which way to go."""
    total = bound.total(rows)
    total = np.where(np.isfinite(total), total, min(max(0.0, bound.low), bound.high))
    return np.maximum(total - bound.high, 0) + np.minimum(total - bound.low, 0)


def _of_tensors(name: str) -> Callable[..., torch.Tensor]:
    one = getattr(torch, name)
    return lambda value: one(torch.as_tensor(value, dtype=torch.float64))


def _in_turn(two: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda *values: reduce(two, values)


def _of_two(name: str) -> Callable[[Any, Any], torch.Tensor]:
    two = getattr(torch, name)
    return lambda one, other: two(*(torch.as_tensor(each, dtype=torch.float64) for each in (one, other)))


_SINGLE = ("sqrt", "exp", "log", "log10", "sin", "cos", "tan", "abs")
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {name: getattr(np, name) for name in _SINGLE} | {
    "min": _in_turn(np.minimum),
    "max": _in_turn(np.maximum),
}
_DIFFERENTIABLE: Mapping[str, Callable[..., Any]] = {name: _of_tensors(name) for name in _SINGLE} | {
    "min": _in_turn(_of_two("minimum")),
    "max": _in_turn(_of_two("maximum")),
}
