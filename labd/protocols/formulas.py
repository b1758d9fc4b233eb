"""Formulas that every point must keep: what they are over, in which unit, and whether they can be kept."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Discrete, Nonlinear
from labd.domain.problem.formula import FUNCTIONS, evaluate, names
from labd.protocols.amounts import in_unit
from labd.protocols.arithmetic import is_quantity, quantity
from labd.protocols.compilation import Parameter
from labd.protocols.findings import Findings, instead
from labd.protocols.written import ConstraintWritten

_POINTS = 20_000
"""So many points are looked at for one that keeps a formula."""


def nonlinear(
    each: ConstraintWritten, formula: str, named: Sequence[str], known: Mapping[str, Parameter], findings: Findings
) -> Nonlinear | None:
    """The formula between its bounds; None where something is wrong."""
    before = len(findings.found)
    over = _over(each, formula, named, known, findings)
    for key in ("equals", "weights"):
        if each.entry(key) is not None:
            message = f"A formula has no `{key}`: rounded values hardly ever meet it." if key == "equals" else ""
            remedy = "Write at_least and at_most, a little apart." if key == "equals" else "Write it in the formula."
            findings.error(each.key(key), message or "Weights belong to a sum.", remedy)
    if len(findings.found) > before or over is None:
        return None
    unit = _unit(each, formula, over, findings)
    if unit is None:
        return None
    low = in_unit(each, "at_least", each.at_least, unit, findings)
    high = in_unit(each, "at_most", each.at_most, unit, findings)
    if len(findings.found) > before:
        return None
    if low is None and high is None:
        findings.error(each.key("formula"), "Nothing bounds this formula.", "Write at_least or at_most.")
        return None
    if low is not None and high is not None and low >= high:
        message = f"No point is at least {each.at_least} and at most {each.at_most}."
        findings.error(each.at("at_least"), message, "Write two bounds that are apart, the lower one at at_least.")
        return None
    made = Nonlinear(expression=formula, low=low, high=high)
    if all(made.broken(point) for point in _points(over)):
        message = "No point was found that keeps this."
        findings.warning(each.at("formula"), message, "Widen the parameters' bounds or those of the formula.")
    return made


def _over(
    each: ConstraintWritten, formula: str, named: Sequence[str], known: Mapping[str, Parameter], findings: Findings
) -> dict[str, Parameter] | None:
    """The parameters that a formula is over."""
    try:
        over = sorted(names(formula))
    except ValueError as error:
        findings.error(each.at("formula"), f"{error}.", "Write arithmetic over parameters, as in flow * time.")
        return None
    if not over:
        findings.error(each.at("formula"), "This formula is over no parameter.", "Name one, as in flow * time.")
        return None
    for name in over:
        if name not in named:
            findings.error(each.at("formula"), f"There is no parameter {name}.", instead(name, named))
        elif isinstance(known.get(name), Categorical):
            findings.error(each.at("formula"), f"{name} is no number.", "Take it out of the formula.")
    found = {name: known[name] for name in over if name in known}
    return found if len(found) == len(over) else None


def _unit(each: ConstraintWritten, formula: str, over: Mapping[str, Parameter], findings: Findings) -> str | None:
    """The unit of what the formula gives of numbers in the parameters' own units; empty where it has none.

    A formula may mix units as it likes (`exp(temperature / 40)`): then its bounds are bare numbers. Where the units do
    go together, they must do so without a factor: the planner works with the numbers alone.
    """
    point = next((point for point in _points(over) if not math.isnan(_bare(formula, point))), None)
    if point is None:
        return ""
    try:
        found = evaluate(formula, {name: quantity(point[name], over[name].unit) for name in over}, _WITH_UNITS)
        number, unit = (float(found.magnitude), str(found.units)) if is_quantity(found) else (float(found), "")
    except (ArithmeticError, ValueError, TypeError, AttributeError):  # pint's own errors are of these kinds
        return ""
    if not math.isclose(number, _bare(formula, point), rel_tol=1e-9, abs_tol=1e-300):
        units = ", ".join(f"{name} in {each.unit}" for name, each in over.items() if each.unit)
        findings.error(each.at("formula"), f"The units do not go together: {units}.", "Give them one unit.")
        return None
    return unit.replace(" ", "")


def _bare(formula: str, point: Mapping[str, float]) -> float:
    return Nonlinear(expression=formula, low=0.0).total(point)


def _points(over: Mapping[str, Parameter]) -> Iterator[dict[str, float]]:
    """A grid, of which the finest that has few enough points: both ends of each parameter are on it."""
    steps = max(int(_POINTS ** (1 / len(over))), 2)
    values = [_values(each, min(steps, 21)) for each in over.values()]
    for point in itertools.islice(itertools.product(*values), _POINTS):
        yield dict(zip(over, point, strict=True))


def _values(parameter: Parameter, steps: int) -> list[float]:
    if isinstance(parameter, Discrete):
        return list(parameter.values)
    if isinstance(parameter, Categorical):
        raise InvalidInput(f"{parameter.name} is no number.")
    low, high = float(parameter.low), float(parameter.high)
    shares = [(place + 0.5) / steps for place in range(steps)]  # the middle first: the ends may have no value
    inner = [low * (high / low) ** each if parameter.log else low + each * (high - low) for each in shares]
    return [*inner, low, high]


def _of_a_number(function: Callable[..., Any]) -> Callable[[Any], Any]:
    def found(value: Any) -> Any:
        if is_quantity(value):
            raise TypeError("no unit goes through this function")
        return function(value)

    return found


_WITH_UNITS: Mapping[str, Callable[..., Any]] = {
    **{name: _of_a_number(function) for name, function in FUNCTIONS.items()},
    "sqrt": lambda value: value**0.5,
    "abs": abs,
    "min": min,
    "max": max,
}
