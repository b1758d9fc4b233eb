"""Which waiting step begins now, and on which instrument.

Greedy and deterministic: the steps are taken in their order, and each takes the free instrument that the others need
least. So nothing that could begin is left waiting while a matching instrument is idle, and a trial that began earlier
is finished earlier. A step that would be better off on an instrument that is still busy does not wait for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labd.domain.identifiers import InstrumentName, RunId, StepName


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that waits for nothing but an instrument."""

    step: StepName
    run: RunId
    role: str
    instrument: InstrumentName | None = None
    """By name instead of any that fills the role."""
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
    left = dict(free)
    made = []
    later = Counter((each.role, each.instrument) for each in waiting)
    for step in sorted(waiting, key=lambda each: (-each.priority, each.order, each.run, each.step)):
        if not left:
            break
        later[step.role, step.instrument] -= 1
        fitting = [name for name, roles in left.items() if fits(step, name, roles)]
        if fitting:
            chosen = min(fitting, key=lambda name: (_needed(name, left[name], later), len(left[name]), name))
            del left[chosen]
            made.append(Assignment(step.step, step.run, chosen))
    return tuple(made)


def fits(step: Waiting, instrument: InstrumentName, roles: frozenset[str]) -> bool:
    """Whether the step may be done on that instrument."""
    return step.role in roles and step.instrument in (None, instrument)


def _needed(
    instrument: InstrumentName, roles: frozenset[str], later: Counter[tuple[str, InstrumentName | None]]
) -> int:
    """How many of the steps that come later, counted by role and instrument, may be done on it."""
    return sum(later[role, None] + later[role, instrument] for role in roles)
