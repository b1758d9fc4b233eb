"""A case: something to optimise whose truth is known, in plain values that every planner's adapter can read.

Everything is maximised. Adapters run in environments of their own, so nothing here imports labd.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

Point = dict[str, float | str]
Array = npt.NDArray[np.float64]

WANTED = "y"
"""The outcome that is maximised; with two objectives they are `y0` and `y1`."""
LIMITED = "c"
"""An outcome that must be at most 0."""


@dataclass(frozen=True, slots=True)
class Box:
    """Any number between two bounds."""

    name: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some options without an order."""

    name: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Levels:
    """One of a few numbers in their order."""

    name: str
    values: tuple[float, ...]

    @property
    def low(self) -> float:
        return self.values[0]

    @property
    def high(self) -> float:
        return self.values[-1]


@dataclass(frozen=True, slots=True)
class Tried:
    """A point and what was measured there; nothing where the trial failed."""

    point: Point
    measured: Mapping[str, float]

    @property
    def failed(self) -> bool:
        return not self.measured


@dataclass(frozen=True, slots=True)
class Case:
    """What is searched, what is true there, and how it is measured."""

    name: str
    parameters: tuple[Box | Choice | Levels, ...]
    truth: Callable[[Point], dict[str, float]]
    """What would be measured without noise: `y`, or `y0` and `y1`, and `c` where an outcome is limited."""
    objectives: tuple[str, ...] = (WANTED,)
    limited: bool = False
    noise: Mapping[str, float] = field(default_factory=dict)
    """Standard deviation of each outcome's noise."""
    pool: tuple[Point, ...] | None = None
    mixture: bool = False
    """The parameters sum to 1."""
    fidelity: str | None = None
    """The parameter that says how true a measurement is; its highest value counts."""
    price: Callable[[Point], float] | None = None
    fails: Callable[[Point], bool] | None = None
    corrupted: float = 0.0
    """The share of measurements that are wrong altogether."""
    earlier: tuple[tuple[Point, float], ...] = ()
    """An earlier campaign: points and what was measured."""
    without: str | None = None
    """The case that this one is to a planner that takes no notice of earlier campaigns."""
    reference: tuple[float, float] | None = None
    """With two objectives: what is worse than this is worth nothing."""
    optimum: float = math.nan
    """The best value (or hypervolume) that there is."""
    middle: float = math.nan
    """The median over the space: the zero of the scale on which the optimum is 1."""

    @property
    def initial(self) -> int:
        """So many first points, the same for every planner."""
        return min(max(5, len(self.parameters) + 1), 10)

    def key(self, point: Point) -> tuple[float | str, ...]:
        """What two equal points share."""
        values = [point[each.name] for each in self.parameters]
        return tuple(value if isinstance(value, str) else round(value, 9) for value in values)

    def encode(self, points: Sequence[Point]) -> Array:
        """The points in 0..1, options one-hot over the root of two, so that two of them are 1 apart; `n x c`."""
        columns: list[list[list[float]]] = []
        for each in self.parameters:
            if isinstance(each, Choice):
                columns.append([[(p[each.name] == option) / math.sqrt(2) for option in each.options] for p in points])
            else:
                reach = max(each.high - each.low, 1e-12)
                columns.append([[(float(p[each.name]) - each.low) / reach] for p in points])
        return np.concatenate([np.asarray(column, float) for column in columns], axis=1)

    def point(self, unit: Array) -> Point:
        """The point of coordinates in 0..1; of a mixture, as many shares as there are parameters."""
        if self.mixture:
            parts = -np.log(np.clip(unit, 1e-12, 1.0))
            return {each.name: float(part) for each, part in zip(self.parameters, parts / parts.sum(), strict=True)}
        return {each.name: _value(each, float(at)) for each, at in zip(self.parameters, unit, strict=True)}

    def first(self, seed: int) -> list[Point]:
        """The first points: rows of the pool by chance, else scrambled Sobol points, at the highest fidelity."""
        if self.pool is not None:
            rows = np.random.default_rng(10_000 + seed).choice(len(self.pool), self.initial, replace=False)
            return [self.pool[row] for row in rows]
        units = qmc.Sobol(len(self.parameters), seed=10_000 + seed).random(2**4)[: self.initial]
        points = [self.point(unit) for unit in units]
        return [each | {self.fidelity: self.full} for each in points] if self.fidelity else points

    @property
    def full(self) -> float:
        """The fidelity that counts."""
        return next(
            each.high for each in self.parameters if not isinstance(each, Choice) and each.name == self.fidelity
        )

    def costs(self, point: Point) -> float:
        """What a trial costs; 1 at full fidelity."""
        return self.price(point) if self.price else 1.0

    def counts(self, point: Point) -> bool:
        """Whether a measurement there tells what is asked for."""
        return self.fidelity is None or point[self.fidelity] == self.full

    def has_failed(self, point: Point) -> bool:
        """Whether a trial there gives no result."""
        return self.fails is not None and self.fails(point)


def with_worst(history: Sequence[Tried]) -> list[Tried]:
    """The history with the worst that was measured in place of what failed: for planners that know no failed trials,
    and would ask for the same point for ever. Empty until something was measured."""
    known = [each.measured for each in history if not each.failed]
    if not known:
        return []
    worst = {name: min(each[name] for each in known) for name in known[0]}
    return [Tried(each.point, worst) if each.failed else each for each in history]


class Laboratory:
    """Measures a case's points. Its chance hangs on the seed and on how many were measured, not on where."""

    def __init__(self, case: Case, seed: int) -> None:
        self.case = case
        self._noise = np.random.default_rng(77 + seed)
        self._faults = np.random.default_rng(770_077 + seed)

    def measure(self, point: Point) -> Tried:
        """What is measured at the point."""
        case = self.case
        values = {
            name: float(value + (self._noise.normal(0, case.noise[name]) if case.noise.get(name) else 0.0))
            for name, value in case.truth(point).items()
        }
        wrong, how = self._faults.random(2)
        if wrong < case.corrupted:
            values[WANTED] = case.middle + (3 * how - 1) * (case.optimum - case.middle)
        return Tried(point, {} if case.has_failed(point) else values)


def _value(parameter: Box | Choice | Levels, at: float) -> float | str:
    if isinstance(parameter, Box):
        return parameter.low + at * (parameter.high - parameter.low)
    options = parameter.options if isinstance(parameter, Choice) else parameter.values
    return options[min(int(at * len(options)), len(options) - 1)]
