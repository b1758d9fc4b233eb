"""Ids and seeds without chance."""

from itertools import count


class CountedIds:
    """`labd.ports.Ids`: ULIDs that count up, and seeds that do; another `seed` gives others."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._count = count(1)

    def ulid(self) -> str:
        """The next id, 26 characters, in order."""
        return f"{self._seed:010d}{next(self._count):016d}"

    def seed(self) -> int:
        """The next seed, 0 <= seed < 2**31."""
        return (self._seed * 1_000_003 + next(self._count)) % 2**31
