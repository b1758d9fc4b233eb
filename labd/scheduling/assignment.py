"""Which waiting step begins now, and on which instruments.

Greedy and deterministic: the steps are taken in their turn (`turns`), and each takes the free instruments that the
others need least: all that it needs at once, or none. So nothing that could begin is left waiting while what it needs
is idle; but an instrument that is reserved does only what is expected to be over in time. A step that would be better
off on an instrument that is still busy does not wait for it.

A step of a time-critical chain begins when its plan says so (`windows`), with the instruments of the rest reserved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import NamedTuple

from labd.domain.identifiers import InstrumentName, RunId, StepName
from labd.scheduling.calendar import Booked, Calendar
from labd.scheduling.turns import Need, Turns, Waiting, needs_of
from labd.scheduling.windows import NOW_S, Link, Plan, plan_chain

Key = tuple[RunId, StepName]


@dataclass(frozen=True, slots=True)
class Assignment:
    """This step begins now, on this instrument."""

    step: StepName
    run: RunId
    instrument: InstrumentName
    holds: tuple[InstrumentName, ...] = ()
    """The instruments that are kept for it beside that one, in the order of its further roles."""
    reserves: Mapping[StepName, tuple[InstrumentName, ...]] = field(default_factory=dict)
    """The instruments that are kept for the other steps of its time-critical chain, from now on."""


@dataclass(slots=True)
class Room:
    """The instruments, as far as they may be given anything."""

    free: Mapping[InstrumentName, frozenset[str]]
    """Those that could begin at once, with their roles."""
    calendar: Calendar = field(default_factory=lambda: Calendar({}))
    """Those that are expected to be free at some time, too, and for what they are kept."""
    chain_of: Callable[[Waiting], Sequence[Link]] = lambda _: ()
    """The time-critical chain of a step that waits; empty: it is of none. Worked out when it is the step's turn."""
    used_s: Mapping[str, float] = field(default_factory=dict)
    """By campaign: the instrument time that it has had of late."""


class Answer(NamedTuple):
    """What the scheduler says."""

    begins: tuple[Assignment, ...]
    in_s: dict[Key, float]
    """By step of a chain that does not begin: when it is expected to. Infinite: nobody knows."""


def fits(step: Waiting, instrument: InstrumentName, roles: frozenset[str]) -> bool:
    """Whether that instrument may be ordered to do the step."""
    return needs_of(step)[0].met_by(instrument, roles)


def assign(waiting: Sequence[Waiting], room: Room, take: Callable[[Waiting], bool] = lambda _: True) -> Answer:
    """What begins now: an instrument serves at most one step, and no step is left over whose needs could be met.

    `take` is asked last, for a step that has its instruments: it takes what else the step needs, and says whether all
    of that was there. The room's calendar is filled with what begins, and with what must not be put off.

    >>> rinse, measure = Waiting("rinse", "c.1.1", "pump"), Waiting("measure", "c.2.1", "hplc", order=1)
    >>> room = Room({"all_in_one": frozenset({"hplc", "pump"}), "pump_2": frozenset({"pump"})})
    >>> [each.instrument for each in assign([measure, rinse], room).begins]
    ['pump_2', 'all_in_one']
    """
    dealing = _Dealing(waiting, room, take)
    made = []
    turns = Turns(waiting, room.used_s)
    for step in turns:
        if not dealing.idle:
            break
        assigned = dealing.deal(step)
        if assigned is not None:
            made.append(assigned)
            turns.grant(step)
    return Answer(tuple(made), dealing.in_s)


class _Dealing:
    """One round: what is still free, and what the chains that cannot begin yet are to find when they can."""

    def __init__(self, waiting: Sequence[Waiting], room: Room, take: Callable[[Waiting], bool]) -> None:
        self._room, self._take = room, take
        self.idle = Idle(waiting, room.free, apart=room.free if room.calendar.roles else ())
        self._plans: dict[Key, Plan] = {}
        """By chain: by its run and its first step. So long as nothing of it begins it stays as it is."""
        self._booked: set[Key] = set()
        self.in_s: dict[Key, float] = {}
        self._blocked: set[str] = set()
        """Steps for whose chains there was no place: others like them need not be planned."""

    def deal(self, step: Waiting) -> Assignment | None:
        """What the step gets, whose turn it is; None: it waits on."""
        if step.like and step.like in self._blocked:
            return None
        if links := tuple(self._room.chain_of(step)):
            return self._deal_chain(step, links)
        calendar = self._room.calendar
        chosen = self.idle.choose(step, lambda name: calendar.is_clear(name, step.typical_s, step.run, step.step))
        return self._begin(step, chosen) if chosen else None

    def _deal_chain(self, step: Waiting, links: tuple[Link, ...]) -> Assignment | None:
        chain = step.run, links[0].step
        if chain not in self._plans:
            self._plans[chain] = plan_chain(step.run, links, self._room.calendar)
        plan = self._plans[chain]
        start_s, names = plan.starts_s[step.step], plan.instruments.get(step.step, ())
        if start_s <= NOW_S and self.idle.has(names):
            chosen = self.idle.take(step, names)
        elif not plan.keeps_windows:  # there is nothing left to wait for
            chosen = self.idle.choose(step, lambda _: True)
        else:
            chosen = ()
        if chosen:
            begun = self._begin(step, chosen)
            return begun and replace(begun, reserves=self._rest(step, chain, links, plan))
        self.in_s[step.run, step.step] = start_s
        if all(each.began_s is None and each.from_s <= 0 for each in links):
            self._blocked.add(step.like)
        if chain not in self._booked:
            self._book(chain, links, plan)
        return None

    def _rest(
        self, step: Waiting, chain: Key, links: Sequence[Link], plan: Plan
    ) -> dict[StepName, tuple[InstrumentName, ...]]:
        """The instruments of the other steps of the chain, booked."""
        self._book(chain, [each for each in links if each.step != step.step], plan)
        rest = {each.step: plan.instruments.get(each.step, ()) for each in links if each.began_s is None}
        return {name: names for name, names in rest.items() if names and name != step.step}

    def _book(self, chain: Key, links: Sequence[Link], plan: Plan) -> None:
        self._booked.add(chain)
        book_plan(self._room.calendar, chain[0], links, plan)

    def _begin(self, step: Waiting, chosen: tuple[InstrumentName, ...]) -> Assignment | None:
        if not self._take(step):
            self.idle.give_back(chosen)
            return None
        for name in chosen:
            self._room.calendar.book(name, Booked.for_now(step.typical_s))
        return Assignment(step.step, step.run, chosen[0], chosen[1:])


def book_plan(calendar: Calendar, run: RunId, links: Sequence[Link], plan: Plan) -> None:
    """Keep the instruments of a chain for it, in place of what was kept before."""
    booked = calendar.without(run, {each.step for each in links}).booked
    for link in links:
        start_s = plan.starts_s[link.step]
        if link.began_s is None and start_s < inf:
            for name in plan.instruments[link.step]:
                booked.setdefault(name, []).append(Booked.later(start_s, link.typical_s, run, link.step))
    calendar.booked = {name: sorted(times) for name, times in booked.items()}


class _Kind(NamedTuple):
    """Instruments between which no step makes a difference."""

    roles: frozenset[str]
    name: InstrumentName | None
    """Of one that a step asks for by name, or that is booked: it is alone of its kind."""


class Idle:
    """The free instruments by kind, so that of many of a kind only one need be looked at."""

    def __init__(
        self,
        waiting: Sequence[Waiting],
        free: Mapping[InstrumentName, frozenset[str]],
        apart: Iterable[InstrumentName],
    ) -> None:
        self._later = Counter((need.role, need.instrument) for each in waiting for need in needs_of(each))
        """How many of the steps whose turn has not come need what."""
        named = {each.instrument for each in waiting}.union(apart, *(each.among for each in waiting if each.among))
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

    def has(self, names: Sequence[InstrumentName]) -> bool:
        """Whether all of these are free still."""
        return all(name in self._kinds and name in self._left[self._kinds[name]] for name in names)

    def take(self, step: Waiting, names: tuple[InstrumentName, ...]) -> tuple[InstrumentName, ...]:
        """These, for the step whose turn it is."""
        self._later.subtract((need.role, need.instrument) for need in needs_of(step))
        for name in names:
            self._left[self._kinds[name]].remove(name)
        self._count -= len(names)
        return names

    def choose(self, step: Waiting, is_clear: Callable[[InstrumentName], bool]) -> tuple[InstrumentName, ...]:
        """The instruments of this step, whose turn it is; none where its needs cannot all be met."""
        if not any(self._left[kind] for kind in self._by_role.get(step.role, ())):
            return ()
        needs = needs_of(step)
        self._later.subtract((need.role, need.instrument) for need in needs)
        chosen = next(self._ways(needs, is_clear), ())
        self._count -= len(chosen)
        return chosen

    def give_back(self, chosen: tuple[InstrumentName, ...]) -> None:
        """They were not needed after all."""
        for name in reversed(chosen):
            self._left[self._kinds[name]].append(name)
        self._count += len(chosen)

    def _ways(
        self, needs: tuple[Need, ...], is_clear: Callable[[InstrumentName], bool]
    ) -> Iterator[tuple[InstrumentName, ...]]:
        """Each way to meet the needs together, the best first. What is chosen stays taken unless another is asked."""
        if not needs:
            yield ()
            return
        for kind in self._fitting(needs[0], is_clear):
            name = self._left[kind].pop()
            for rest in self._ways(needs[1:], is_clear):
                yield name, *rest
            self._left[kind].append(name)

    def _fitting(self, need: Need, is_clear: Callable[[InstrumentName], bool]) -> list[_Kind]:
        fitting = [
            kind
            for kind in self._by_role.get(need.role, ())
            if (names := self._left[kind]) and need.met_by(names[-1], kind.roles) and is_clear(names[-1])
        ]
        fitting.sort(key=lambda kind: (self._needed(kind), len(kind.roles), self._left[kind][-1]))
        return fitting

    def _needed(self, kind: _Kind) -> int:
        """How often steps that come later need what it can do."""
        name = self._left[kind][-1]
        return sum(self._later[role, None] + self._later[role, name] for role in kind.roles)
