"""Who is there: which driver speaks for each instrument, what of it is missing, and when it was heard last.

Nothing of this is journalled but what follows from it (an instrument that fell silent, two drivers under one name): it
is made anew from the births that the broker retains. Pure: heartbeats and messages go in, with their time; what is to
be passed on, and what is to be done, comes out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from labd.orchestrator.clocks import ClockWatch, Skew
from labd.wire.decoding import FromDriver
from labd.wire.messages import Answer, Birth, Echo, Report, State
from labd.wire.topics import minor

MISSED = 3
"""So many heartbeats without an echo make an instrument silent."""
LONGEST_WAIT = 64
"""A rebirth that does not help is asked for again after 1, 2, 4 and at last so many heartbeats."""
REMEMBERED = 8
"""So many former sessions of an instrument are known."""


class AskRebirth(NamedTuple):
    """Something of it is missing: it is to say again what it is and how it is."""

    instrument: str


class FellSilent(NamedTuple):
    """It does not echo any more."""

    instrument: str
    since: datetime
    """When it was heard last."""


class Contested(NamedTuple):
    """More than one driver speaks under this name."""

    instrument: str
    sessions: tuple[str, ...]


Finding = AskRebirth | FellSilent | Contested


class Presence(NamedTuple):
    """What is known of the driver of an instrument."""

    protocol: str
    heard: datetime
    skew: Skew | None
    """None of a driver that does not echo."""


@dataclass(slots=True)
class _Seat:
    """One instrument's place."""

    session: str = ""
    """Of the driver that speaks for it: the one born last. Empty: none does."""
    protocol: str = ""
    born: int = 0
    """The number of the last heartbeat before its birth."""
    heard: datetime | None = None
    heard_at: int = 0
    """The number of the last heartbeat before it was heard last."""
    silent: bool = False
    contested: bool = False
    sequence: int | None = None
    """The last that was heard since the birth."""
    early: State | None = None
    """The state of a session whose birth is not here yet."""
    former: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    echoed: dict[str, int] = field(default_factory=dict)
    """By session: the last heartbeat that it answered."""
    clock: ClockWatch = field(default_factory=ClockWatch)
    owing: bool = False
    """Whether something of it is missing."""
    ask_at: int = 0
    """The heartbeat from which on a rebirth may be asked for again."""
    wait: int = 1

    @property
    def echoes(self) -> bool:
        """Whether its driver is one that answers heartbeats."""
        return bool(self.session) and minor(self.protocol) >= 1


class Attendance:
    """The seats of all instruments of the workcell."""

    def __init__(self) -> None:
        self._seats: dict[str, _Seat] = {}
        self._number = 0
        self._sent: dict[int, datetime] = {}

    def present(self) -> dict[str, Presence]:
        """What is known of each driver that is here, by its instrument."""
        return {
            name: Presence(seat.protocol, seat.heard, seat.clock.best if seat.echoes else None)
            for name, seat in self._seats.items()
            if seat.session and seat.heard
        }

    # --- heartbeats

    def connected(self) -> None:
        """The broker is there (again): what was missed meanwhile says nothing about the instruments."""
        for seat in self._seats.values():
            seat.heard_at = self._number

    def beat(self, number: int, at: datetime) -> list[Finding]:
        """A heartbeat is sent now: what those before it have shown."""
        self._number = number
        self._sent[number] = at
        self._sent.pop(number - MISSED - 1, None)
        return [each for name, seat in self._seats.items() for each in self._look(name, seat)]

    def _look(self, name: str, seat: _Seat) -> Iterator[Finding]:
        if seat.contested:
            yield from self._settle(name, seat)
        elif seat.echoes and not seat.silent and self._number - seat.heard_at > MISSED and seat.heard:
            seat.silent = True
            yield FellSilent(name, seat.heard)
        elif seat.owing and not seat.silent and self._number >= seat.ask_at:
            yield self._ask(name, seat)

    def _settle(self, name: str, seat: _Seat) -> Iterator[Finding]:
        """Let the last one of several take its place."""
        alive = self._alive(seat)
        if len(alive) > 1:
            return
        seat.contested = False
        self._vacate(seat, unless=alive)
        if not alive and seat.heard:
            yield FellSilent(name, seat.heard)
        yield self._ask(name, seat)

    def _alive(self, seat: _Seat) -> list[str]:
        """The sessions that answered one of the last heartbeats, of those that were sent after the last birth."""
        since = max(seat.born, self._number - MISSED - 1)
        return [session for session, number in seat.echoed.items() if number > since]

    def _vacate(self, seat: _Seat, *, unless: list[str]) -> None:
        """Let go of a driver that is not there any more, so that whoever is can take its place."""
        if seat.session and seat.session not in unless:
            seat.former.append(seat.session)
            seat.session = ""

    # --- what arrives

    def heard(self, name: str, body: FromDriver, at: datetime) -> tuple[list[FromDriver], list[Finding]]:
        """What is to be passed on of a message, in its place, and what follows from it."""
        seat = self._seats.setdefault(name, _Seat())
        match body:
            case Birth():
                return self._born(seat, body, at), []
            case Echo():
                return [], list(self._echoed(name, seat, body, at))
        passes, missing = self._spoken(seat, body)
        if body.session == seat.session:
            missing = missing or seat.silent
            self._is_there(seat, at)
        seat.owing = seat.owing or missing
        ask = missing and self._number >= seat.ask_at
        return [body] if passes else [], [self._ask(name, seat)] if ask else []

    def _is_there(self, seat: _Seat, at: datetime) -> None:
        seat.heard, seat.heard_at, seat.silent = at, self._number, False

    def _born(self, seat: _Seat, birth: Birth, at: datetime) -> list[FromDriver]:
        if seat.contested:
            return []
        session = birth.descriptor.session
        if session != seat.session:
            self._vacate(seat, unless=[])
            seat.session, seat.clock, seat.born = session, ClockWatch(), self._number
            seat.ask_at, seat.wait = self._number, 1
            seat.former = deque((each for each in seat.former if each != session), maxlen=REMEMBERED)
        seat.protocol, seat.sequence, seat.owing = birth.protocol, None, False
        self._is_there(seat, at)
        early, seat.early = seat.early, None
        if early is None or early.session != session:
            return [birth]
        seat.sequence = early.sequence
        return [birth, early]

    def _spoken(self, seat: _Seat, body: State | Report | Answer) -> tuple[bool, bool]:
        """Whether it is passed on, and whether it shows that something is missing."""
        own = body.session == seat.session and not seat.contested
        match body:
            case Answer():  # of a driver that is no more, or that is not alone, it says nothing
                return own or (not seat.contested and body.session not in seat.former), False
            case State() if not own:
                unborn = not seat.contested and body.session not in seat.former
                if unborn and body.status != "offline":
                    seat.early = body
                return False, unborn
            case State(status="offline"):
                self._vacate(seat, unless=[])
                return True, False
            case State() | Report() if own:
                return self._in_turn(seat, body)
        # Of another process: an outcome counts whoever brings it.
        return True, not seat.contested and body.session not in seat.former

    def _in_turn(self, seat: _Seat, body: State | Report) -> tuple[bool, bool]:
        last, seat.sequence = seat.sequence, max(body.sequence, seat.sequence or 0)
        if last is None:
            return True, False
        lasting = isinstance(body, Report) and (body.outcome is not None or body.accepted)
        gap = minor(seat.protocol) >= 1 and body.sequence > last + 1
        return lasting or body.sequence >= last, gap

    def _echoed(self, name: str, seat: _Seat, echo: Echo, at: datetime) -> Iterator[Finding]:
        sent = self._sent.get(echo.number)
        if sent is None or (len(seat.echoed) >= REMEMBERED and echo.session not in seat.echoed):
            return
        seat.echoed = {key: n for key, n in seat.echoed.items() if n in self._sent} | {echo.session: echo.number}
        if not seat.contested and len(alive := self._alive(seat)) > 1:
            seat.contested = True
            yield Contested(name, tuple(sorted(alive)))
        if seat.contested:
            self._is_there(seat, at)
            return
        if echo.session != seat.session:
            missing = self._number - seat.heard_at >= MISSED or not seat.session or echo.session not in seat.former
            if missing:
                self._vacate(seat, unless=[])
        else:
            missing = seat.silent or echo.sequence > (seat.sequence or 0)
            seat.clock.echoed(sent, echo.device_time, at)
            self._is_there(seat, at)
        if not missing:
            seat.wait = 1
        seat.owing = seat.owing or missing
        if missing and self._number >= seat.ask_at:
            yield self._ask(name, seat)

    def _ask(self, name: str, seat: _Seat) -> AskRebirth:
        seat.ask_at, seat.wait, seat.owing = self._number + seat.wait, min(2 * seat.wait, LONGEST_WAIT), True
        return AskRebirth(name)
