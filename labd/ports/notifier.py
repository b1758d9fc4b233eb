"""The way to a person who is not looking at the page."""

from typing import Protocol


class Notifier(Protocol):
    """Tells a person."""

    async def notify(self, subject: str, text: str) -> None:
        """Say it once; a failure to reach the person is logged, never raised."""
