"""One event, everything that follows from it at once, and what is then to be done in the world."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from typing import NamedTuple

from labd.domain.effects import Effect, Record
from labd.domain.events import CommandAccepted, CommandIssued, Event, RunFailed
from labd.domain.step_events import PersonAsked, StepSkipped, WindowBroken
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


FREES_NOTHING = (CommandIssued, CommandAccepted, PersonAsked, WindowBroken)
"""After these no step can begin that could not before: there is nothing to schedule."""


class Settled(NamedTuple):
    """Events with their consequences, to be committed together."""

    state: Laboratory
    events: tuple[Event, ...]
    effects: tuple[Effect, ...]


def settle(state: Laboratory, event: Event) -> Settled:
    """Advance by the event and by all that it leads to, until nothing more follows."""
    followed = follow(state, event)
    begun = begin(followed.state, followed.events)
    return Settled(begun.state, followed.events + begun.events, followed.effects + begun.effects)


def follow(state: Laboratory, *first: Event) -> Settled:
    """Advance by the events, one after the other, each with what is decided about it; no further step begins."""
    events: list[Event] = []
    effects: list[Effect] = []
    for event in first:
        queue: deque[Event] = deque([event])
        while queue:
            each = queue.popleft()
            state, decided = advance(state, each)
            events.append(each)
            effects += [effect for effect in decided if not isinstance(effect, Record)]
            queue.extend(
                effect.event for effect in decided if isinstance(effect, Record) and not _is_coming(effect.event, queue)
            )
    return Settled(state, tuple(events), tuple(effects))


def _is_coming(event: Event, queue: Collection[Event]) -> bool:
    """Whether the same was decided already, and waits its turn: two events may each lead to a step being skipped, or to
    a run's failing, before either is so."""
    match event:
        case StepSkipped(run=run, step=step):
            return any(isinstance(each, StepSkipped) and (each.run, each.step) == (run, step) for each in queue)
        case RunFailed(run=run, sample=sample):
            return any(isinstance(each, RunFailed) and (each.run, each.sample) == (run, sample) for each in queue)
        case _:
            return event in queue


def begin(state: Laboratory, after: Sequence[Event]) -> Settled:
    """Begin the steps that can begin after these events, at the time of the last of them. To be done once for all that
    came together: it looks at the whole laboratory."""
    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
    while not all(isinstance(each, FREES_NOTHING) for each in after):
        decided = list(schedule(state, after[-1].at))
        effects += tuple(each for each in decided if not isinstance(each, Record))
        state, after, more = follow(state, *(each.event for each in decided if isinstance(each, Record)))
        events, effects = events + after, effects + more
    return Settled(state, events, effects)
