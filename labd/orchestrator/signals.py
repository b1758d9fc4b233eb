"""The signals of the interlocks: each reading is judged as it comes, and what does not come is missed, by timers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from labd.domain import events as e
from labd.domain import room_events
from labd.domain.envelope import Interlock
from labd.lifecycles import Laboratory
from labd.lifecycles.interlock import InterlockStatus, Turn, Watch, heard, looked_at
from labd.ports.clock import Clock, Timer
from labd.ports.instrument_link import ReadingHeard

GRACE_S = 0.1
"""So long what has arrived while this process was busy is given to be heard, before it is missed."""

log = structlog.get_logger(__name__)


class Signals:
    """Writes nothing: that an interlock trips or clears goes to `record`."""

    def __init__(
        self,
        clock: Clock,
        *,
        look: Callable[[], Laboratory],
        record: Callable[[Callable[[datetime], e.Event]], None],
    ) -> None:
        self._clock, self._look, self._record = clock, look, record
        self._watches: dict[str, Watch] = {}
        self._timers: dict[str, Timer] = {}

    def hear(self, each: ReadingHeard) -> None:
        """Judge a reading, if the driver that is here now has read it."""
        lab, at = self._look(), self._clock.now()
        it = lab.instruments.get(each.instrument)
        if lab.workcell is None or it is None or it.session != each.body.session:
            return
        for name, interlock in lab.workcell.interlocks.items():
            if (interlock.instrument, interlock.channel) == (each.instrument, each.channel):
                self._take(name, heard(self._watch(name, interlock), each.body.value, each.body.unit, at))

    def _watch(self, name: str, interlock: Interlock) -> Watch:
        known = self._watches.get(name)
        return known if known is not None and known.of == interlock else Watch(interlock)

    def _take(self, name: str, after: tuple[Watch, Turn | None]) -> None:
        watch, turn = after
        self._watches[name] = watch
        if name in self._timers:
            self._timers.pop(name).cancel()
        if (moment := watch.look_again) is not None:
            self._timers[name] = self._clock.call_at(moment, lambda: self._due(name))
        if turn is not None:
            log.warning("interlock", name=name, status=turn.status, why=turn.why)
            self._record(_turned(name, turn))

    def _due(self, name: str) -> None:
        later = self._clock.now() + timedelta(seconds=GRACE_S)
        self._timers[name] = self._clock.call_at(later, lambda: self._look_at(name))

    def _look_at(self, name: str) -> None:
        self._take(name, looked_at(self._watches[name], self._clock.now()))

    def end(self) -> None:
        """Listen no more."""
        for timer in self._timers.values():
            timer.cancel()


def _turned(name: str, turn: Turn) -> Callable[[datetime], e.Event]:
    if turn.status is InterlockStatus.CLEAR and turn.value is not None:
        value = turn.value
        return lambda at: room_events.InterlockCleared(at=at, interlock=name, value=value)
    return lambda at: room_events.InterlockTripped(at=at, interlock=name, value=turn.value, why=turn.why)
