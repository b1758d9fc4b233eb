"""Whether the labware of one run finds room: where it starts, at the instruments, and on its ways.

The ways of one run alone in an empty room are gone through. Where no order of them leads to the end, it never will; an
order that does is found by the scheduler, which keeps out of those that do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from labd.domain.identifiers import StepName
from labd.domain.protocol import Protocol
from labd.domain.steps import Step
from labd.domain.workcell import Workcell
from labd.protocols.soundness.gaps import may_be_skipped
from labd.protocols.soundness.remark import Remark

STATES_AT_MOST = 20_000
"""So many positions are gone through; beyond that nothing is said."""
Positions = tuple[str, ...]
"""The location of each labware, in the order of the protocol."""


def places(protocol: Protocol, workcell: Workcell) -> Iterator[Remark]:
    """Labware that has no room where it starts, or never gets to where it is needed."""
    if not protocol.labware:
        return
    crowd = list(_starts(protocol, workcell))
    yield from crowd
    certain = not any(may_be_skipped(step) for step in protocol.steps if step.move or step.on)
    if certain and not crowd and all(workcell.places(use.start) for use in protocol.labware.values()):
        yield from _Ways(protocol, workcell).remarks()


def _starts(protocol: Protocol, workcell: Workcell) -> Iterator[Remark]:
    wanted = Counter(use.start for use in protocol.labware.values())
    for start, count in wanted.items():
        room = sum(workcell.locations[place].capacity for place in workcell.places(start))
        if room and count > room:
            last = [name for name, use in protocol.labware.items() if use.start == start][-1]
            message = f"{count} pieces of labware start at {start}, which holds {room}."
            yield Remark(None, ("labware", last, "start"), message, "Let one of them start somewhere else.")


@dataclass(frozen=True, slots=True)
class _State:
    """How far the run is, and what stands where."""

    done: frozenset[StepName]
    positions: Positions


class _Ways:
    """The steps of a run that need labware somewhere, or bring it there."""

    def __init__(self, protocol: Protocol, workcell: Workcell) -> None:
        self._workcell = workcell
        self._labware = list(protocol.labware)
        self._types = [use.type for use in protocol.labware.values()]
        self._starts = [use.start for use in protocol.labware.values()]
        self._steps = {step.name: step for step in protocol.steps if step.move or step.on}
        self._before = _before(protocol.steps, self._steps)

    def remarks(self) -> Iterator[Remark]:
        """What is in the way where no order leads to the end."""
        first = _State(frozenset(), tuple(self._first_places()))
        seen: set[_State] = set()
        furthest = first
        to_visit = [first]
        while to_visit:
            state = self._with_work_done(to_visit.pop())
            if state in seen:
                continue
            seen.add(state)
            if len(state.done) == len(self._steps) or len(seen) > STATES_AT_MOST:
                return
            furthest = max(furthest, state, key=lambda each: len(each.done))
            to_visit += self._moved(state)
        yield from self._told(furthest)

    def _first_places(self) -> Iterator[str]:
        taken: Counter[str] = Counter()
        for start in self._starts:
            options = self._workcell.places(start)
            free = [each for each in options if taken[each] < self._workcell.locations[each].capacity]
            chosen = (free or list(options))[0]
            taken[chosen] += 1
            yield chosen

    def _with_work_done(self, state: _State) -> _State:
        """Whatever can be done where the labware stands: it takes no room from anybody."""
        while True:
            more = {
                step.name
                for step in self._ready(state)
                if step.on and not step.move and self._position(state, step.on) in self._at(step)
            }
            if not more:
                return state
            state = _State(state.done | more, state.positions)

    def _moved(self, state: _State) -> Iterator[_State]:
        for step in self._ready(state):
            if step.move is None:
                continue
            which = self._labware.index(step.move.labware)
            for place in self._room(state, which, step.move.to):
                positions = (*state.positions[:which], place, *state.positions[which + 1 :])
                yield _State(state.done | {step.name}, positions)

    def _room(self, state: _State, which: int, to: str) -> Iterator[str]:
        standing = Counter(place for each, place in enumerate(state.positions) if each != which)
        for place in self._workcell.places(to):
            location = self._workcell.locations[place]
            fits = not location.accepts or self._types[which] in location.accepts
            if fits and standing[place] < location.capacity:
                yield place

    def _ready(self, state: _State) -> Iterator[Step]:
        for name, step in self._steps.items():
            if name not in state.done and self._before[name] <= state.done:
                yield step

    def _position(self, state: _State, labware: str) -> str:
        return state.positions[self._labware.index(labware)]

    def _at(self, step: Step) -> set[str]:
        """The locations of the instruments that may do a step."""
        names = (step.instrument,) if step.instrument else self._workcell.filling(step.role)
        found = (self._workcell.instruments[each].location for each in names if each in self._workcell.instruments)
        return {each for each in found if each}

    def _told(self, state: _State) -> Iterator[Remark]:
        for step in self._ready(state):
            if step.move is not None:
                standing = [
                    name
                    for name, place in zip(self._labware, state.positions, strict=True)
                    if place in self._workcell.places(step.move.to) and name != step.move.labware
                ]
                blocks = f"{' and '.join(standing)} {'stands' if len(standing) == 1 else 'stand'} there"
                message = f"{step.move.labware} can never get to {step.move.to}: {blocks}, whatever is moved first."
                yield Remark(step.name, ("to",), message, "Move that away first, or give the workcell one place more.")
            elif step.on is not None:
                needed = " or ".join(sorted(self._at(step)))
                message = f"{step.on} stands at {self._position(state, step.on)} and not at {needed} when it is needed."
                remedy = f"Write a step before it: `move: {step.on}`, `to: {needed}`."
                yield Remark(step.name, ("on",), message, remedy)


def _before(steps: Sequence[Step], wanted: Mapping[StepName, Step]) -> dict[StepName, frozenset[StepName]]:
    """By step with labware: those others that are settled before it, directly or through steps without."""
    by_name = {step.name: step for step in steps}
    found: dict[StepName, frozenset[StepName]] = {}

    def ancestors(name: StepName) -> frozenset[StepName]:
        if name not in found:
            found[name] = frozenset()  # a circle is told elsewhere
            step = by_name[name]
            own = [*step.after, *filter(None, (step.instead_of, step.recovers))]
            found[name] = frozenset(own).union(*(ancestors(each) for each in own if each in by_name))
        return found[name]

    first = frozenset(step.name for step in steps if step.phase == "preparation")
    last = frozenset(step.name for step in steps if step.phase != "clean_up")
    result = {}
    for name, step in wanted.items():
        phases = last if step.phase == "clean_up" else first if step.phase == "main" and not step.after else frozenset()
        result[name] = (ancestors(name) | phases) & frozenset(wanted) - {name}
    return result
