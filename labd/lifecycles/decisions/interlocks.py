"""What is decided about an interlock that trips or clears."""

from __future__ import annotations

from collections.abc import Iterator

from labd.domain import events as e
from labd.domain import room_events
from labd.domain.effects import Effect, Record, SendAsk, SetTimer
from labd.domain.identifiers import stop_id
from labd.lifecycles.command import CommandStatus
from labd.lifecycles.decisions.commands import ANSWER_WITHIN, out
from labd.lifecycles.decisions.deciding import decide
from labd.lifecycles.holding import guarded_by
from labd.lifecycles.laboratory import Laboratory


@decide.register
def _(event: room_events.InterlockTripped, state: Laboratory) -> Iterator[Effect]:
    interlock = state.workcell.interlocks[event.interlock] if state.workcell else None
    if interlock is not None and interlock.stops and not state.safety.stopped:
        stop = stop_id(event.at, f"{event.interlock}/{state.version}")
        reason = f"interlock {event.interlock}: {event.why}"
        yield Record(e.LaboratoryStopped(at=event.at, stop=stop, by="labd", reason=reason))


@decide.register
def _(event: room_events.InterlockCleared, state: Laboratory) -> Iterator[Effect]:
    for command in out(state):
        if command.status is CommandStatus.ISSUED and not guarded_by(state, command.order.instrument):
            yield SendAsk(command.order.instrument, command.order.command)  # it may have been kept back meanwhile
            yield SetTimer(command.order.command, event.at + ANSWER_WITHIN)
