"""Why not to believe too much of what the model says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labd.domain.problem import Observation, Problem
from labd.planning.explanations.explain import number
from labd.planning.surrogates.belief import Belief

SCARCE = 2
"""Measurements a parameter: with fewer the model has seen most parameters move together only."""
DECIDED = 0.8
"""The weight from which one member of a belief is believed alone."""
MANY = 1 / 3
"""The share of trials, failed or beyond a limit, from which it is said."""
LOUD = 0.5
"""The share of noise in what varies, from which it is said."""


def caveats(problem: Problem, observations: Sequence[Observation], belief: Belief) -> Iterator[str]:
    """Of a model that learnt from these observations."""
    count, size = len(belief.main.x), len(problem.parameters)
    if count < SCARCE * size:
        yield f"Learnt from {_many(count, 'measurement')} of {_many(size, 'parameter')}: the next result may change it."
    names = [objective.outcome for objective in problem.objectives]
    measured = [each for each in observations if all(name in each.outcomes for name in names)]
    for name in names:
        values = [each.outcomes[name].mean for each in measured]
        if len(values) > 1 and min(values) == max(values):
            yield f"Every {name} that was measured is {number(values[0])}: nothing drives it yet."
        limits = sum(each.outcomes[name].censored is not None for each in measured)
        if limits > MANY * len(measured):
            yield f"{limits} of {len(measured)} results of {name} are limits: where the truth lies is guessed."
    first = belief.parts[0][0]
    if first < DECIDED:
        yield (
            f"The data do not decide between {len(belief.parts)} models, of which the likeliest has {100 * first:.0f} %"
            " of the weight; this is their average."
        )
    noise, scale = belief.main.hyper.noise, belief.main.hyper.scale
    if count > 1 and noise > LOUD * (noise + scale):
        yield f"{100 * noise / (noise + scale):.0f} % of what varies looks like noise to the model."
    failed = sum(each.failed for each in observations)
    if failed > MANY * len(observations):
        yield f"{failed} of {_many(len(observations), 'trial')} failed: where trials succeed is known poorly."


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
