"""Whose turn it is among the steps that wait.

A window that is already running out goes before everything else: its sample would be lost. Then the higher priority;
among equals the campaign that has had the least instrument time of late; within a campaign the older step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from labd.domain.identifiers import InstrumentName, RunId, StepName


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that waits for nothing but what it needs of the room."""

    step: StepName
    run: RunId
    role: str
    instrument: InstrumentName | None = None
    """By name instead of any that fills the role."""
    among: frozenset[InstrumentName] | None = None
    """Only one of these will do; None: any."""
    also: tuple[str, ...] = ()
    """Further roles, each filled by an instrument of its own."""
    campaign: str = ""
    priority: int = 0
    """A higher one goes first."""
    order: int = 0
    """Among equals the lower one goes first: the age, as the caller counts it."""
    typical_s: float = 1.0
    """How long it is expected to hold its instruments."""
    due_s: float | None = None
    """In so many seconds its window closes: the clock runs already. None: it has no window, or none that runs."""
    like: str = ""
    """Of steps that are alike but for their age, where their chains have not begun; empty: like none."""

    @property
    def costs_s(self) -> float:
        """The instrument time that it is expected to take."""
        return self.typical_s * (1 + len(self.also))


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


class Turns:
    """Waiting steps, one after the other, as their turn comes: `n log n` for all of them.

    A campaign whose step was granted is charged for it, so that the next turn may be another's.

    >>> turns = Turns([Waiting(f"s{n}", "r", "hplc", campaign=c, order=n) for n, c in enumerate("aab")], {})
    >>> [each.step for each in turns.all_granted()]
    ['s0', 's2', 's1']
    """

    def __init__(self, waiting: Iterable[Waiting], used_s: Mapping[str, float]) -> None:
        self._used_s = dict(used_s)
        self._urgent: list[Waiting] = []
        self._queues: dict[tuple[int, str], deque[Waiting]] = {}
        for each in sorted(waiting, key=lambda it: (it.order, it.run, it.step)):
            if each.due_s is None:
                self._queues.setdefault((-each.priority, each.campaign), deque()).append(each)
            else:
                self._urgent.append(each)
        self._urgent.sort(key=lambda it: it.due_s or 0.0)

    def __iter__(self) -> Iterator[Waiting]:
        yield from self._urgent
        heap = [self._place(key) for key in self._queues]
        heapify(heap)
        while heap:
            place = heappop(heap)
            key = (place[0], place[-1])
            if (now := self._place(key)) != place:  # charged since it was laid there
                heappush(heap, now)
                continue
            queue = self._queues[key]
            yield queue.popleft()
            if queue:
                heappush(heap, self._place(key))

    def grant(self, step: Waiting) -> None:
        """It begins: its campaign is charged."""
        self._used_s[step.campaign] = self._used_s.get(step.campaign, 0.0) + step.costs_s

    def all_granted(self) -> Iterator[Waiting]:
        """The turns if each step could begin when it is its turn."""
        for each in self:
            yield each
            self.grant(each)

    def _place(self, key: tuple[int, str]) -> tuple[int, float, int, str]:
        priority, campaign = key
        return priority, self._used_s.get(campaign, 0.0), self._queues[key][0].order, campaign


@dataclass(frozen=True, slots=True)
class Ahead:
    """Those that want what a step wants, and whose turn comes before."""

    steps: int = 0
    because: str = ""
    """Why younger ones are among them; empty where none is."""

    def __str__(self) -> str:
        """`2 steps go before it`; nothing where none does."""
        if not self.steps:
            return ""
        go = "1 step goes" if self.steps == 1 else f"{self.steps} steps go"
        return f"{go} before it{self.because and f': {self.because}'}"


def ahead(waiting: Iterable[Waiting], used_s: Mapping[str, float]) -> dict[tuple[RunId, StepName], Ahead]:
    """By run and step: who goes before it, as it is now."""
    before: dict[str, list[Waiting]] = {}
    found: dict[tuple[RunId, StepName], Ahead] = {}
    for each in Turns(waiting, used_s).all_granted():
        rivals = before.setdefault(each.role, [])
        found[each.run, each.step] = Ahead(len(rivals), _because(each, rivals))
        rivals.append(each)
    return found


def _because(step: Waiting, rivals: list[Waiting]) -> str:
    """What the first of those before it has over it: the last of them differ least."""
    first = rivals[0] if rivals else step
    if first.due_s is not None and step.due_s is None:
        return "a window is running out"
    if first.priority > step.priority:
        return "of a higher priority"
    if rivals and rivals[-1].campaign != step.campaign and rivals[-1].order > step.order:
        return "of a campaign that has had less instrument time of late"
    return ""
