"""What is learnt of an outcome is settled at milestones of its history, and holds until the next one.

Hyperparameters, the bend, the units and who is doubted are learnt from the first `m` measurements, in the order of the
history; the posterior is that of all of them. The milestone `m` follows from their number alone, but for measurements
that surprise what was settled: each of these is a milestone as well, so that a new best far out or a contradiction is
learnt from at once. So the answer follows from the measurements alone, and what was settled may be remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.special import ndtri
from torch import Tensor

from labd.planning.remembering import Remembered
from labd.planning.spaces.axes import Array
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.bending import bent
from labd.planning.surrogates.censoring import beyond_limits
from labd.planning.surrogates.fit import learn, learn_smooth
from labd.planning.surrogates.outcomes import Standard, standardise
from labd.planning.surrogates.robust import FEWEST, Mask, doubting

ALL_UP_TO = 40
"""So many measurements are all milestones."""
GROWTH = 1.06
"""From one milestone to the next."""
ALARMS = 0.15
"""A measurement that lies further from what was expected of it, given all before, than by this chance any would between
two milestones is a milestone itself."""
SURPRISES = 4
"""So many between two milestones are learnt from one by one; with more, everything is."""
KEPT = 200_000_000
"""Bytes."""

Learn = Callable[[Tensor, Tensor, Tensor, Tensor], Belief]
"""As `fit.learn`."""


@dataclass(frozen=True, slots=True)
class Told:
    """The measurements of one outcome, in the order of the history, and how they are taken."""

    x: Tensor
    """Features; `n x columns`."""
    groups: Tensor
    values: Array
    errors: Array
    """Standard errors, 0 where they are not known."""
    side: Array
    """As of `censoring.sides`."""
    sign: float
    right: float | None
    """As of `doubting`; None where no measurement may be doubted."""
    bends: bool
    """Whether the outcome is bent as suits it."""

    def first(self, count: int) -> Told:
        """The first measurements alone."""
        some = slice(0, count)
        x, values, errors, side = self.x[some], self.values[some], self.errors[some], self.side[some]
        return replace(self, x=x, values=values, errors=errors, side=side)

    def content(self) -> bytes:
        """All of it, in bytes."""
        arrays = (self.x.cpu().numpy(), self.groups.cpu().numpy(), self.values, self.errors, self.side)
        said = (self.x.device.type, *(each.shape for each in arrays), self.sign, self.right, self.bends)
        return b"".join([repr(said).encode(), *(each.tobytes() for each in arrays)])


@dataclass(frozen=True, slots=True)
class Settled:
    """An outcome in standard units, what is believed of it, and which measurements are not believed."""

    standard: Standard
    belief: Belief
    doubted: Mask

    def with_more(self, told: Told) -> Settled:
        """The same of more measurements, which begin with those that this was settled from."""
        known = len(self.standard.targets)
        standard = self.standard.with_more(told.values[known:], told.errors[known:])
        target = torch.tensor(standard.targets[known:, None], device=told.x.device)
        noise = torch.tensor(standard.noise[known:], device=told.x.device)
        parts = tuple((weight, gp.with_more(told.x[known:], target, noise)) for weight, gp in self.belief.parts)
        doubted = np.concatenate([self.doubted, np.zeros(len(target), dtype=bool)])
        return Settled(standard, Belief(parts), doubted)

    def size(self) -> int:
        """Bytes, roughly."""
        return self.belief.size()


def settled(told: Told) -> Settled:
    """What is believed of the outcome, settled at the latest milestone."""
    n = len(told.values)
    count = milestone(n)
    far = float(-ndtri(ALARMS / 2 / (_next(count) - count)))
    for _ in range(SURPRISES + 1):
        if told.side[count:].any():
            break  # a limit has to be filled in among all others
        found = _remembered(told.first(count))
        if count == n:
            return found
        if not found.standard.targets.any():
            break  # equal values have no unit
        found = found.with_more(told)
        surprising = np.flatnonzero(~(np.abs(found.belief.main.innovations()[count:]) <= far))
        if not len(surprising):
            return found
        count += int(surprising[0]) + 1
    return _remembered(told)


def settle(told: Told, learner: Learn) -> Settled:
    """What is believed of the outcome, all of it learnt from these measurements."""
    standard = standardise(told.values, told.errors, told.sign)
    doubted, smooth = np.zeros(len(told.values), dtype=bool), None
    if told.right is not None and len(told.values) >= FEWEST:
        smooth = learn_smooth(told.x, *_tensors(told, standard), told.groups)
        standard, doubted = doubting(standard, told.x, told.side == 0, smooth, told.right)
    asked = standard
    standard = beyond_limits(
        standard, told.side, lambda each: learner(told.x, *_tensors(told, each), told.groups).main.left_out()
    )
    if told.bends:
        if smooth is None or standard is not asked or doubted.any():
            smooth = learn_smooth(told.x, *_tensors(told, standard), told.groups)
        standard = bent(standard, smooth)
    return Settled(standard, learner(told.x, *_tensors(told, standard), told.groups), doubted)


def milestone(count: int) -> int:
    """The latest milestone among so many measurements.

    >>> [milestone(n) for n in (1, 40, 41, 50, 52, 200, 1000)]
    [1, 40, 40, 50, 50, 190, 995]
    """
    latest = min(count, ALL_UP_TO)
    while _next(latest) <= count:
        latest = _next(latest)
    return latest


def _next(latest: int) -> int:
    return latest + 1 if latest < ALL_UP_TO else int(latest * GROWTH)


def forget() -> None:
    """Everything is learnt anew when it is asked for next: for tests, and where memory is short."""
    _MEMORY.forget()


_MEMORY: Remembered[Settled] = Remembered(KEPT)


def _remembered(told: Told) -> Settled:
    return _MEMORY.get(told.content(), lambda: settle(told, learn), Settled.size)


def _tensors(told: Told, standard: Standard) -> tuple[Tensor, Tensor]:
    """Targets and noise."""
    device = told.x.device
    return torch.tensor(standard.targets, device=device), torch.tensor(standard.noise, device=device)
