"""Which step waits for which, and whether all of them can begin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from labd.protocols.drafts import Draft
from labd.protocols.findings import Findings, Place

Graph = Mapping[str, Set[str]]
"""By step: those that it waits for."""


def ancestors(drafts: Sequence[Draft], findings: Findings) -> dict[str, Set[str] | None]:
    """By step: those that are settled before it begins; None for one that can never begin, or waits for a wrong one."""
    graph = _graph(drafts)
    before = {name: frozenset(_reachable(graph, name)) for name in graph}
    unsure = {each.name for each in drafts if not graph.keys() >= set(each.after)}
    unsure |= {each.name for each in drafts if unsure & {each.instead_of, each.recovers}}
    circular = {name for name in graph if name in before[name]}
    by_name = {each.name: each for each in drafts}
    told: set[str] = set()
    places: set[Place] = set()
    for name in graph:
        if name in circular and name not in told:
            told |= {other for other in circular if other in before[name] and name in before[other]}
            _tell([by_name[each] for each in _circle(graph, name)], places, findings)
        elif name not in circular and (stuck := sorted(circular & set(by_name[name].after))):
            other = by_name[stuck[0]].shown
            message = f"{by_name[name].shown} can never begin: it waits for {other}, which waits for itself."
            findings.error(by_name[name].key, message, f"Mend the `after` of {other}.")
    lost = circular | unsure
    return {name: None if ({name} | before[name]) & lost else before[name] for name in graph}


def _tell(circle: Sequence[Draft], places: set[Place], findings: Findings) -> None:
    """Say that the steps wait for one another; of a template's circle once, however often it is used."""
    place = circle[0].written.at("after")
    if place not in places:
        names = [each.shown for each in circle]
        message = (
            f"The steps {' → '.join(names)} wait for one another."
            if len(names) > 2
            else f"{names[0]} waits for itself."
        )
        findings.error(place, message, "Take one of them out of an `after`.")
    places.add(place)


def _graph(drafts: Sequence[Draft]) -> dict[str, set[str]]:
    """What waits for what, with what goes without saying: the phases; a stand-in and what recovers come where the step
    is that they are for, and what waits for the step waits for its stand-in."""
    known = {each.name for each in drafts}
    first = {each.name for each in drafts if each.phase == "preparation"}
    graph = {each.name: set(each.after) & known for each in drafts}
    for each in drafts:
        if each.phase == "main" and not each.after and not (each.instead_of or each.recovers):
            graph[each.name] |= first
        if each.phase == "clean_up":
            graph[each.name] |= {other.name for other in drafts if other.phase != "clean_up"}
    for each in drafts:
        owner = each.instead_of or each.recovers
        if owner in graph and owner is not None:
            graph[each.name] |= graph[owner]
    for each in drafts:
        if each.instead_of is not None:
            for name, before in graph.items():
                if each.instead_of in before and name != each.name:
                    before.add(each.name)
    return graph


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
