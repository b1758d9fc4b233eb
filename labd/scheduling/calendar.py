"""When each instrument is expected to be free: what runs on it, and what it is kept for. Times in seconds from now."""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from labd.domain.identifiers import InstrumentName, RunId, StepName

SLACK = 1.1
"""A step is expected to take so much longer than it usually does, where another waits behind it for its time."""
SLACK_S = 1.0


def _long(typical_s: float) -> float:
    return typical_s * SLACK + SLACK_S


class Booked(NamedTuple):
    """A time for which an instrument is taken."""

    from_s: float
    to_s: float
    run: RunId = ""
    step: StepName = ""
    """For whom it is kept; empty: it works."""

    @classmethod
    def for_now(cls, typical_s: float, elapsed_s: float = 0.0) -> Booked:
        """The time of an instrument that works. One that is late already is expected to be late by as much again."""
        return cls(0.0, max(_long(typical_s) - elapsed_s, elapsed_s - typical_s))

    @classmethod
    def later(cls, start_s: float, typical_s: float, run: RunId, step: StepName) -> Booked:
        """The time for which an instrument is kept."""
        return cls(start_s, start_s + _long(typical_s), run, step)


@dataclass(slots=True)
class Calendar:
    """The instruments that may be given orders, now or when they are done with what they have."""

    roles: Mapping[InstrumentName, frozenset[str]]
    booked: dict[InstrumentName, list[Booked]] = field(default_factory=dict)
    """By instrument, by time."""

    def book(self, name: InstrumentName, booked: Booked) -> None:
        """Take an instrument for a time."""
        times = list(self.booked.get(name, ()))
        insort(times, booked)
        self.booked[name] = times

    def without(self, run: RunId, steps: Collection[StepName]) -> Calendar:
        """The calendar as it is if nothing is kept for these steps."""
        left = {
            name: [it for it in times if it.run != run or it.step not in steps] for name, times in self.booked.items()
        }
        return Calendar(self.roles, left)

    def earliest(self, name: InstrumentName, from_s: float, duration_s: float) -> float:
        """From when on the instrument is free for so long, not before `from_s`.

        >>> calendar = Calendar({"a": frozenset()}, {"a": [Booked(0, 10), Booked(15, 20)]})
        >>> calendar.earliest("a", 0, 5), calendar.earliest("a", 0, 6), calendar.earliest("a", 30, 6)
        (10, 20, 30)
        """
        start_s = from_s
        for each in self.booked.get(name, ()):
            if each.from_s >= start_s + duration_s:
                break
            start_s = max(start_s, each.to_s)
        return start_s

    def is_clear(self, name: InstrumentName, duration_s: float, run: RunId, step: StepName) -> bool:
        """Whether a step that begins now is expected to be over before the instrument is needed for another."""
        booked = self.booked.get(name)
        if not booked:
            return True
        needed_s = min((each.from_s for each in booked if (each.run, each.step) != (run, step)), default=inf)
        return _long(duration_s) <= needed_s
