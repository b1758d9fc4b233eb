"""What lies between two bounds: sums and formulas, over rows of coordinates.

In coordinates a sum of parameters is linear, too. Both are divided by their size, so that no scale is special, and both
say how far a row is off, which way it would be brought back, and whether it may be tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
TINY = 1e-12
"""The smallest size of a bound, as the domain has it."""
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
        size = np.maximum(np.abs(self.least + rows * self.width) @ (np.abs(self.plain) / self.scale), TINY / self.scale)
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
        return np.asarray(self._evaluated(self._values(rows)).numpy() / self.scale)

    def slope(self, rows: Array) -> Array:
        """Its gradient in the coordinates, of each row; 0 where there is none."""
        values = {name: value.requires_grad_() for name, value in self._values(rows).items()}
        found = np.zeros(rows.shape)
        with torch.enable_grad():
            total = self._evaluated(values).sum()
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
        low = self.low - total <= SUM_SLACK * max(abs(self.low), TINY) if np.isfinite(self.low) else True
        high = total - self.high <= SUM_SLACK * max(abs(self.high), TINY) if np.isfinite(self.high) else True
        return np.asarray(np.isfinite(total) & low & high)

    def _values(self, rows: Array) -> dict[str, torch.Tensor]:
        found = {}
        for name, k in self.places.items():
            axis = self.axes[k]
            if isinstance(axis, OptionAxis | OrderedAxis):
                raise InvalidInput(f"{name} cannot be part of a formula.", "Only numbers can.")
            found[name] = torch.tensor(axis.numbers(rows[:, k]))
        return found

    def _evaluated(self, values: Mapping[str, torch.Tensor]) -> torch.Tensor:
        like = next(iter(values.values()))
        try:
            found = evaluate(self.formula.expression, values, _FUNCTIONS)
        except ArithmeticError:  # among its own constants
            return torch.full_like(like, torch.nan)
        return torch.as_tensor(found, dtype=torch.float64).expand_as(like)


def off(bound: Sum | Formula, rows: Array) -> Array:
    """How far each row's total lies above the upper bound, or (negative) below the lower one, in units of its scale."""
    total = np.nan_to_num(bound.total(rows), nan=0.0, posinf=0.0, neginf=0.0)
    return np.asarray(np.maximum(total - bound.high, 0) + np.minimum(total - bound.low, 0))


def _of_tensors(name: str) -> Callable[..., torch.Tensor]:
    one = getattr(torch, name)
    return lambda value: one(torch.as_tensor(value, dtype=torch.float64))


def _in_turn(name: str) -> Callable[..., torch.Tensor]:
    two = getattr(torch, name)

    def found(first: Any, *others: Any) -> torch.Tensor:
        value = torch.as_tensor(first, dtype=torch.float64)
        for other in others:
            value = two(value, torch.as_tensor(other, dtype=torch.float64))
        return value

    return found


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    name: _of_tensors(name) for name in ("sqrt", "exp", "log", "log10", "sin", "cos", "tan", "abs")
} | {"min": _in_turn("minimum"), "max": _in_turn("maximum")}
