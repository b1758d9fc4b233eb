"""The command in hand: its action runs, and is ended from outside when it must be."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from labd.domain.capability import Capability
from labd.domain.command import Failed, FailureKind, Order, Outcome
from labd.driver_kit.instrument import Instrument
from labd.driver_kit.results import failed, reported

GRACE_S = 2.0
"""How long (real seconds) a cancelled action may take to unwind before the instrument is made safe regardless."""
SHORTEST_LIMIT_S = 60.0
"""No action of a simulated instrument is overdue before this many real seconds, however fast its time runs."""

log = logging.getLogger("labd.driver")


class Interruption(Enum):
    """Why an action is ended from outside."""

    CANCEL = auto()
    STOP = auto()
    OVERRUN = auto()


@dataclass(slots=True)
class Hand:
    """An order, and the task that carries it out."""

    order: Order
    capability: Capability
    action: asyncio.Task[Any]
    _interrupted: asyncio.Future[Interruption] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def interrupt(self, why: Interruption) -> None:
        """End the action, unless it is being ended already."""
        if not self._interrupted.done():
            self._interrupted.set_result(why)

    async def outcome(self, instrument: Instrument) -> Outcome:
        """What the action ends with: by itself, by an interruption, or because it takes longer than it may.

        The action may go on in spite of being cancelled: then `action` is not done when this returns.
        """
        waited = {self.action, self._interrupted}
        limit_s = real_limit_s(self.capability, instrument.driver.time_scale)
        await asyncio.wait(waited, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        if self.action.done():
            return self._ended()
        why = self._interrupted.result() if self._interrupted.done() else Interruption.OVERRUN
        await self.unwind()
        if why is Interruption.OVERRUN:
            await instrument.make_safe()
            message = f"The action took longer than {self.capability.maximum_s:g} s and was cancelled."
            return Failed(failure=FailureKind.UNDEFINED, message=message)
        if self.action.done() and not self.action.cancelled():
            return self._ended()
        message = "cancelled" if why is Interruption.CANCEL else "stopped before its end"
        return Failed(failure=FailureKind.DEFINED, message=message)

    async def unwind(self) -> None:
        """Cancel the action and give it a moment to let go."""
        self.action.cancel()
        await asyncio.wait({self.action}, timeout=GRACE_S)

    def _ended(self) -> Outcome:
        if self.action.cancelled():
            return Failed(failure=FailureKind.UNDEFINED, message="The action cancelled itself.")
        error = self.action.exception()
        if error is None:
            return reported(self.capability, self.action.result())
        log.error("the action of %s failed", self.order.command, exc_info=error)
        return failed(error)


def real_limit_s(capability: Capability, time_scale: float) -> float:
    """The capability's maximum in real seconds."""
    limit_s = capability.maximum_s / time_scale
    return limit_s if time_scale <= 1 else max(SHORTEST_LIMIT_S, limit_s)
