"""What nobody measured: points, results and outcomes that could be, from a seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import assert_never

import numpy as np

from labd.domain.capability import Capability, Json, Slot
from labd.domain.problem import Categorical, Continuous, Discrete, Integer, Linear, Problem, Scalar
from labd.domain.protocol import OutcomeSpec
from labd.protocols.space import keeps

Values = dict[str, Scalar]
Parameter = Continuous | Integer | Discrete | Categorical

TRIES = 200
"""So many points are drawn for one that keeps the constraints."""
ROUNDED = 1e-6
"""How exactly a drawn point keeps a sum."""
ROUNDS = 20
"""So often the sums are set right one after the other, where there are several."""
NOTHING = sha256(b"").hexdigest()


class Points:
    """Points that fill a problem's space evenly, in the order of their numbers; the same for the same seed.

    Source: M. Roberts, The unreasonable effectiveness of quasirandom sequences, 2018 (the generalised golden ratio),
    shifted by the seed.
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        self._problem = problem
        count = len(problem.parameters)
        ratio = 2.0
        for _ in range(40):
            ratio = (1 + ratio) ** (1 / (count + 1))
        self._steps = ratio ** -np.arange(1.0, count + 1)
        self._shift = np.random.default_rng(seed).random(count)
        self._drawn = 0

    def point(self, number: int) -> Values | None:
        """The point of a trial, numbered from 1; trials of one batch share what is `per` batch. None: every point of
        the pool is used, or none was found that keeps the constraints."""
        pool = self._problem.pool
        if pool is not None:
            return dict(pool[number - 1]) if number <= len(pool) else None
        batch = (number - 1) // self._problem.batch
        for _ in range(TRIES):
            self._drawn += 1
            point = dict(self._drawn_point(batch))
            if keeps(point, self._problem.constraints, ROUNDED):
                return point
        return None

    def _drawn_point(self, batch: int) -> Iterator[tuple[str, Scalar]]:
        own, shared = (((self._shift + place * self._steps) % 1.0).tolist() for place in (self._drawn, batch))
        point = {
            each.name: _value(each, shared[axis] if each.per == "batch" else own[axis])
            for axis, each in enumerate(self._problem.parameters)
        }
        for each in self._problem.parameters:
            if each.when is not None and point[each.when.parameter] not in each.when.values:
                point[each.name] = _value(each, 0.0)
        sums = [each for each in self._problem.constraints if isinstance(each, Linear)]
        for _ in range(ROUNDS if len(sums) > 1 else 1):
            for total in sums:
                self._set_right(point, total)
        yield from point.items()

    def _set_right(self, point: Values, total: Linear) -> None:
        """Move the continuous parameters of a sum towards their bounds, each in proportion to its room, until the sum
        is within its own bounds."""
        reached = sum(weight * float(point[name]) for name, weight in total.weights.items())
        low, high = total.low if total.low is not None else reached, total.high if total.high is not None else reached
        missing = min(max(reached, low), high) - reached
        room = {
            each.name: total.weights[each.name] * (bound - float(point[each.name]))
            for each in self._problem.parameters
            if isinstance(each, Continuous) and each.name in total.weights
            for bound in [each.high if (total.weights[each.name] > 0) == (missing > 0) else each.low]
        }
        whole = sum(room.values())
        if missing and whole:
            share = min(missing / whole, 1.0)
            for name, each in room.items():
                point[name] = float(point[name]) + share * each / total.weights[name]


def _value(parameter: Parameter, share: float) -> Scalar:
    match parameter:
        case Continuous(low=low, high=high, log=False):
            return low + share * (high - low)
        case Continuous(low=low, high=high):
            return float(low * (high / low) ** share)
        case Integer(low=low, high=high):
            return min(low + int(share * (high - low + 1)), high)
        case Discrete(values=levels):
            return levels[min(int(share * len(levels)), len(levels) - 1)]
        case Categorical(options=options):
            return options[min(int(share * len(options)), len(options) - 1)]
        case _:
            assert_never(parameter)


def result(capability: Capability, arguments: Mapping[str, Json], chance: np.random.Generator) -> dict[str, Json]:
    """What a success could give back, within the bounds of each slot; what is read back is what was ordered."""
    return {
        name: arguments[slot.reads_back] if slot.reads_back in arguments else _entry(slot, chance)
        for name, slot in capability.results.items()
        if not slot.optional
    }


def _entry(slot: Slot, chance: np.random.Generator) -> Json:
    match slot.type:
        case "number" | "integer":
            low, high = _bounds(slot.low, slot.high)
            drawn = float(low + chance.random() * (high - low))
            return drawn if slot.type == "number" else round(drawn)
        case "string":
            return slot.options[int(chance.integers(len(slot.options)))] if slot.options else ""
        case "boolean":
            return bool(chance.random() < 0.5)
        case "array":
            return [0.0, 1.0]
        case "object":
            return {}
        case "blob":
            return {"blob": f"sha256:{NOTHING}", "size_bytes": 0, "media_type": "application/octet-stream"}
        case _:
            assert_never(slot.type)


def outcome(spec: OutcomeSpec, chance: np.random.Generator) -> float:
    """An outcome that could be, in its unit."""
    low, high = _bounds(spec.low, spec.high)
    return float(low + chance.random() * (high - low))


def _bounds(low: float | None, high: float | None) -> tuple[float, float]:
    """Where one is not known: one unit from the other, or from 0 to 1."""
    if low is None:
        low = 0.0 if high is None else min(0.0, high - 1.0)
    return low, max(low + 1.0, 1.0) if high is None else high
