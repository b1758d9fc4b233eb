"""Ids and seeds without chance."""

from itertools import count


class CountedIds:
    """`labd.ports.Ids`: ULIDs that count up, and seeds that do."""

    def __init__(self) -> None:
        self._count = count(1)

    def ulid(self) -> str:
        """The next id, 26 characters, in order."""
        return f"{next(self._count):026d}"

    def seed(self) -> int:
        """The next seed."""
        return next(self._count)
