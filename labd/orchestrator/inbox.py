"""Where everything arrives that the writer takes."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

from labd.orchestrator.lanes import Lanes
from labd.ports.instrument_link import Inbound

T = TypeVar("T")


class Inbox(Generic[T]):
    """`Lanes`, with somebody who waits for them."""

    def __init__(self) -> None:
        self._lanes: Lanes[T] = Lanes()
        self._news = asyncio.Event()

    @property
    def held_back(self) -> int:
        """How many messages found no room; what they said comes again."""
        return self._lanes.held_back

    def put(self, item: T) -> None:
        """Something of the daemon's own."""
        self._lanes.put(item)
        self._news.set()

    def arrive(self, each: Inbound) -> None:
        """Something from the wire."""
        self._lanes.arrive(each)
        self._news.set()

    async def take(self, most: int) -> list[T | Inbound]:
        """At least one item and at most so many; waits for it."""
        loop = asyncio.get_running_loop()
        while not (group := self._lanes.take(most, loop.time())):
            self._news.clear()
            due = self._lanes.due(loop.time())
            timer = None if due is None else loop.call_at(due, self._news.set)
            try:
                await self._news.wait()
            finally:
                if timer:
                    timer.cancel()
        return group
