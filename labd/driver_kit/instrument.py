"""The instrument behind a driver: kept open, brought into its safe state, and what is wrong with it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

from labd.driver_kit.driver import Driver
from labd.driver_kit.results import clean

SAFE_WITHIN_S = 30.0
"""An instrument that is not safe after this long (real seconds) is reported as not safe."""
CLOSED_WITHIN_S = 5.0
FIRST_RETRY_S, LAST_RETRY_S = 0.5, 30.0

log = logging.getLogger("labd.driver")


class Instrument:
    """Keeps a driver open for ever; `trouble` and `unsafe` say why commands are refused."""

    def __init__(self, driver: Driver, changed: Callable[[], None]) -> None:
        self.driver = driver
        self.opening = True
        """From the start until the first attempt to open has ended."""
        self.trouble = "opening"
        """Why the instrument cannot be used; empty while it is open."""
        self.unsafe = ""
        """Why `make_safe` failed; empty when it did not."""
        self._changed = changed
        self._lost = asyncio.Event()
        self._safe = asyncio.Lock()

    async def keep_open(self, opened: Callable[[], Awaitable[None]]) -> None:
        """Open, and open again when the connection is lost, with back-off; `opened` is awaited each time."""
        delay = FIRST_RETRY_S
        while True:
            self._lost.clear()
            if await self._open():
                delay = FIRST_RETRY_S
                await opened()
                await self._lost.wait()
            else:
                await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret
                delay = min(LAST_RETRY_S, 2 * delay)
            await self.close()

    def lose(self, why: str) -> None:
        """The connection to the instrument is lost: it is closed and opened again."""
        self.trouble = why
        self._lost.set()
        self._changed()

    async def make_safe(self) -> None:
        """Bring the instrument into its safe state; a failure stays in `unsafe` until it succeeds or is reset."""
        async with self._safe:
            try:
                await asyncio.wait_for(self.driver.make_safe(), SAFE_WITHIN_S)
            except Exception as error:  # whatever the author's code raises: it is not safe
                log.exception("the instrument could not be made safe")
                self.unsafe = clean(f"could not be made safe: {type(error).__name__}: {error}")
            else:
                self.unsafe = ""
        self._changed()

    async def close(self) -> None:
        """Let go of the instrument; a failure is logged, for nothing can be done about it."""
        try:
            await asyncio.wait_for(self.driver.close(), CLOSED_WITHIN_S)
        except Exception:
            log.exception("the instrument could not be closed")

    async def _open(self) -> bool:
        try:
            await self.driver.open()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
            log.warning("the instrument cannot be opened: %s: %s", type(error).__name__, error)
            self.trouble = clean(f"cannot be opened: {type(error).__name__}: {error}")
        else:
            self.trouble = ""
        self.opening = False
        self._changed()
        return not self.trouble
