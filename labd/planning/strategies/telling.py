"""The sentence that says why a point was chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from labd.domain.problem import Prediction
from labd.planning.explanations.explain import driver, listed, number
from labd.planning.strategies.strategy import Strategy

TOLD = 6
"""No more trials than this are named in a sentence."""


def reason(
    strategy: Strategy, at: Tensor, predicted: Mapping[str, Prediction], exploration: float, waiting: int
) -> str:
    """Why this point (`1 x columns`), while so many others are being measured."""
    told = [f"{number(p.mean)} ± {number(p.deviation)}" for p in predicted.values()]
    named = told if len(told) == 1 else [f"{name} {value}" for name, value in zip(predicted, told, strict=True)]
    text = f"{strategy.appeal()}; the model expects {listed(named)}"
    text += f"; {100 * exploration:.0f} % of the appeal is uncertainty{driver(strategy.importance)}"
    text += "".join(f"; {note}" for note in strategy.notes(at))
    data = strategy.data
    if data.success is not None:
        chance = math.exp(float(data.success.log_probability(at)[0]))
        text += f"; {100 * chance:.0f} % chance that it succeeds"
    censored = data.censored([each.name for each in strategy.outcomes])
    if censored:
        text += f"; {censored} result{'s lie' if censored > 1 else ' lies'} beyond a limit"
    if data.doubted:
        text += f"; {distrust(list(data.doubted))}"
    if waiting:
        text += f"; {waiting} open trial{'s are' if waiting > 1 else ' is'} taken into account"
    return text + (" (computed on the GPU)." if data.device.type == "cuda" else ".")


def distrust(trials: list[str]) -> str:
    """Which measurements are not believed.

    >>> distrust(["t4"]), distrust(["t4", "t9"])
    ('the measurement of t4 is not believed: it contradicts all others', 'the measurements of t4 and t9 are not \
believed: they contradict all others')
    """
    if len(trials) == 1:
        return f"the measurement of {trials[0]} is not believed: it contradicts all others"
    some = trials if len(trials) <= TOLD else [*trials[:TOLD], f"{len(trials) - TOLD} more"]
    return f"the measurements of {listed(some)} are not believed: they contradict all others"
