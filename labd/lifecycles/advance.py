"""One event, everything that follows from it at once, and what is then to be done in the world."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from labd.domain.effects import Effect, Record
from labd.domain.events import CommandAccepted, CommandIssued, Event
from labd.lifecycles.decisions import decide
from labd.lifecycles.dispatch import schedule
from labd.lifecycles.fold import evolve
from labd.lifecycles.laboratory import Laboratory


def advance(state: Laboratory, event: Event) -> tuple[Laboratory, tuple[Effect, ...]]:
    """The state after the event, and what was decided about it. Pure: no clock, no chance, no I/O.

    Raises `TransitionError` or `NotFound` where the event cannot follow; it is then not to be recorded.
    """
    state = evolve(state, event)
    return state, tuple(decide(event, state))


FREES_NOTHING = (CommandIssued, CommandAccepted)
"""After these no step can begin that could not before: there is nothing to schedule."""


class Settled(NamedTuple):
    """An event with its consequences: one group, to be committed together."""

    state: Laboratory
    events: tuple[Event, ...]
    effects: tuple[Effect, ...]


def settle(state: Laboratory, event: Event) -> Settled:
    """Advance by the event and by all that it leads to, until nothing more follows."""
    queue: deque[Event] = deque([event])
    events: list[Event] = []
    effects: list[Effect] = []
    may_begin = False
    while queue:
        each = queue.popleft()
        state, decided = advance(state, each)
        events.append(each)
        may_begin = may_begin or not isinstance(each, FREES_NOTHING)
        effects += [effect for effect in decided if not isinstance(effect, Record)]
        queue.extend(effect.event for effect in decided if isinstance(effect, Record))
        if may_begin and not queue:
            may_begin = False
            queue.extend(record.event for record in schedule(state, each.at))
    return Settled(state, tuple(events), tuple(effects))
