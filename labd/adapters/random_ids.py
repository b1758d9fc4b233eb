"""Ids and seeds from the operating system's chance."""

import secrets

from ulid import ULID


class RandomIds:
    """`labd.ports.Ids`."""

    def ulid(self) -> str:
        """A new ULID; a later millisecond sorts after an earlier one."""
        return str(ULID())

    def seed(self) -> int:
        """A new seed, 0 <= seed < 2**31."""
        return secrets.randbits(31)
