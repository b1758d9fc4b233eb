"""Virtual time: an event loop whose clock jumps to the next timer whenever nothing else is left to do.

A year of laboratory runs in seconds, and a test never sleeps. Threads and sockets are no part of it: what waits for
them would be jumped over. Source of the idea: trio's `MockClock(autojump_threshold=0)`.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from labd.ports.clock import Timer

T = TypeVar("T")


class _JumpingSelector(selectors.SelectSelector):
    """Never waits: where the loop would, it moves the loop's time instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("Everything waits, and no timer is set: in virtual time that is for ever.")
        if not ready and timeout is not None:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time, which begins at 0 s."""

    def __init__(self) -> None:
        self._selector_of_time = _JumpingSelector()
        super().__init__(self._selector_of_time)
        # asyncio calls what is due before time() + resolution; its 1 ns vanishes in a float beyond 97 days of seconds,
        # and a timer that is exactly due would never be called.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """The virtual time, in seconds."""
        return self._selector_of_time.now


class VirtualClock:
    """`labd.ports.Clock` on a `VirtualLoop`: the loop's time, counted from a start."""

    def __init__(self, start: datetime) -> None:
        self._start = start

    def now(self) -> datetime:
        """The present virtual moment."""
        return self._start + timedelta(seconds=asyncio.get_running_loop().time())

    def call_at(self, moment: datetime, call: Callable[[], None]) -> Timer:
        """Call once, at that virtual moment or, if it has passed, at once."""
        loop = asyncio.get_running_loop()
        return loop.call_later(max((moment - self.now()).total_seconds(), 0.0), call)


def run_virtual(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` on virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
