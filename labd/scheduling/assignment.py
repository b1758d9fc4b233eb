"""Which waiting step begins now, and on which instrument.

Greedy and deterministic: the steps are taken in their order, and each takes the free instrument that the others need
least. So nothing that could begin is left waiting while a matching instrument is idle, and a trial that began earlier
is finished earlier. A step that would be better off on an instrument that is still busy does not wait for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from labd.domain.identifiers import InstrumentName, RunId, StepName


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that waits for nothing but an instrument."""

    step: StepName
    run: RunId
    role: str
    instrument: InstrumentName | None = None
    """By name instead of any that fills the role."""
    among: frozenset[InstrumentName] | None = None
    """Only these, for its labware stands there; None: any."""
    priority: int = 0
    """A higher one goes first."""
    order: int = 0
    """Among equals the lower one goes first: campaign, then trial, then step, as the caller counts them."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """This step begins now, on this instrument."""

    step: StepName
    run: RunId
    instrument: InstrumentName


def assign(waiting: Sequence[Waiting], free: Mapping[InstrumentName, frozenset[str]]) -> tuple[Assignment, ...]:
    """What begins now: at most one step an instrument, and no matching pair is left over.

    `free` has the roles of each instrument that could begin at once.

    >>> rinse, measure = Waiting("rinse", "c.1.1", "pump"), Waiting("measure", "c.2.1", "hplc", order=1)
    >>> free = {"all_in_one": frozenset({"hplc", "pump"}), "pump_2": frozenset({"pump"})}
    >>> [each.instrument for each in assign([measure, rinse], free)]
    ['pump_2', 'all_in_one']
    """
    left = _alike(waiting, free)
    made = []
    later = Counter((each.role, each.instrument) for each in waiting)
    for step in sorted(waiting, key=lambda each: (-each.priority, each.order, each.run, each.step)):
        if not left:
            break
        later[step.role, step.instrument] -= 1
        fitting = [it for it, names in left.items() if fits(step, names[-1], it.roles)]
        if fitting:
            chosen = min(fitting, key=lambda it: (_needed(left[it][-1], it.roles, later), len(it.roles), left[it][-1]))
            made.append(Assignment(step.step, step.run, left[chosen].pop()))
            if not left[chosen]:
                del left[chosen]
    return tuple(made)


class _Kind(NamedTuple):
    """Instruments between which no step makes a difference."""

    roles: frozenset[str]
    name: InstrumentName | None
    """Of one that a step asks for by name: it is alone of its kind."""


def _alike(
    waiting: Sequence[Waiting], free: Mapping[InstrumentName, frozenset[str]]
) -> dict[_Kind, list[InstrumentName]]:
    """The free instruments by kind, the last by name first. With many of a kind only one of them need be looked at."""
    named = {each.instrument for each in waiting}.union(*(each.among for each in waiting if each.among))
    kinds: dict[_Kind, list[InstrumentName]] = {}
    for name in sorted(free, reverse=True):
        kinds.setdefault(_Kind(free[name], name if name in named else None), []).append(name)
    return kinds


def fits(step: Waiting, instrument: InstrumentName, roles: frozenset[str]) -> bool:
    """Whether the step may be done on that instrument."""
    return (
        step.role in roles
        and step.instrument in (None, instrument)
        and (step.among is None or instrument in step.among)
    )


def _needed(
    instrument: InstrumentName, roles: frozenset[str], later: Counter[tuple[str, InstrumentName | None]]
) -> int:
    """How many of the steps that come later, counted by role and instrument, may be done on it."""
    return sum(later[role, None] + later[role, instrument] for role in roles)
