"""The models whose average is believed, in the units of whoever reads it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from labd.domain.problem import Categorical, Discrete, Member, Parameter, Problem
from labd.planning.explanations.explain import number
from labd.planning.explanations.explanation import Outlook

FLAT = 10.0
"""A lengthscale of so many times the range: along it hardly anything changes."""


def members(problem: Problem, outlook: Outlook) -> Iterator[Member]:
    """Of one outcome, the likeliest first."""
    for weight, gp in outlook.belief.parts:
        lengths = {
            each.name: float(length) for each, length in zip(problem.parameters, gp.hyper.lengthscales, strict=True)
        }
        yield Member(
            weight=weight,
            kernel="Matern-5/2",
            reach={each.name: _reach(each, lengths[each.name]) for each in problem.parameters},
            lengthscales=lengths,
            deviation=in_its_unit(outlook, gp.hyper.scale),
            noise=in_its_unit(outlook, gp.hyper.noise),
        )


def in_its_unit(outlook: Outlook, variance: float) -> float:
    """The deviation, in the outcome's own unit, of a variance in standard units; about the middle of what is known."""
    deviation = math.sqrt(variance)
    return outlook.standard.apart(-deviation, deviation) / 2


def _reach(parameter: Parameter, length: float) -> str:
    """A lengthscale: how far one measurement tells of another."""
    if length >= FLAT:
        return "hardly matters"
    if isinstance(parameter, Categorical):
        return f"{number(length)} × the distance of two options"
    low, high = (
        (parameter.values[0], parameter.values[-1])
        if isinstance(parameter, Discrete)
        else (float(parameter.low), float(parameter.high))
    )
    if not isinstance(parameter, Discrete) and parameter.log:
        return f"a factor of {number(math.exp(min(length * math.log(high / low), 700.0)))}"
    return f"{number(length * (high - low))} {parameter.unit}".rstrip()
