"""What a driver knows of its daemon: that it is there, and how its clock goes."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from labd.wire.messages import Heartbeat
from labd.wire.topics import PROTOCOL

KEPT = 8
"""So many heartbeats are compared for the one that was quickest here."""
MISSED = 3
"""A daemon is not away before so many heartbeats in a row did not come."""

log = logging.getLogger("labd.driver")


class DaemonClock:
    """The daemon's clock as its heartbeats tell it. Pure: the driver's own, steady time is given, in seconds.

    A heartbeat is late by its way here and never early, so that of the last `KEPT` the one that is furthest ahead is
    right, to the least time that the way takes. A clock that is set forward is followed at once; one that is set back
    by more than the distance of two heartbeats, too; by less, after `KEPT` of them.
    """

    def __init__(self) -> None:
        self._ahead: deque[float] = deque(maxlen=KEPT)
        self._last: Heartbeat | None = None

    def heard(self, beat: Heartbeat, now_s: float) -> None:
        """Learn from a heartbeat that came at `now_s`."""
        last, self._last = self._last, beat
        if last and (last.epoch != beat.epoch or beat.at < last.at):  # another daemon, or it set its clock back
            self._ahead.clear()
        self._ahead.append(beat.at.timestamp() - now_s)

    def at(self, now_s: float) -> datetime | None:
        """The daemon's time at `now_s`; None before its first heartbeat."""
        return datetime.fromtimestamp(now_s + max(self._ahead), UTC) if self._ahead else None


class Pulse:
    """The daemon's heartbeat, and the watchdog that barks when nobody is heard for too long.

    Away is who cannot be reached: the broker, or, once a heartbeat was heard, the daemon. It barks once for each time.
    """

    def __init__(self, watchdog_s: float, bark: Callable[[str], None]) -> None:
        self._watchdog_s, self._bark = watchdog_s, bark
        self._clock = DaemonClock()
        self._last: Heartbeat | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def known(self) -> bool:
        """Whether there ever was a heartbeat."""
        return self._last is not None

    @property
    def protocol(self) -> str:
        """What the daemon speaks; empty before its first heartbeat."""
        return self._last.protocol if self._last else ""

    def now(self) -> datetime:
        """The time by the daemon's clock; by this machine's own before the first heartbeat."""
        return self._clock.at(asyncio.get_running_loop().time()) or datetime.now(UTC)

    def heard(self, beat: Heartbeat) -> None:
        """The daemon is there."""
        if self._last is None or self._last.epoch != beat.epoch:
            log.info("daemon %d is there; it speaks %s, this driver %s", beat.epoch, beat.protocol, PROTOCOL)
        self._last = beat
        self._clock.heard(beat, asyncio.get_running_loop().time())
        self._watch("heartbeat", max(self._watchdog_s, MISSED * beat.every_s))

    def broker_lost(self) -> None:
        """Count from now how long the broker is away; where there were heartbeats, from the last of them."""
        if not self.known:
            self._watch("broker", self._watchdog_s)

    def broker_found(self) -> None:
        """The broker is there. Of a daemon that never sent a heartbeat nothing else can be known."""
        if not self.known:
            self.end()

    def end(self) -> None:
        """Count no more."""
        if self._timer:
            self._timer.cancel()

    def _watch(self, whom: str, limit_s: float) -> None:
        self.end()
        self._timer = asyncio.get_running_loop().call_later(limit_s, self._bark, f"no {whom} for {limit_s:g} s")
