"""Parameters that mean something only where others have certain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labd.domain.problem import Condition
from labd.protocols.compilation import Parameter
from labd.protocols.constraints import choices_of, values_of
from labd.protocols.findings import Findings, instead
from labd.protocols.written import ParameterWritten, ProtocolWritten


def with_conditions(
    written: ProtocolWritten, known: Mapping[str, Parameter], findings: Findings
) -> dict[str, Parameter]:
    """The parameters, with what they depend on."""
    made = dict(known)
    for name, each in written.parameters.items():
        if each.when and name in known:
            condition = _condition(name, each, written, known, findings)
            made[name] = known[name].model_copy(update={"when": condition})
    for circle in _circles(made):
        message = f"{' → '.join([*circle, circle[0]])}: they depend on one another."
        findings.error(written.parameters[circle[0]].key("when"), message, "Take one `when` out.")
    return made


def _condition(
    name: str,
    each: ParameterWritten,
    written: ProtocolWritten,
    known: Mapping[str, Parameter],
    findings: Findings,
) -> Condition | None:
    if len(each.when) > 1:
        message = f"{name} depends on {len(each.when)} parameters."
        findings.error(each.at("when"), message, "Name one; a parameter may depend on one that depends on another.")
        return None
    ((other, said),) = each.when.items()
    if other == name:
        findings.error(each.key("when", other), f"{name} depends on itself.", "Name another parameter.")
        return None
    if other not in written.names("parameters"):
        remedy = instead(other, [key for key in written.names("parameters") if key != name])
        findings.error(each.key("when", other), f"There is no parameter {other}.", remedy)
        return None
    values = values_of(each, ("when", other), said, known.get(other), findings)
    if values is None:
        return None
    if each.per != "sample" and known[other].per == "sample":
        message = f"{name} is the same for the whole batch, but depends on {other}, which each sample has of its own."
        findings.error(each.key("when", other), message, f"Write `per: batch` at {other}, or take it out at {name}.")
    if (choices := choices_of(known[other])) and set(choices) <= set(values):
        message = f"{name} does not depend on {other}: all its values are named."
        findings.warning(each.at("when", other), message, "Take `when` out, or leave a value out.")
    return Condition(parameter=other, values=values)


def _circles(parameters: Mapping[str, Parameter]) -> Iterator[list[str]]:
    told: set[str] = set()
    for start in parameters:
        way = [start]
        while (when := parameters[way[-1]].when) and when.parameter in parameters and when.parameter not in way:
            way.append(when.parameter)
        if when and when.parameter == start and not told & set(way):
            told |= set(way)
            yield way
