"""The time-critical chains of a run: steps between which only so much time may pass.

A chain is convex: whatever lies between two of its steps belongs to it, so that it never waits for what waits for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from labd.domain.identifiers import StepName
from labd.domain.steps import PlannedStep

Chains = Mapping[StepName, tuple[StepName, ...]]


def chains_of(plans: Mapping[StepName, PlannedStep]) -> Chains:
    """By step that is in one: the steps of its chain, in an order in which they can be done."""
    edges = [
        (other, plan.name)
        for plan in plans.values()
        for other, gap in plan.gaps.items()
        if gap.at_most_s is not None and other in plans
    ]
    if not edges:
        return {}
    order = in_order(plans)
    behind = {name: [each for each in plan.after if each in plans] for name, plan in plans.items()}
    ahead: dict[StepName, list[StepName]] = {name: [] for name in plans}
    for name, others in behind.items():
        for other in others:
            ahead[other].append(name)
    chains: list[set[StepName]] = []
    for edge in edges:
        chain = set(edge)
        while True:
            between = _reached(chain, ahead) & _reached(chain, behind)
            touched = [each for each in chains if each & (chain | between)]
            if not between - chain and not touched:
                break
            chain = chain.union(between, *touched)
            chains = [each for each in chains if each not in touched]
        chains.append(chain)
    return {name: tuple(sorted(chain, key=order.__getitem__)) for chain in chains for name in chain}


def _reached(start: Iterable[StepName], edges: Mapping[StepName, Collection[StepName]]) -> set[StepName]:
    """These steps, and all that lie along the edges behind them."""
    found, left = set(start), list(start)
    while left:
        new = [each for each in edges[left.pop()] if each not in found]
        found.update(new)
        left += new
    return found


def in_order(plans: Mapping[StepName, PlannedStep]) -> dict[StepName, int]:
    """By step: its place in an order in which each comes behind what it waits for."""
    placed: dict[StepName, int] = {}

    def place(first: StepName) -> None:
        left = [first]
        while left:
            name = left[-1]
            waits = [each for each in plans[name].after if each in plans and each not in placed]
            left += waits
            if not waits:
                placed.setdefault(left.pop(), len(placed))

    for name in plans:
        place(name)
    return placed
