"""Where everything arrives that the writer takes."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Generic, TypeVar

from labd.orchestrator.lanes import Lanes
from labd.ports.instrument_link import Inbound, Message
from labd.wire.messages import Report

T = TypeVar("T")

ACCEPTED_WAITS_S = 0.02
"""So long the news that an order was accepted waits for company, as for the outcome of a quick action: nothing leaves
upon it, and where it is lost the driver is asked. So a quick action costs one commit, and not two."""


class Inbox(Generic[T]):
    """`Lanes`, with somebody who waits for them."""

    def __init__(self) -> None:
        self._lanes: Lanes[T] = Lanes()
        self._news = asyncio.Event()

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

    async def group(self, most: int) -> list[T | Inbound]:
        """What is to be committed together: at least one item, and about so many."""
        group = await self.take(most)
        if all(map(_can_wait, group)):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ACCEPTED_WAITS_S):
                    group += await self.take(most)
        return group


def _can_wait(item: object) -> bool:
    return isinstance(item, Message) and isinstance(item.body, Report) and item.body.accepted
