"""What every point must keep: sums, formulas, and values that are not tried together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Constraint, Continuous, Discrete, Excluded, Linear, Scalar
from labd.protocols.amounts import in_unit
from labd.protocols.compilation import Parameter
from labd.protocols.findings import Findings, Place, instead
from labd.protocols.formulas import nonlinear
from labd.protocols.points import scalar
from labd.protocols.space import MAXIMUM_CORNERS, keeps
from labd.protocols.written import ConstraintWritten, ParameterWritten, ProtocolWritten


def constraints(written: ProtocolWritten, known: Mapping[str, Parameter], findings: Findings) -> tuple[Constraint, ...]:
    """What every point must keep, without what is wrong."""
    made: list[Constraint] = []
    for each in written.constraints:
        constraint = _constraint(each, written, known, findings)
        if constraint is not None:
            made.append(constraint)
    return tuple(made)


def _constraint(
    each: ConstraintWritten, written: ProtocolWritten, known: Mapping[str, Parameter], findings: Findings
) -> Constraint | None:
    kinds = [key for key in ("sum", "formula", "exclude") if each.entry(key) is not None]
    if len(kinds) != 1:
        message = f"A constraint has both {' and '.join(kinds)}." if kinds else "This constraint says nothing."
        findings.error(each.key(), message, "Write either `sum:`, or `formula:`, or `exclude:`.")
        return None
    if each.formula is not None:
        return nonlinear(each, each.formula, written.names("parameters"), known, findings)
    if each.sum is not None:
        return _linear(each, each.sum, written, known, findings)
    return None if each.exclude is None else _excluded(each, each.exclude, written, known, findings)


# --- sums


def _linear(
    each: ConstraintWritten,
    summed: Sequence[str],
    written: ProtocolWritten,
    known: Mapping[str, Parameter],
    findings: Findings,
) -> Linear | None:
    before = len(findings.found)
    _check_names(each, summed, written, known, findings)
    parts = {name: known[name] for name in summed if name in known}
    if len(findings.found) > before or len(parts) < len(summed):
        return None
    unit = parts[summed[0]].unit
    low, high = _bounds(each, unit, findings)
    if low is None and high is None:
        if len(findings.found) == before:
            findings.error(each.key("sum"), "Nothing bounds this sum.", "Write equals, at_least or at_most.")
        return None
    weights = {name: each.weights.get(name, 1.0) for name in summed}
    return _reachable(each, Linear(weights=weights, low=low, high=high), parts, findings)


def _check_names(
    each: ConstraintWritten,
    summed: Sequence[str],
    written: ProtocolWritten,
    known: Mapping[str, Parameter],
    findings: Findings,
) -> None:
    unit = next((known[name].unit for name in summed if name in known), "")
    for place, name in enumerate(summed):
        at, parameter = each.at("sum", place), known.get(name)
        if name not in written.names("parameters"):
            findings.error(at, f"There is no parameter {name}.", instead(name, written.names("parameters")))
        elif isinstance(parameter, Categorical):
            findings.error(at, f"{name} is no number.", "Take it out of the sum.")
        elif name in summed[:place]:
            findings.error(at, f"{name} is in the sum twice.", "Write `weights:` and its factor.")
        elif parameter is not None and parameter.unit != unit:
            message = f"{name} is in {parameter.unit or 'no unit'}, and {summed[0]} in {unit or 'no unit'}."
            findings.error(at, message, f"Write `unit: {unit}` at {name}." if unit else "Give all of them one unit.")
    for name in each.weights:
        if name not in summed:
            findings.error(each.key("weights", name), f"{name} is not in the sum.", instead(name, summed))


def _bounds(each: ConstraintWritten, unit: str, findings: Findings) -> tuple[float | None, float | None]:
    equals = in_unit(each, "equals", each.equals, unit, findings)
    low = in_unit(each, "at_least", each.at_least, unit, findings)
    high = in_unit(each, "at_most", each.at_most, unit, findings)
    if equals is not None and (low is not None or high is not None):
        other = "at_least" if low is not None else "at_most"
        findings.error(each.key(other), f"A sum that equals something has no {other}.", "Keep one of them.")
        return equals, equals
    if low is not None and high is not None and low > high:
        message = f"At least {each.at_least} and at most {each.at_most} cannot both be."
        findings.error(each.at("at_least"), message, f"Write at_least: {each.at_most}, at_most: {each.at_least}.")
        return None, None
    return (equals, equals) if equals is not None else (low, high)


def _reachable(
    each: ConstraintWritten, made: Linear, parts: Mapping[str, Parameter], findings: Findings
) -> Linear | None:
    """The sum, if a point can keep it."""
    ends = [sorted(weight * bound for bound in _ends(parts[name])) for name, weight in made.weights.items()]
    least, most = sum(low for low, _ in ends), sum(high for _, high in ends)
    low, high = made.low, made.high
    key = next(key for key in ("equals", "at_least", "at_most") if each.entry(key) is not None)
    if (low is not None and most < low and not math.isclose(most, low)) or (
        high is not None and least > high and not math.isclose(least, high)
    ):
        message = f"No point can keep this: the sum goes from {least:g} to {most:g}."
        findings.error(each.at(key), message, "Widen the bounds of the parameters, or write another total.")
        return None
    if (low is None or low <= least) and (high is None or high >= most):
        findings.warning(
            each.at(key), f"Every point keeps this: the sum goes from {least:g} to {most:g}.", "Take it out."
        )
    return made


def _ends(parameter: Parameter) -> tuple[float, float]:
    match parameter:
        case Categorical():
            return 0.0, 0.0
        case Discrete(values=values):
            return values[0], values[-1]
        case _:
            return parameter.low, parameter.high


# --- excluded values


def _excluded(
    each: ConstraintWritten,
    said: Mapping[str, Any],
    written: ProtocolWritten,
    known: Mapping[str, Parameter],
    findings: Findings,
) -> Excluded | None:
    if not said:
        findings.error(each.at("exclude"), "Nothing is excluded.", "Write parameters and their values.")
        return None
    made: dict[str, tuple[Scalar, ...]] = {}
    for name in said:
        if name not in written.names("parameters"):
            remedy = instead(name, written.names("parameters"))
            findings.error(each.key("exclude", name), f"There is no parameter {name}.", remedy)
            continue
        values = values_of(each, ("exclude", name), said[name], known.get(name), findings)
        if values is not None:
            made[name] = values
    if len(made) < len(said):
        return None
    constraint = Excluded(values=made)
    if _is_all(constraint, known):
        message = "This excludes every point."
        findings.error(each.at("exclude"), message, "Leave a value of one of the parameters out.")
        return None
    return constraint


def _is_all(constraint: Excluded, known: Mapping[str, Parameter]) -> bool:
    """Whether every value of every parameter that it names is excluded."""
    choices = {name: set(choices_of(known[name])) for name in constraint.values}
    return all(choices[name] and choices[name] <= set(values) for name, values in constraint.values.items())


def choices_of(parameter: Parameter) -> tuple[Scalar, ...]:
    """The few values that it has; empty where there are many."""
    match parameter:
        case Categorical(options=options):
            return options
        case Discrete(values=values):
            return values
        case Continuous():
            return ()
        case _ if parameter.high - parameter.low < MAXIMUM_CORNERS:
            return tuple(range(parameter.low, parameter.high + 1))
        case _:
            return ()


def values_of(
    part: ConstraintWritten | ParameterWritten,
    at: tuple[str, str],
    said: Any,
    parameter: Parameter | None,
    findings: Findings,
) -> tuple[Scalar, ...] | None:
    """One value or a list of them, as the parameter has them."""
    if parameter is None:
        return None
    if isinstance(parameter, Continuous):
        message = f"{parameter.name} is continuous: single values of it mean nothing."
        findings.error(part.key(*at), message, "Name a parameter of few values.")
        return None
    listed = isinstance(said, list)
    values: list[Scalar] = []
    for place, each in enumerate(said if listed else [said]):
        try:
            values.append(scalar(parameter, each))
        except InvalidInput as error:
            findings.error(part.at(*at, place) if listed else part.at(*at), error.message, error.hint)
    return tuple(values) if values and len(values) == (len(said) if listed else 1) else None


def check_pool(
    place: Place,
    points: Sequence[Mapping[str, Scalar]] | None,
    kept: Sequence[Constraint],
    findings: Findings,
) -> None:
    """Find out whether the constraints leave a point of the pool, which stands at `place`."""
    if not points or not kept:
        return
    if not any(keeps(point, kept) for point in points):
        findings.error(place, "No point of the pool keeps the constraints.", "Mend the constraints or the pool.")


def check_choices(
    written: ProtocolWritten, known: Mapping[str, Parameter], kept: Sequence[Constraint], findings: Findings
) -> None:
    """Find out whether all the exclusions together leave a point."""
    excluded = [each for each in kept if isinstance(each, Excluded)]
    names = list(dict.fromkeys(name for each in excluded for name in each.values))
    choices = [choices_of(known[name]) for name in names]
    if not excluded or not all(choices) or math.prod(map(len, choices)) > MAXIMUM_CORNERS:
        return
    points = (dict(zip(names, values, strict=True)) for values in itertools.product(*choices))
    if not any(keeps(point, excluded) for point in points):
        place = written.at("constraints")
        findings.error(place, "The constraints exclude every point.", "Leave one of them out.")
