"""What a point rests against: bounds, constraints, limits, and what was given; in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from labd.domain.problem import (
    Categorical,
    Continuous,
    Discrete,
    Limit,
    Linear,
    Nonlinear,
    Observation,
    Parameter,
    Parameters,
    Prediction,
    Problem,
    is_same,
)
from labd.planning.explanations.explain import number

NEAR = 1e-4
"""A total within this share of its terms is at its bound: suggestions are rounded."""
DEVIATIONS = 2.0
"""An outcome whose prediction is nearer than so many deviations to its limit may break it."""


def active(
    problem: Problem, point: Parameters, predicted: Mapping[str, Prediction], observations: Sequence[Observation]
) -> tuple[str, ...]:
    """What the point rests against; `predicted` is what is expected there, by outcome."""
    latest = observations[-1].parameters if observations else None
    return (
        *(said for each in problem.parameters if _means(each, point) for said in _of_parameter(each, point, latest)),
        *(said for each in problem.constraints if isinstance(each, Linear) for said in _of_sum(each, point)),
        *(said for each in problem.constraints if isinstance(each, Nonlinear) for said in _of_formula(each, point)),
        *(said for each in problem.limits if each.outcome in predicted for said in _of_limit(each, predicted)),
    )


def _means(parameter: Parameter, point: Parameters) -> bool:
    """Whether the parameter means something there."""
    when = parameter.when
    return when is None or any(is_same(point[when.parameter], each) for each in when.values)


def _of_parameter(parameter: Parameter, point: Parameters, latest: Parameters | None) -> Iterator[str]:
    name, value = parameter.name, point[parameter.name]
    if parameter.context:
        yield f"{name} is given: {value if isinstance(value, str) else _with_unit(float(value), parameter.unit)}"
        return
    if isinstance(parameter, Categorical):
        return
    low, high = (
        (parameter.values[0], parameter.values[-1])
        if isinstance(parameter, Discrete)
        else (parameter.low, parameter.high)
    )
    for bound, word in ((low, "lower"), (high, "upper")):
        if low < high and is_same(value, bound):
            yield f"{name} is at its {word} bound, {_with_unit(float(bound), parameter.unit)}"
    if isinstance(parameter, Continuous) and parameter.ramp is not None and latest is not None:
        change = abs(float(value) - float(latest[name]))
        if change >= parameter.ramp * (1 - NEAR):
            most = _with_unit(parameter.ramp, parameter.unit)
            yield f"{name} changes by as much as it may from one trial to the next, {most}"


def _of_sum(constraint: Linear, point: Parameters) -> Iterator[str]:
    terms = " + ".join(
        name if weight == 1 else f"{number(weight)}·{name}" for name, weight in constraint.weights.items()
    )
    size = sum(abs(weight * float(point[name])) for name, weight in constraint.weights.items())
    yield from _of_total(terms, constraint.total(point), size, constraint.low, constraint.high)


def _of_formula(constraint: Nonlinear, point: Parameters) -> Iterator[str]:
    total = constraint.total(point)
    yield from _of_total(constraint.expression, total, abs(total), constraint.low, constraint.high)


def _of_total(what: str, total: float, size: float, low: float | None, high: float | None) -> Iterator[str]:
    if low is not None and low == high:
        yield f"{what} is {number(low)}, as it must be"
        return
    for bound, word in ((low, "least"), (high, "most")):
        if bound is not None and abs(total - bound) <= NEAR * max(size, abs(bound)):
            yield f"{what} is at its bound, at {word} {number(bound)}"


def _of_limit(limit: Limit, predicted: Mapping[str, Prediction]) -> Iterator[str]:
    expected = predicted[limit.outcome]
    for bound, word in ((limit.low, "least"), (limit.high, "most")):
        if bound is not None and abs(expected.mean - bound) <= DEVIATIONS * expected.deviation:
            told = f"{number(expected.mean)} ± {number(expected.deviation)}"
            yield f"{limit.outcome} is expected at {told}, near its limit of at {word} {number(bound)}"


def _with_unit(value: float, unit: str) -> str:
    return f"{number(value)} {unit}".rstrip()
