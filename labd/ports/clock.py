"""The only way to the time."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol


class Timer(Protocol):
    """A call in the future."""

    def cancel(self) -> None:
        """It will not happen."""


class Clock(Protocol):
    """The time of day (UTC, aware), and calls at a later time."""

    def now(self) -> datetime:
        """The present moment."""

    def call_at(self, moment: datetime, call: Callable[[], None]) -> Timer:
        """Call once, at that moment or, if it has passed, at once."""
