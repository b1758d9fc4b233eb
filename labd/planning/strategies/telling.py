"""The sentence that says why a point was chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from labd.domain.problem import Prediction
from labd.planning.explanations.explain import driver, listed, number
from labd.planning.strategies.strategy import Strategy
from labd.planning.surrogates.transfer import trust

WORTH_TELLING = 0.05
"""An earlier campaign of less weight than this is not named."""
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
    if data.question.problem.earlier:
        text += f"; {credit(trust(strategy.belief))}"
    if data.doubted:
        text += f"; {distrust(list(data.doubted))}"
    if waiting:
        text += f"; {waiting} open trial{'s are' if waiting > 1 else ' is'} taken into account"
    return text + (" (computed on the GPU)." if data.device.type == "cuda" else ".")


def credit(weights: Mapping[str, float]) -> str:
    """What earlier campaigns weigh.

    >>> credit({"spring": 0.8, "autumn": 0.04}), credit({})
    ('80 % of what the model expects builds on earlier campaigns (spring 80 %)', 'earlier campaigns count for nothing \
here: they mislead')
    """
    told = [f"{name} {100 * weight:.0f} %" for name, weight in weights.items() if weight >= WORTH_TELLING]
    if not told:
        return "earlier campaigns count for nothing here: they mislead"
    total = sum(weight for weight in weights.values() if weight >= WORTH_TELLING)
    return f"{100 * total:.0f} % of what the model expects builds on earlier campaigns ({listed(told)})"


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
