"""A broker process that runs: a child of ours, or one that an earlier daemon left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import Protocol

from ulid import ULID

from labd.mqtt import Down, MqttTransport, Up

ADOPT_WITHIN_S = 2.0


class RunningBroker(Protocol):
    """A process that can be waited for and ended."""

    pid: int

    async def wait(self) -> int | None:
        """Returns when it has ended: its exit code, where that can be known."""

    async def end(self) -> None:
        """End it, if it still runs."""


class Child:
    """A process that we started."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.pid = process.pid

    async def wait(self) -> int | None:
        """Its exit code, when it has ended."""
        return await self.process.wait()

    async def end(self) -> None:
        """Kill it: a broker here keeps nothing that it would have to save."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


class Adopted:
    """A process that an earlier daemon started: it has ended when the connection to it is lost."""

    def __init__(self, pid: int, url: str) -> None:
        self.pid = pid
        self._events = MqttTransport(url, client_id=f"labd-keeper-{ULID()}", subscriptions=()).events()

    async def answers(self) -> bool:
        """Whether the process lives and its port is that of a broker."""
        if not _lives(self.pid):
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ADOPT_WITHIN_S):
                if isinstance(await anext(self._events), Up):
                    return True
        await self._events.aclose()
        return False

    async def wait(self) -> int | None:
        """Returns when the connection is lost."""
        async for event in self._events:
            if isinstance(event, Down):
                break
        await self._events.aclose()
        return None

    async def end(self) -> None:
        """Terminate it."""
        await self._events.aclose()
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGTERM)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
