"""Ids and seeds from the operating system's chance."""

import secrets
import time

from ulid import ULIDGenerator


class RandomIds:
    """`labd.ports.Ids`: ULIDs that grow, also within a millisecond and when the machine's clock is set back."""

    def __init__(self) -> None:
        self._newest_ms = 0
        self._ulids = ULIDGenerator(clock=self._forwards_ms)

    def ulid(self) -> str:
        """A new ULID: 26 characters, later ones sort after earlier ones."""
        return str(self._ulids.generate())

    def seed(self) -> int:
        """A new seed, 0 <= seed < 2**31."""
        return secrets.randbits(31)

    def _forwards_ms(self) -> int:
        self._newest_ms = max(self._newest_ms, time.time_ns() // 1_000_000)
        return self._newest_ms
