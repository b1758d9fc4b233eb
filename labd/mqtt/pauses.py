"""How long a client that lost its broker waits before it tries again."""

from __future__ import annotations

import random

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
"""However long the broker is away: once it is back, all are back within this."""
REFUSED_PAUSE_S = 30.0
"""Once a broker has said that it does not know us, only a person changes that; to try passwords fast is an attack."""


class Pauses:
    """Exponential back-off with full jitter, from a generator of chance that is the client's own.

    After a broker's restart a room full of clients comes back one by one. Source: M. Brooker, "Exponential Backoff And
    Jitter", AWS Architecture Blog, 2015.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._failures = 0

    def next_s(self) -> float:
        """The pause after one more failure, in seconds."""
        longest_s = min(FIRST_PAUSE_S * 2**self._failures, LONGEST_PAUSE_S)
        self._failures = min(self._failures + 1, 30)
        return self._chance.uniform(0, longest_s)

    def refused_s(self) -> float:
        """The pause after the broker refused our credentials, in seconds; it is never short."""
        return self._chance.uniform(REFUSED_PAUSE_S / 2, REFUSED_PAUSE_S)

    def begin_anew(self) -> None:
        """A connection held: the next failure is the first one again."""
        self._failures = 0
