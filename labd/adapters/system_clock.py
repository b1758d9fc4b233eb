"""The time of day."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from labd.ports.clock import Timer


class SystemClock:
    """`labd.ports.Clock` of this machine."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        return datetime.now(UTC)

    def call_at(self, moment: datetime, call: Callable[[], None]) -> Timer:
        """Call once, at that moment or, if it has passed, at once."""
        return asyncio.get_running_loop().call_later(max((moment - self.now()).total_seconds(), 0.0), call)
