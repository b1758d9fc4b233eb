"""Time-critical chains: steps between which only so much time may pass.

Before the first of them begins, there is a plan for all of them: an instrument for each, free at its time. Then the
instruments are reserved together, and the clock may start. Where the plan lies in the future, the chain waits for that
moment, and younger steps leave it its time.

A plan is the least one: each step begins as early as its instruments and the steps before it allow, and what comes
before a window is put off until what follows fits. Source: the fixed point of a simple temporal network, R. Dechter,
I. Meiri and J. Pearl, "Temporal constraint networks", 1991, with the instruments' calendars between its rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from labd.domain.identifiers import InstrumentName, RunId, StepName
from labd.scheduling.calendar import Booked, Calendar
from labd.scheduling.turns import Need

ROUNDS = 60
"""After so many no plan is expected: the gaps contradict each other."""
NOW_S = 0.05
"""What begins so soon begins now."""


class Behind(NamedTuple):
    """What a step of a chain waits for in the chain."""

    step: StepName
    at_least_s: float = 0.0
    at_most_s: float | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A step of a chain."""

    step: StepName
    needs: tuple[Need, ...]
    """The instruments that it needs; none: a person does it."""
    typical_s: float
    behind: tuple[Behind, ...] = ()
    from_s: float = 0.0
    """Not before this, whatever the chain does: infinite where nobody knows when."""
    began_s: float | None = None
    """When it began, or ended minus its time: it is no more to be planned. Not above 0."""
    kept: tuple[InstrumentName, ...] = ()
    """What is reserved for it already."""


class Plan(NamedTuple):
    """When each step of a chain begins, and on what."""

    starts_s: dict[StepName, float]
    instruments: dict[StepName, tuple[InstrumentName, ...]]
    keeps_windows: bool = True
    """Whether all windows hold: they may be broken already, or contradict each other."""


def plan_chain(run: RunId, links: Sequence[Link], calendar: Calendar) -> Plan:
    """The plan of a chain, its links in an order in which they can be done. Where the windows cannot hold, each step
    begins as early as it can. A start is infinite where nobody knows when there will be an instrument."""
    calendar = calendar.without(run, {each.step for each in links})
    low = {each.step: each.from_s for each in links}
    plan = _round(run, links, low, calendar)
    for _ in range(ROUNDS):
        late = _put_off(links, plan)
        if not late:
            return plan
        low |= late
        if any(start == inf for start in late.values()):
            return Plan(dict.fromkeys(plan.starts_s, inf), plan.instruments)
        plan = _round(run, links, low, calendar)
    return _round(run, links, {each.step: each.from_s for each in links}, calendar)._replace(keeps_windows=False)


def _round(run: RunId, links: Sequence[Link], low: dict[StepName, float], calendar: Calendar) -> Plan:
    """Each step as early as it can begin, one after the other."""
    own = _Overlay(run, calendar)
    starts: dict[StepName, float] = {}
    chosen: dict[StepName, tuple[InstrumentName, ...]] = {}
    typical_s = {each.step: each.typical_s for each in links}
    for link in links:
        if link.began_s is not None:
            starts[link.step] = link.began_s
            continue
        ends = [starts[it.step] + typical_s[it.step] + it.at_least_s for it in link.behind]
        start_s = max([low[link.step], 0.0, *ends])
        starts[link.step], chosen[link.step] = own.take(link, start_s)
    fixed = {each.step for each in links if each.began_s is not None}
    broken = any(
        it.at_most_s is not None
        and it.step in fixed
        and starts[link.step] > starts[it.step] + typical_s[it.step] + it.at_most_s + NOW_S
        for link in links
        for it in link.behind
    )
    return Plan(starts, chosen, not broken)


def _put_off(links: Sequence[Link], plan: Plan) -> dict[StepName, float]:
    """The steps that would begin too early for what follows, and when they should. What runs already is not put off."""
    later: dict[StepName, float] = {}
    by_name = {each.step: each for each in links}
    for link in reversed(links):
        start_s = later.get(link.step, plan.starts_s[link.step])
        for step, _, at_most_s in link.behind:
            before = by_name[step]
            if at_most_s is None or before.began_s is not None:
                continue
            earliest_s = start_s - at_most_s - before.typical_s
            if earliest_s > max(plan.starts_s[step], later.get(step, 0.0)) + 1e-6:
                later[step] = earliest_s
    return later


class _Overlay:
    """The calendar, with what the steps of the chain itself take."""

    def __init__(self, run: RunId, calendar: Calendar) -> None:
        self._run = run
        self._calendar = Calendar(calendar.roles, dict(calendar.booked))  # a booking makes a new list

    def take(self, link: Link, from_s: float) -> tuple[float, tuple[InstrumentName, ...]]:
        """When the step can begin, and on which instruments: those reserved for it, where it has some."""
        if from_s == inf:
            return inf, ()
        start_s, names = self._together(link, from_s)
        if start_s < inf:
            for name in names:
                self._calendar.book(name, Booked(start_s, start_s + link.typical_s, self._run, link.step))
        return start_s, names

    def _together(self, link: Link, start_s: float) -> tuple[float, tuple[InstrumentName, ...]]:
        """The first moment at which all that the step needs is free at once."""
        while True:
            names: list[InstrumentName] = []
            latest_s = start_s
            for place, need in enumerate(link.needs):
                fits = [it for it, roles in self._calendar.roles.items() if it not in names and need.met_by(it, roles)]
                kept = link.kept[place : place + 1]
                fits = [it for it in fits if it in kept] or fits
                if not fits:
                    return inf, ()
                when = {it: self._calendar.earliest(it, start_s, link.typical_s) for it in fits}
                names.append(min(fits, key=lambda it: (when[it], len(self._calendar.roles[it]), it)))
                latest_s = max(latest_s, when[names[-1]])
            if latest_s in (start_s, inf):
                return latest_s, tuple(names)
            start_s = latest_s
