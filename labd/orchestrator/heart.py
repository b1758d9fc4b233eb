"""The daemon's heartbeat, and what comes of it: who is there, who is missed, who is to say again how it is."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from labd.domain import events as e
from labd.lifecycles import Laboratory
from labd.orchestrator.attendance import AskRebirth, Attendance, Contested, FellSilent, Finding
from labd.ports.clock import Clock, Timer
from labd.ports.instrument_link import Connected, Inbound, InstrumentLink, Lost, Message
from labd.wire.messages import Control, Echo, Heartbeat
from labd.wire.topics import PROTOCOL

log = structlog.get_logger(__name__)

EVERY_S = 5.0
"""Between two heartbeats."""


class Heart:
    """Sends heartbeats while the broker is there, and listens to everything that arrives before the writer does.

    It writes nothing: what is to be recorded goes to `record`, which turns away what comes too late.
    """

    def __init__(
        self,
        link: InstrumentLink,
        clock: Clock,
        every_s: float,
        *,
        look: Callable[[], Laboratory],
        record: Callable[[Callable[[datetime], e.Event]], None],
        start: Callable[[Coroutine[None, None, None]], object],
        show: Callable[[], None],
    ) -> None:
        self._link, self._clock, self._every_s = link, clock, every_s
        self._look, self._record, self._start, self._show = look, record, start, show
        self._shown: dict[str, tuple[str, bool | None]] = {}
        self._number = 0
        self._timer: Timer | None = None
        self.attendance = Attendance()
        """Who was heard, when, and what their clocks say. Not journalled."""

    def _beat(self) -> None:
        at, lab = self._clock.now(), self._look()
        self._timer = self._clock.call_at(at + timedelta(seconds=self._every_s), self._beat)
        self._number += 1
        self._carry_out(self.attendance.beat(self._number, at), lab)
        beat = Heartbeat(epoch=lab.epoch, number=self._number, every_s=self._every_s, at=at, protocol=PROTOCOL)
        self._start(self._link.tell_all(beat))
        self._show_news()

    def _show_news(self) -> None:
        """Whoever looks is told when somebody comes or goes, or a clock is off or right again; not of each echo."""
        present = self.attendance.present()
        shown = {name: (each.protocol, each.skew.is_off if each.skew else None) for name, each in present.items()}
        if shown != self._shown:
            self._shown = shown
            self._show()

    def end(self) -> None:
        """Send no more."""
        if self._timer:
            self._timer.cancel()

    def hear(self, each: Inbound) -> list[Inbound]:
        """What of it is for the writer, in its place."""
        if isinstance(each, Connected | Lost):
            self.end()
        if isinstance(each, Connected):
            self.attendance.connected()
            self._beat()
        if not isinstance(each, Message):
            return [each]
        lab = self._look()
        if each.instrument not in lab.instruments:  # the writer says so, once
            return [] if isinstance(each.body, Echo) else [each]
        bodies, found = self.attendance.heard(each.instrument, each.body, self._clock.now())
        self._carry_out(found, lab)
        return [Message(each.instrument, body) for body in bodies]

    def _carry_out(self, found: Iterable[Finding], lab: Laboratory) -> None:
        for each in found:
            match each:
                case AskRebirth(name):
                    log.info("rebirth_asked_for", instrument=name)
                    self._start(self._link.send(name, Control(action="rebirth", epoch=lab.epoch)))
                case FellSilent(name, since):
                    log.warning("instrument_silent", instrument=name, since=since.isoformat())
                    self._record(_silent(name, since))
                case Contested(name, sessions):
                    log.error("instrument_contested", instrument=name, sessions=sessions)
                    self._record(_contested(name, sessions))
                case _:
                    assert_never(each)


def _silent(name: str, since: datetime) -> Callable[[datetime], e.Event]:
    return lambda at: e.InstrumentFellSilent(at=at, instrument=name, since=since)


def _contested(name: str, sessions: tuple[str, ...]) -> Callable[[datetime], e.Event]:
    return lambda at: e.InstrumentContested(at=at, instrument=name, sessions=sessions)
