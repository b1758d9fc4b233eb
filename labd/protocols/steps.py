"""What is done: the graph of steps, who does them, and with which arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from labd.domain.capability import Capability
from labd.domain.steps import Step
from labd.domain.workcell import Workcell
from labd.protocols.argument_checks import ArgumentCheck, Space
from labd.protocols.findings import Findings, instead
from labd.protocols.goals import OF_PARAMETERS
from labd.protocols.written import ProtocolWritten, StepWritten

Graph = Mapping[str, Set[str]]
"""By step: those that it waits for."""


def steps(written: ProtocolWritten, space: Space, workcell: Workcell | None, findings: Findings) -> tuple[Step, ...]:
    """The steps, in the order of the file."""
    ancestors = _check_graph(written, findings)
    capabilities = {name: _capability(step, workcell, findings) for name, step in written.steps.items()}
    check = ArgumentCheck(written, space, capabilities, ancestors, findings)
    for name in written.steps:
        check.step(name)
    return tuple(
        Step(
            name=name,
            role=step.role,
            capability=step.capability,
            instrument=step.instrument,
            arguments=step.arguments,
            after=tuple(dict.fromkeys(step.after)),
            retries=step.retries,
            timeout_s=step.timeout,
        )
        for name, step in written.steps.items()
    )


# --- the graph


def _check_graph(written: ProtocolWritten, findings: Findings) -> dict[str, Set[str] | None]:
    """By step: those that are done before it begins; None for a step that can never begin."""
    known = written.names("steps")
    if OF_PARAMETERS in known:
        message = f"{OF_PARAMETERS} means something else in the analysis."
        findings.error(written.key("steps", OF_PARAMETERS), message, "Choose another name.")
    for step in written.steps.values():
        for place, other in enumerate(step.after):
            if other not in known:
                findings.error(step.at("after", place), f"There is no step {other}.", instead(other, known))
    waits = {name: set(step.after) & set(known) for name, step in written.steps.items()}
    graph = {name: waits.get(name, set()) for name in known}
    before = {name: frozenset(_reachable(graph, name)) for name in graph}
    circular = {name for name in graph if name in before[name]}
    told: set[str] = set()
    for name in graph:
        if name in circular and name not in told:
            circle = _circle(graph, name)
            told |= {other for other in circular if other in before[name] and name in before[other]}
            message = (
                f"The steps {' → '.join(circle)} wait for one another."
                if len(circle) > 2
                else f"{name} waits for itself."
            )
            findings.error(written.steps[name].at("after"), message, "Take one of them out of an `after`.")
        elif name not in circular and (stuck := sorted(before[name] & circular)):
            message = f"{name} can never begin: it waits for {stuck[0]}, which waits for itself."
            findings.error(written.key("steps", name), message, f"Mend the `after` of {stuck[0]}.")
    return {name: None if before[name] & circular else before[name] for name in graph}


def _reachable(graph: Graph, start: str) -> Iterator[str]:
    """The steps that come before one; the step itself only if it is in a circle."""
    seen: set[str] = set()
    to_visit = list(graph[start])
    while to_visit:
        name = to_visit.pop()
        if name not in seen:
            seen.add(name)
            yield name
            to_visit.extend(graph[name])


def _circle(graph: Graph, start: str) -> list[str]:
    """A way from a step to itself, the shortest."""
    paths = [[start]]
    seen: set[str] = set()
    for path in paths:
        for name in sorted(graph[path[-1]]):
            if name == start:
                return [*path, start]
            if name not in seen:
                seen.add(name)
                paths.append([*path, name])
    return [start]


# --- who does it


def _capability(step: StepWritten, workcell: Workcell | None, findings: Findings) -> Capability | None:
    if workcell is None:
        return None
    role = workcell.roles.get(step.role)
    if role is None:
        remedy = instead(step.role, workcell.roles)
        findings.error(step.at("role"), f"The workcell {workcell.name} has no role {step.role}.", remedy)
        return None
    _check_instrument(step, workcell, findings)
    capability = role.capability(step.capability)
    if capability is None:
        known = [each.name for each in role.capabilities]
        message = f"The role {step.role} has no capability {step.capability}."
        findings.error(step.at("capability"), message, instead(step.capability, known))
        return None
    if step.timeout is not None and step.timeout < capability.typical_s:
        message = f"{capability.name} usually takes {capability.typical_s:g} s, longer than this timeout."
        findings.warning(step.at("timeout"), message, f"Write more than {capability.typical_s:g} s.")
    return capability


def _check_instrument(step: StepWritten, workcell: Workcell, findings: Findings) -> None:
    filling = workcell.filling(step.role)
    if not filling:
        remedy = f"Let an instrument of the workcell fill {step.role}."
        findings.error(step.at("role"), f"No instrument of {workcell.name} fills the role {step.role}.", remedy)
    if step.instrument is None or step.instrument in filling:
        return
    if step.instrument in workcell.instruments:
        message = f"{step.instrument} does not fill the role {step.role}."
    else:
        message = f"The workcell {workcell.name} has no instrument {step.instrument}."
    findings.error(step.at("instrument"), message, instead(step.instrument, filling))
