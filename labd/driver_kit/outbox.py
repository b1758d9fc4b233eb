"""Outcomes on their way: each is sent again, with back-off, until the daemon acknowledges it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from functools import partial

FIRST_WAIT_S, LAST_WAIT_S = 1.0, 30.0


class Outbox:
    """The commands whose outcome is not yet acknowledged, each with its own timer."""

    def __init__(self, send: Callable[[str], object]) -> None:
        self._send = send
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._up = False

    def expect(self, command: str) -> None:
        """This one was sent just now: send it again and again until `remove`."""
        self._schedule(command, FIRST_WAIT_S)

    def up(self, commands: Iterable[str]) -> None:
        """The connection is there: send all of these."""
        self._up = True
        for command in commands:
            self._transmit(command, FIRST_WAIT_S)

    def down(self) -> None:
        """The connection is gone: nothing is sent until `up`."""
        self._up = False
        for timer in self._waiting.values():
            timer.cancel()
        self._waiting.clear()

    def remove(self, command: str) -> None:
        """Acknowledged."""
        if timer := self._waiting.pop(command, None):
            timer.cancel()

    def _transmit(self, command: str, wait_s: float) -> None:
        self._schedule(command, wait_s)
        self._send(command)

    def _schedule(self, command: str, wait_s: float) -> None:
        self.remove(command)
        if not self._up:
            return
        later = wait_s * random.uniform(0.75, 1.0)  # noqa: S311 - jitter, no secret
        again = partial(self._transmit, command, min(LAST_WAIT_S, 2 * wait_s))
        self._waiting[command] = asyncio.get_running_loop().call_later(later, again)
