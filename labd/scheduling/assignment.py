"""Which waiting step begins now, and on which instruments.

Greedy and deterministic: the steps are taken in their turn (`turns`), and each takes the free instruments that the
others need least: all that it needs at once, or none. So nothing that could begin is left waiting while what it needs
is idle. A step that would be better off on an instrument that is still busy does not wait for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from labd.domain.identifiers import InstrumentName, RunId, StepName
from labd.scheduling.turns import Turns, Waiting


@dataclass(frozen=True, slots=True)
class Assignment:
    """This step begins now, on this instrument."""

    step: StepName
    run: RunId
    instrument: InstrumentName
    holds: tuple[InstrumentName, ...] = ()
    """The instruments that are kept for it beside that one, in the order of its further roles."""


class Need(NamedTuple):
    """One instrument that a step needs."""

    role: str
    instrument: InstrumentName | None = None
    """By name; None: any that fills the role."""
    among: frozenset[InstrumentName] | None = None
    """Only one of these; None: any."""

    def met_by(self, instrument: InstrumentName, roles: frozenset[str]) -> bool:
        """Whether that instrument will do."""
        allowed = self.among is None or instrument in self.among
        return allowed and self.role in roles and self.instrument in (None, instrument)


def needs_of(step: Waiting) -> tuple[Need, ...]:
    """The instruments that a step needs: the one that is ordered first."""
    return (Need(step.role, step.instrument, step.among), *(Need(role) for role in step.also))


def fits(step: Waiting, instrument: InstrumentName, roles: frozenset[str]) -> bool:
    """Whether that instrument may be ordered to do the step."""
    return needs_of(step)[0].met_by(instrument, roles)


def assign(
    waiting: Sequence[Waiting],
    free: Mapping[InstrumentName, frozenset[str]],
    used_s: Mapping[str, float] | None = None,
    take: Callable[[Waiting], bool] = lambda _: True,
) -> tuple[Assignment, ...]:
    """What begins now: an instrument serves at most one step, and no step is left over whose needs could be met.

    `free` has the roles of each instrument that could begin at once; `used_s`, by campaign, the instrument time that it
    has had of late. `take` is asked last, for a step that has its instruments: it takes what else the step needs, and
    says whether all of that was there.

    >>> rinse, measure = Waiting("rinse", "c.1.1", "pump"), Waiting("measure", "c.2.1", "hplc", order=1)
    >>> free = {"all_in_one": frozenset({"hplc", "pump"}), "pump_2": frozenset({"pump"})}
    >>> [each.instrument for each in assign([measure, rinse], free)]
    ['pump_2', 'all_in_one']
    """
    idle = _Idle(waiting, free)
    made = []
    turns = Turns(waiting, used_s or {})
    for step in turns:
        if not idle:
            break
        chosen = idle.choose(step)
        if chosen and not take(step):
            idle.give_back(chosen)
        elif chosen:
            made.append(Assignment(step.step, step.run, chosen[0], chosen[1:]))
            turns.grant(step)
    return tuple(made)


class _Kind(NamedTuple):
    """Instruments between which no step makes a difference."""

    roles: frozenset[str]
    name: InstrumentName | None
    """Of one that a step asks for by name: it is alone of its kind."""


class _Idle:
    """The free instruments by kind, so that of many of a kind only one need be looked at."""

    def __init__(self, waiting: Sequence[Waiting], free: Mapping[InstrumentName, frozenset[str]]) -> None:
        self._later = Counter((need.role, need.instrument) for each in waiting for need in needs_of(each))
        """How many of the steps whose turn has not come need what."""
        named = {each.instrument for each in waiting}.union(*(each.among for each in waiting if each.among))
        self._left: dict[_Kind, list[InstrumentName]] = {}
        """By kind, the last by name first."""
        self._by_role: dict[str, list[_Kind]] = {}
        self._kinds = {name: _Kind(free[name], name if name in named else None) for name in sorted(free, reverse=True)}
        for name, kind in self._kinds.items():
            if kind not in self._left:
                for role in kind.roles:
                    self._by_role.setdefault(role, []).append(kind)
            self._left.setdefault(kind, []).append(name)
        self._count = len(free)

    def __bool__(self) -> bool:
        return self._count > 0

    def choose(self, step: Waiting) -> tuple[InstrumentName, ...]:
        """The instruments of this step, whose turn it is; none where its needs cannot all be met."""
        needs = needs_of(step)
        self._later.subtract((need.role, need.instrument) for need in needs)
        chosen = next(self._ways(needs), ())
        self._count -= len(chosen)
        return chosen

    def give_back(self, chosen: tuple[InstrumentName, ...]) -> None:
        """They were not needed after all."""
        for name in reversed(chosen):
            self._left[self._kinds[name]].append(name)
        self._count += len(chosen)

    def _ways(self, needs: tuple[Need, ...]) -> Iterator[tuple[InstrumentName, ...]]:
        """Each way to meet the needs together, the best first. What is chosen stays taken unless another is asked."""
        if not needs:
            yield ()
            return
        for kind in self._fitting(needs[0]):
            name = self._left[kind].pop()
            for rest in self._ways(needs[1:]):
                yield name, *rest
            self._left[kind].append(name)

    def _fitting(self, need: Need) -> list[_Kind]:
        fitting = [
            kind
            for kind in self._by_role.get(need.role, ())
            if (names := self._left[kind]) and need.met_by(names[-1], kind.roles)
        ]
        fitting.sort(key=lambda kind: (self._needed(kind), len(kind.roles), self._left[kind][-1]))
        return fitting

    def _needed(self, kind: _Kind) -> int:
        """How often steps that come later need what it can do."""
        name = self._left[kind][-1]
        return sum(self._later[role, None] + self._later[role, name] for role in kind.roles)
