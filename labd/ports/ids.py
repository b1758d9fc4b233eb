"""The only source of chance."""

from typing import Protocol


class Ids(Protocol):
    """Draws ids and seeds."""

    def ulid(self) -> str:
        """A new ULID: 26 characters, later ones sort after earlier ones."""

    def seed(self) -> int:
        """A new seed, 0 <= seed < 2**31."""
