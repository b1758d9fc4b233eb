"""How an instrument's clock differs from ours, and how long the way to it takes: from the echoes of heartbeats."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import NamedTuple

KEPT = 8
"""Of so many echoes the one that was quickest counts."""
TOLERATED_S = 2.0
"""A clock that differs by more, beyond all doubt, is for a person: results are dated by it."""


class Skew(NamedTuple):
    """What one echo tells of a clock, in seconds."""

    ahead_s: float
    """How far the instrument's clock is ahead of ours; below 0: behind."""
    round_trip_s: float
    """How long the heartbeat and its echo were on their way."""

    @property
    def uncertainty_s(self) -> float:
        """The truth is at most so far from `ahead_s`: nobody knows how the round trip divides into its two ways."""
        return self.round_trip_s / 2

    @property
    def is_off(self) -> bool:
        """Whether the clock differs by more than is tolerated, wherever in the uncertainty the truth is."""
        return abs(self.ahead_s) - self.uncertainty_s > TOLERATED_S


class ClockWatch:
    """The clock of one instrument. Source of the method: D. L. Mills, RFC 5905, 2010 (the clock filter of NTP)."""

    def __init__(self) -> None:
        self._kept: deque[Skew] = deque(maxlen=KEPT)

    def echoed(self, sent: datetime, device_time: datetime, received: datetime) -> None:
        """Learn from an echo: when its heartbeat was sent, its own time, and when it came."""
        round_trip_s = (received - sent).total_seconds()
        if round_trip_s < 0:  # our own clock was set back meanwhile
            self._kept.clear()
            return
        new = Skew((device_time - sent).total_seconds() - round_trip_s / 2, round_trip_s)
        if (old := self.best) and abs(new.ahead_s - old.ahead_s) > new.uncertainty_s + old.uncertainty_s:
            self._kept.clear()  # both cannot be true of one clock: one of the two was set
        self._kept.append(new)

    @property
    def best(self) -> Skew | None:
        """The quickest of the last few, which is the most certain; None before the first."""
        return min(self._kept, key=lambda each: each.round_trip_s, default=None)
