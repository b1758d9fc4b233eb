"""The life of an interlock, and how its signal is judged.

    unheard ──trip──> tripped ──clear──> clear ──trip──> tripped
       ^─────────stale────┴────────stale───┘
    unheard ──clear──> clear

What is not heard counts as tripped: an interlock is born unheard, and is unheard again when the daemon starts. Only the
turns are in the journal; the readings between them are judged as they come, and kept by nobody.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from labd.domain.capability import Json
from labd.domain.envelope import Interlock
from labd.domain.errors import InvalidInput
from labd.lifecycles.replacing import replace
from labd.lifecycles.table import Table
from labd.protocols.quantities import convert


class InterlockStatus(StrEnum):
    """Whether what an interlock guards may begin anything."""

    UNHEARD = "unheard"
    """Its signal was not heard, or not for too long, or says nothing of use: that counts as tripped."""
    TRIPPED = "tripped"
    """Its signal is beyond the threshold, or was and is not yet back within."""
    CLEAR = "clear"
    """Its signal is heard, and within."""


TABLE = Table(
    "interlock",
    {
        InterlockStatus.UNHEARD: {"trip": InterlockStatus.TRIPPED, "clear": InterlockStatus.CLEAR},
        InterlockStatus.TRIPPED: {"clear": InterlockStatus.CLEAR, "stale": InterlockStatus.UNHEARD},
        InterlockStatus.CLEAR: {"trip": InterlockStatus.TRIPPED, "stale": InterlockStatus.UNHEARD},
    },
)


@dataclass(frozen=True, slots=True)
class InterlockState:
    """An interlock as the journal has it."""

    status: InterlockStatus = InterlockStatus.UNHEARD
    why: str = "its signal was not heard yet"
    """Why it is not clear; empty where it is."""
    since: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing may begin on what it guards."""
        return self.status is not InterlockStatus.CLEAR


class Turn(NamedTuple):
    """An interlock has another status from now on."""

    status: InterlockStatus
    value: float | None
    """None: unheard."""
    why: str


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of one signal since the daemon listens. Each function below gives the next one."""

    of: Interlock
    status: InterlockStatus = InterlockStatus.UNHEARD
    heard: datetime | None = None
    latest: float = 0.0
    """The last number that was heard."""
    since: datetime | None = None
    """Since when, without a break, the signal is where it would have to be for the status to turn."""

    @property
    def look_again(self) -> datetime | None:
        """When it must be looked at even if nothing is heard until then."""
        moments = []
        if self.heard is not None and (self.status is not InterlockStatus.UNHEARD or self.since is not None):
            moments.append(self.heard + timedelta(seconds=self.of.stale_s))
        if self.status is InterlockStatus.CLEAR and self.since is not None:
            moments.append(self.since + timedelta(seconds=self.of.hold_s))
        return min(moments, default=None)


def heard(watch: Watch, reading: Json, unit: str, at: datetime) -> tuple[Watch, Turn | None]:
    """After a reading. It trips when it was beyond, or clears when it was within, for as long as it must be."""
    try:
        value = _number(watch.of, reading, unit)
    except InvalidInput as error:
        return _unheard(replace(watch, heard=at), f"its signal cannot be judged: {error.message}")
    watch = replace(watch, heard=at, latest=value)
    turns = _is_beyond(watch.of, value) if watch.status is InterlockStatus.CLEAR else _is_within(watch.of, value)
    watch = replace(watch, since=(watch.since or at) if turns else None)
    if watch.status is InterlockStatus.UNHEARD and not turns:
        return _turned(watch, InterlockStatus.TRIPPED)
    return _held_long_enough(watch, at)


def looked_at(watch: Watch, at: datetime) -> tuple[Watch, Turn | None]:
    """When nothing was heard for a while: it may be stale, or beyond for long enough."""
    if watch.heard is not None and at - watch.heard >= timedelta(seconds=watch.of.stale_s):
        return _unheard(watch, f"its signal was not heard for {watch.of.stale_s:g} s")
    if watch.status is InterlockStatus.CLEAR:
        return _held_long_enough(watch, at)
    return watch, None


def _held_long_enough(watch: Watch, at: datetime) -> tuple[Watch, Turn | None]:
    if watch.since is None or at - watch.since < timedelta(seconds=watch.of.hold_s):
        return watch, None
    trips = watch.status is InterlockStatus.CLEAR
    return _turned(watch, InterlockStatus.TRIPPED if trips else InterlockStatus.CLEAR)


def _turned(watch: Watch, status: InterlockStatus) -> tuple[Watch, Turn]:
    why = _why(watch.of, watch.latest) if status is InterlockStatus.TRIPPED else ""
    return replace(watch, status=status, since=None), Turn(status, watch.latest, why)


def _unheard(watch: Watch, why: str) -> tuple[Watch, Turn | None]:
    was = watch.status
    watch = replace(watch, status=InterlockStatus.UNHEARD, since=None)
    return watch, None if was is InterlockStatus.UNHEARD else Turn(InterlockStatus.UNHEARD, None, why)


def _is_beyond(of: Interlock, value: float) -> bool:
    return (of.above is not None and value >= of.above) or (of.below is not None and value <= of.below)


def _is_within(of: Interlock, value: float) -> bool:
    """Whether it is on the good side of each reset threshold."""
    top = of.above if of.reset_below is None else of.reset_below
    bottom = of.below if of.reset_above is None else of.reset_above
    return (of.above is None or top is None or value < top) and (of.below is None or bottom is None or value > bottom)


def _why(of: Interlock, value: float) -> str:
    above = "" if of.above is None else f"at {of.above:g} and above"
    below = "" if of.below is None else f"at {of.below:g} and below"
    said = f"{of.instrument}.{of.channel} is {value:g} {of.unit}".rstrip()
    return f"{said}; it trips {', '.join(filter(None, (above, below)))}"


def _number(of: Interlock, reading: Json, unit: str) -> float:
    """The reading in the interlock's unit; a switch is 1 or 0. Raises `InvalidInput`."""
    try:
        number = float(reading) if isinstance(reading, bool | int | float) else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InvalidInput(f"{str(reading)[:60]!r} is no number.")
    return convert(number, unit, of.unit) if of.unit and unit != of.unit else number
