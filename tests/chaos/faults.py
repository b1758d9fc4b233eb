"""The faults of a run, drawn from one seed: each befalls a party at a counted moment of that party's own.

Nothing here knows the time of day: "when reactor_3 begins its 17th action", "when the 40th message from the daemon
passes". The same seed gives the same list.
"""

import random
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Literal, NamedTuple

DAEMON, BROKER, PLANNER = "daemon", "broker", "planner"

Stream = Literal["begun", "done", "up", "down"]
"""What is counted: actions that an instrument begins and ends; messages from a party to the broker, and to it. For the
broker and the planner worker `up` counts the messages of all."""


class Kind(StrEnum):
    """What befalls."""

    KILL = "kill"
    """`kill -9`."""
    STALL = "stall"
    """SIGSTOP, and SIGCONT some time later."""
    FULL = "full"
    """Its disk takes nothing for some time: the ledger's of a driver, the journal's of the daemon."""
    CLOCK = "clock"
    """Its clock jumps by hours."""
    DROP = "drop"
    """The message is acknowledged and lost, as by a broker that dies."""
    DUPLICATE = "duplicate"
    """The message comes twice."""
    DELAY = "delay"
    """The message, and what is behind it, comes later."""
    REORDER = "reorder"
    """The message comes after the one behind it."""
    HALF_OPEN = "half_open"
    """From here on nothing passes on this connection, and nobody closes it."""
    RESET = "reset"
    """The connection is reset."""
    TRUNCATE = "truncate"
    """The connection ends in the middle of the message."""


ON_THE_LINE = frozenset(
    {Kind.DROP, Kind.DUPLICATE, Kind.DELAY, Kind.REORDER, Kind.HALF_OPEN, Kind.RESET, Kind.TRUNCATE}
)


class Fault(NamedTuple):
    """One fault of the list."""

    number: int
    party: str
    stream: Stream
    nth: int
    kind: Kind
    amount: float
    """Seconds that it lasts, or by which a clock goes wrong; 0 where there is nothing to say."""


class Likely(NamedTuple):
    """How often a kind befalls a kind of party, and between which amounts."""

    kind: Kind
    weight: float
    streams: tuple[Stream, ...]
    amount: tuple[float, float] = (0.0, 0.0)


WIRE: tuple[Stream, ...] = ("up", "down")
ACTION: tuple[Stream, ...] = ("begun", "done")
HOURS = 3600.0

LIKELY: dict[str, tuple[Likely, ...]] = {
    "instrument": (
        Likely(Kind.KILL, 14, ACTION),
        Likely(Kind.KILL, 6, WIRE),
        Likely(Kind.STALL, 4, ACTION + WIRE, (0.05, 2.0)),
        Likely(Kind.STALL, 0.5, ACTION, (16.0, 20.0)),
        Likely(Kind.FULL, 6, ACTION, (0.2, 2.0)),
        Likely(Kind.CLOCK, 6, ACTION, (-5 * HOURS, 5 * HOURS)),
        Likely(Kind.DROP, 14, WIRE),
        Likely(Kind.DUPLICATE, 12, WIRE),
        Likely(Kind.DELAY, 10, WIRE, (0.05, 1.0)),
        Likely(Kind.REORDER, 12, WIRE, (0.2, 1.0)),
        Likely(Kind.HALF_OPEN, 2.5, WIRE),
        Likely(Kind.RESET, 7, WIRE),
        Likely(Kind.TRUNCATE, 6, WIRE),
    ),
    DAEMON: (
        Likely(Kind.KILL, 24, WIRE),
        Likely(Kind.STALL, 6, WIRE, (0.05, 2.0)),
        Likely(Kind.FULL, 8, WIRE, (0.2, 2.0)),
        Likely(Kind.CLOCK, 8, WIRE, (-5 * HOURS, 5 * HOURS)),
        Likely(Kind.DROP, 14, WIRE),
        Likely(Kind.DUPLICATE, 12, WIRE),
        Likely(Kind.DELAY, 8, WIRE, (0.05, 0.5)),
        Likely(Kind.REORDER, 12, WIRE, (0.2, 0.5)),
        Likely(Kind.HALF_OPEN, 2, WIRE),
        Likely(Kind.RESET, 5, WIRE),
        Likely(Kind.TRUNCATE, 5, WIRE),
    ),
    BROKER: (Likely(Kind.KILL, 3, ("up",)), Likely(Kind.STALL, 1, ("up",), (0.05, 2.0))),
    PLANNER: (Likely(Kind.KILL, 1, ("up",)), Likely(Kind.STALL, 1, ("up",), (0.05, 2.0))),
}
SHARES = {"instrument": 0.80, DAEMON: 0.13, BROKER: 0.04, PLANNER: 0.03}
"""Of all faults."""


def drawn(seed: int, count: int, instruments: Sequence[str]) -> list[Fault]:
    """So many faults. Each party's are spread over its own counts, as far as all the others' go."""
    chance = random.Random(f"labd chaos {seed}")
    faults: list[Fault] = []
    for group, share in SHARES.items():
        parties = instruments if group == "instrument" else (group,)
        for place, party in enumerate(parties):
            number = round(count * share * (place + 1) / len(parties)) - round(count * share * place / len(parties))
            faults += _of_party(chance, group, party, number)
    faults.sort(key=lambda each: (each.nth / PACE[_group(each.party)][each.stream], each.party))
    return [each._replace(number=number) for number, each in enumerate(faults, 1)]


PACE: dict[str, dict[Stream, float]] = {
    "instrument": {"begun": 8, "done": 8, "up": 14, "down": 7},
    DAEMON: {"up": 40, "down": 60},
    BROKER: {"up": 150},
    PLANNER: {"up": 200},
}
"""How far apart two faults of a party are on a stream, in the mean, counted on that stream."""


def _group(party: str) -> str:
    return party if party in PACE else "instrument"


def _of_party(chance: random.Random, group: str, party: str, number: int) -> Iterator[Fault]:
    at: dict[Stream, int] = dict.fromkeys(PACE[group], 1)
    for _ in range(number):
        likely = chance.choices(LIKELY[group], [each.weight for each in LIKELY[group]])[0]
        stream = chance.choice(likely.streams)
        at[stream] += chance.randint(1, round(2 * PACE[group][stream]) - 1)
        yield Fault(0, party, stream, at[stream], likely.kind, round(chance.uniform(*likely.amount), 3))
