"""What waits for the writer, in lanes: one for the daemon's own business, one for each instrument, one for rubbish.

The lanes take turns, so that a device that babbles delays nobody but itself. In its lane what is out of date gives way:
a state to a newer state, progress to newer progress, a report to the same report said again. What is left is bounded,
and what finds no room is not lost: an outcome is sent until it is acknowledged, and a state with the next birth.

A state that changes again and again is taken for its newest value alone, `STEADY_PER_S` times a second after the first
`BURST`: each that is taken may be an event in the journal, for ever.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

from labd.ports.instrument_link import Connected, Inbound, Lost, Message, Rejected, StopHeard
from labd.wire.messages import Answer, Birth, Report, State, Stop

RUBBISH = ""
"""Whose lane that is which nobody can read; no instrument has this name."""
ROOM = "*"
"""Whose lane that is which concerns the workcell as a whole; no instrument has this name, either."""
BOUND = 1000
"""So many messages of one lane wait at most."""
LANES = 10_000
"""So many lanes there are at most: an instrument that is not of this workcell has one, too."""
BURST = 200
"""So many states of one instrument are taken as they come."""
STEADY_PER_S = 2.0
"""So many states a second of one that goes on and on."""

T = TypeVar("T")
Heard = Message | StopHeard | Rejected


class Lanes(Generic[T]):
    """Items of the daemon's own (`T`) and what arrives on the wire. Pure: the time is given, in seconds."""

    def __init__(self) -> None:
        self._own: deque[T | Inbound] = deque()
        self._waiting: OrderedDict[str, _Lane] = OrderedDict()
        """The lanes with something in them; whose turn it is comes first."""
        self._empty: OrderedDict[str, _Lane] = OrderedDict()
        """The lanes of those who spoke lately, for their allowance."""
        self.held_back = 0
        """How many messages found no room."""

    def __len__(self) -> int:
        return len(self._own) + sum(map(len, self._waiting.values()))

    def put(self, item: T) -> None:
        """Something of the daemon's own: never refused, never out of date."""
        self._own.append(item)

    def arrive(self, each: Inbound) -> None:
        """Something from the wire."""
        if isinstance(each, Connected | Lost):
            self._own.append(each)
            return
        speaker = _speaker(each)
        if speaker not in self._waiting and len(self._waiting) < LANES:
            self._waiting[speaker] = self._empty.pop(speaker) if speaker in self._empty else _Lane()
        if speaker not in self._waiting or not self._waiting[speaker].put(each):
            self.held_back += 1

    def take(self, most: int, now: float) -> list[T | Inbound]:
        """Up to so many items: the daemon's own, then one of each lane in turn."""
        taken: list[T | Inbound] = [self._own.popleft() for _ in range(min(most, len(self._own)))]
        turns = deque(self._waiting)
        while turns and len(taken) < most:
            speaker = turns.popleft()
            item = self._waiting[speaker].take(now)
            if item is not None:
                taken.append(item)
                self._waiting.move_to_end(speaker)
                if self._is_drained(speaker):
                    continue
                turns.append(speaker)
        return taken

    def due(self, now: float) -> float | None:
        """When there is something to take: `now`, later, or None while nothing waits."""
        if self._own:
            return now
        return min((lane.due(now) for lane in self._waiting.values()), default=None)

    def _is_drained(self, speaker: str) -> bool:
        lane = self._waiting[speaker]
        if not lane:
            self._empty[speaker] = self._waiting.pop(speaker)
            if len(self._empty) > LANES:
                self._empty.popitem(last=False)
        return not lane


class _Lane:
    """What one speaker said, by what it is about; the oldest first."""

    def __init__(self) -> None:
        self._items: OrderedDict[Hashable, Heard] = OrderedDict()
        self._allowance, self._since = float(BURST), 0.0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, each: Heard) -> bool:
        """Whether there is room for it."""
        about = _about(each)
        if self._items.pop(about, None) is None and len(self._items) >= BOUND:
            return False
        self._items[about] = each
        return True

    def take(self, now: float) -> Heard | None:
        """The oldest that may be taken now."""
        about = next((key for key, each in self._items.items() if not _is_state(each) or self._may(now)), None)
        if about is None:
            return None
        each = self._items.pop(about)
        self._allowance -= _is_state(each)
        return each

    def due(self, now: float) -> float:
        """When there is something to take."""
        if self._may(now) or not all(map(_is_state, self._items.values())):
            return now
        return now + (1.0 - self._allowance) / STEADY_PER_S

    def _may(self, now: float) -> bool:
        self._allowance = min(self._allowance + (now - self._since) * STEADY_PER_S, float(BURST))
        self._since = now
        return self._allowance >= 1.0 - 1e-9  # a timer that wakes exactly when it is due finds it


def _speaker(each: Heard) -> str:
    """Whose lane it belongs into."""
    match each:
        case Message(instrument, _):
            return instrument
        case StopHeard():
            return ROOM
        case Rejected():
            return RUBBISH


def _is_state(each: Heard) -> bool:
    return isinstance(each, Message) and isinstance(each.body, State)


def _about(each: Heard) -> Hashable:
    """What a newer one of the same takes the place of; itself, where nothing does."""
    match each:
        case StopHeard(body):
            return Stop, body and body.stopped
        case Message(_, State(session=session)):
            return State, session
        case Message(_, Birth(descriptor=descriptor)):
            return Birth, descriptor.session
        case Message(_, Answer(command=command, standing=standing)):
            return Answer, command, standing
        case Message(_, Report(outcome=None) as report):
            return Report, report.command, report.session, report.accepted
        case Message(_, Report() as report):
            return Report, report.command, report.content_hash, report.order_hash
        case _:
            return id(each)
