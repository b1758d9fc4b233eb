"""What events make of the interlocks."""

from __future__ import annotations

from labd.domain import room_events
from labd.domain.errors import NotFound
from labd.domain.room_events import InterlockEvent
from labd.domain.workcell import Workcell
from labd.lifecycles.interlock import TABLE, InterlockState
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.register import Register
from labd.lifecycles.replacing import replace


def interlocks_of(state: Laboratory, workcell: Workcell) -> Register[str, InterlockState]:
    """The interlocks of the workcell: as they are where they were there before, else unheard."""
    before = state.workcell.interlocks if state.workcell else {}
    return Register(
        {
            name: state.interlocks[name] if name in state.interlocks and before.get(name) == each else InterlockState()
            for name, each in workcell.interlocks.items()
        }
    )


def turn_interlock(state: Laboratory, event: InterlockEvent) -> Laboratory:
    """The interlock in its next state. Raises `NotFound` or `TransitionError`."""
    it = state.interlocks.get(event.interlock)
    if it is None:
        raise NotFound(f"The workcell has no interlock {event.interlock!r}.", "Add it to the workcell file.")
    if isinstance(event, room_events.InterlockCleared):
        trigger, why = "clear", ""
    else:
        trigger, why = "stale" if event.value is None else "trip", event.why
    turned = InterlockState(TABLE.next(it.status, trigger), why, event.at)
    return replace(state, interlocks=state.interlocks | {event.interlock: turned})
