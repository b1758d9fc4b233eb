"""Measurements that are wrong altogether: a swapped label, a bubble in the cell, a decimal point.

Each measurement is either what the process says, with its noise, or anything at all. Which ones are wrong is sought
together with the hyperparameters: at given hyperparameters, measurements are doubted or believed again, one after the
other, wherever that makes all of them together more probable; then the hyperparameters are learnt anew from those that
are believed, until nothing changes. Wrong measurements hide behind the noise that they make the model believe in, and
behind the spread that they make. So it is begun again, where the model explains little, with a quarter of the
measurements doubted from the start, and where some lie far out alone, with these; the most probable end is taken. A
doubted measurement gets so much noise of its own that nothing follows from it.

Source: S. Ament and others, Robust Gaussian processes via relevance pursuit, 2024 (noise of its own for a few
measurements, chosen greedily, their count by the evidence under a prior).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import betaln
from torch import Tensor

from labd.planning.spaces.axes import Array
from labd.planning.surrogates.fit import Family, most_probable
from labd.planning.surrogates.gp import GaussianProcess
from labd.planning.surrogates.outcomes import Standard
from labd.planning.surrogates.weighing import Weighing

Mask = NDArray[np.bool_]

FEWEST = 8
"""Of fewer measurements none is doubted: nothing can contradict it."""
MOST = 0.35
"""No larger share is doubted: what is wrong more often than that is no exception."""
DOUBTED_FIRST = 0.25
"""The share that the second beginning doubts."""
GROSS = 9.0
"""So many times the median deviation from the median is far out: six standard deviations of a normal outcome."""
ROUNDS = 4
"""How often the hyperparameters are learnt anew, at most."""
WRONG, RIGHT, SUSPECT = 1.0, 40.0, 10.0
"""Beta prior of the share of wrong measurements, `WRONG` to `RIGHT`: one in forty is expected; `WRONG` to `SUSPECT`
where somebody says that there are some."""
LEARN_FROM = 128
"""Hyperparameters of the search are learnt from no more points than this."""
NEAR, WIDTH, FAR = 0.7, 1.5, 5.0
"""A wrong measurement is with this probability like any other (normal, of this deviation, in the outcome's deviations),
else gross: Cauchy of this scale."""
UNEXPLAINED = 0.15
"""More of the variance than this left to noise: wrong measurements may hide behind it."""
IGNORED = 1e4
"""Variance of the noise of a doubted measurement, in units of the outcome's."""


@dataclass(frozen=True, slots=True)
class _State:
    doubted: Mask
    evidence: float


def doubting(standard: Standard, x: Tensor, may: Mask, first: GaussianProcess, right: float) -> tuple[Standard, Mask]:
    """The outcome in units of the measurements that are believed, the others with so much noise that they say nothing
    and their targets where they are expected; and which are doubted.

    `may` says which may be doubted, `first` is the process that believes all of them, `right` is `RIGHT` or `SUSPECT`.
    """
    n = len(standard.targets)
    none = np.zeros(n, dtype=bool)
    if n < FEWEST or not may.any() or not float(np.ptp(standard.targets)):
        return standard, none
    pursuit = _Pursuit(standard, x, first.groups, may, right)
    surprise, _ = pursuit.doubts(first, none, 0.0, 1.0)
    hidden = first.hyper.noise > UNEXPLAINED * (first.hyper.noise + first.hyper.scale)
    gross = _gross(standard.targets, x) & may
    if not surprise.any() and not hidden and not gross.any():
        return standard, none
    begun = [none, *([pursuit.worst(first)] if hidden else []), *([gross] if 0 < gross.sum() <= pursuit.most else [])]
    ends = [pursuit.settle(each) for each in begun]
    best = max(ends, key=lambda state: state.evidence)
    if best.evidence <= pursuit.nothing_but_noise():
        return standard, none
    return (pursuit.without(best.doubted), best.doubted) if best.doubted.any() else (standard, none)


class _Pursuit:
    """The search for the measurements to doubt; processes are kept by what they doubt."""

    def __init__(self, standard: Standard, x: Tensor, groups: Tensor, may: Mask, right: float) -> None:
        self.standard, self.x, self.groups, self.may, self.right = standard, x, groups, may, right
        self.fitted: dict[bytes, tuple[GaussianProcess, float, float]] = {}
        self.most = int(MOST * len(may))

    def process(self, doubted: Mask) -> tuple[GaussianProcess, float, float]:
        """The process that is learnt from the others, for targets in units of their mean and spread: these follow."""
        name = doubted.tobytes()
        if name not in self.fitted:
            kept = ~doubted
            mean, spread = _units(self.standard.targets[kept])
            device = self.x.device
            target = torch.tensor((self.standard.targets[kept] - mean) / spread, device=device)
            noise = torch.tensor(self.standard.noise[kept] / spread**2, device=device)
            self.fitted[name] = (
                _fit(self.x[torch.as_tensor(kept, device=device)], target, noise, self.groups),
                mean,
                spread,
            )
        return self.fitted[name]

    def settle(self, doubted: Mask) -> _State:
        """Doubts and hyperparameters in turn, until nothing changes; the most probable of what was met."""
        met: list[_State] = []
        for _ in range(ROUNDS):
            gp, mean, spread = self.process(doubted)
            improved, evidence = self.doubts(gp, doubted, mean, spread)
            met.append(_State(improved, evidence))
            if (improved == doubted).all():
                break
            doubted = improved
        return max(met, key=lambda state: state.evidence)

    def nothing_but_noise(self) -> float:
        """The log probability of all, if none is wrong and the parameters do nothing. No process says so: its noise
        is small by its prior, and where all was tried in one corner of the space single measurements would seem wrong.
        """
        deviations = np.sqrt(np.maximum(self.standard.noise, 1.0))
        z = self.standard.targets / deviations
        return float((-0.5 * z**2 - np.log(deviations) - 0.5 * math.log(2 * math.pi)).sum()) + self._count(0)

    def worst(self, first: GaussianProcess) -> Mask:
        """The measurements that surprise the most, as many as the second beginning doubts."""
        none = np.zeros_like(self.may)
        density = self._weighing(first, none, 0.0, 1.0).density().cpu().numpy()
        surprise = np.where(self.may, -density, -np.inf)
        found = none.copy()
        found[np.argsort(-surprise, kind="stable")[: int(DOUBTED_FIRST * len(none))]] = True
        return found & self.may

    def without(self, doubted: Mask) -> Standard:
        """The outcome without what is doubted."""
        gp, mean, spread = self.process(doubted)
        expected = gp.predict(self.x)[0][:, 0].cpu().numpy()
        targets = np.where(doubted, expected, (self.standard.targets - mean) / spread)
        noise = np.where(doubted, IGNORED, self.standard.noise / spread**2)
        old = self.standard
        return replace(old, targets=targets, noise=noise, mean=old.mean + old.spread * mean, spread=old.spread * spread)

    def doubts(self, gp: GaussianProcess, doubted: Mask, mean: float, spread: float) -> tuple[Mask, float]:
        """The doubts that are most probable at these hyperparameters, found one by one; the log probability of all."""
        z = (self.standard.targets - mean) / spread
        wrong = _log_wrong(z, self.standard.noise / spread**2)
        now = doubted.copy()
        weighing = self._weighing(gp, now, mean, spread)
        seen: set[bytes] = set()
        while True:
            density = weighing.density().cpu().numpy()
            gain = np.where(now, density - wrong, wrong - density)
            k = int(now.sum())
            gain += np.where(now, self._count(k - 1) - self._count(k), self._count(k + 1) - self._count(k))
            gain[~self.may] = -np.inf
            gain[~now & (k >= self.most)] = -np.inf
            place = int(gain.argmax())
            seen.add(now.tobytes())
            now[place] = ~now[place]
            if gain[place] <= 1e-9 or now.tobytes() in seen:
                now[place] = ~now[place]
                break
            weighing.turn(place)
        kept_sum = weighing.evidence() - math.log(spread) * int((~now).sum())
        return now, kept_sum + float((wrong[now] - math.log(spread)).sum()) + self._count(int(now.sum()))

    def _weighing(self, gp: GaussianProcess, doubted: Mask, mean: float, spread: float) -> Weighing:
        device = self.x.device
        target = torch.tensor((self.standard.targets - mean) / spread, device=device)
        noise = torch.tensor(self.standard.noise / spread**2, device=device)
        return Weighing(gp, self.x, target, noise, torch.as_tensor(doubted, device=device))

    def _count(self, k: int) -> float:
        """Log probability that exactly these k are wrong: a beta-binomial's, for one set of that size."""
        return float(betaln(k + WRONG, len(self.may) - k + self.right) - betaln(WRONG, self.right))


def _fit(x: Tensor, target: Tensor, noise: Tensor, groups: Tensor) -> GaussianProcess:
    """The smooth family alone: where it is too smooth, it doubts too little rather than too much of what is near."""
    some = torch.linspace(0, len(x) - 1, min(len(x), LEARN_FROM), device=x.device).round().long()
    hyper = most_probable(x[some], target[some], noise[some], groups, Family.GAMMA)
    return GaussianProcess(x, target[:, None], noise, groups, hyper)


def _gross(targets: Array, x: Tensor) -> Mask:
    """Which targets lie far out, while their nearest neighbour's does not: of a peak or a cliff, both do."""
    middle = float(np.median(targets))
    width = float(np.median(np.abs(targets - middle)))
    out = np.abs(targets - middle) > GROSS * width
    apart = torch.cdist(x, x)
    apart.diagonal().fill_(math.inf)
    return out & ~out[apart.argmin(1).cpu().numpy()] if width > 0 else np.zeros_like(out)


def _units(values: Array) -> tuple[float, float]:
    spread = float(values.std(ddof=1))
    return float(values.mean()), spread if spread > 1e-12 else 1.0


def _log_wrong(z: Array, noise: Array) -> Array:
    """Log density of a wrong measurement, which has its known noise, too: of noise alone none is wrong."""
    width, far = np.sqrt(WIDTH**2 + noise), np.sqrt(FAR**2 + noise)
    like = math.log(NEAR) - 0.5 * (z / width) ** 2 - np.log(width * math.sqrt(2 * math.pi))
    gross = math.log((1 - NEAR) / math.pi) - np.log(far) - np.log1p((z / far) ** 2)
    return np.asarray(np.logaddexp(like, gross))
