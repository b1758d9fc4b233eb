"""A store in memory, with a restart that keeps what came in part and a disk that can be full."""

from __future__ import annotations

import hashlib
import io
from typing import BinaryIO

from labd.domain.errors import NotFound, Unavailable


class SimulatedStore:
    """`labd.ports.Store` without a disk."""

    def __init__(self) -> None:
        self._whole: dict[str, bytes] = {}
        self._partial: dict[str, bytes] = {}
        self.full = False
        """Set it, and the disk is full."""

    def has(self, sha256: str) -> bool:
        """Whether the content is here, whole."""
        return sha256 in self._whole

    async def begun(self, sha256: str) -> int:
        """How many bytes of it are here already."""
        return len(self._partial.get(sha256, b""))

    async def append(self, sha256: str, offset: int, data: bytes) -> int:
        """Take the next part, if it is the next."""
        if self.has(sha256):
            return 0
        here = self._partial.get(sha256, b"")
        if offset == len(here):
            self._need_room()
            here = self._partial[sha256] = here + data
        return len(here)

    async def keep(self, sha256: str) -> bool:
        """Make a whole of what came in part, if it is one."""
        if self.has(sha256):
            return True
        self._need_room()
        content = self._partial.pop(sha256, b"")
        if hashlib.sha256(content).hexdigest() != sha256:
            return False
        self._whole[sha256] = content
        return True

    def open(self, sha256: str) -> BinaryIO:
        """The whole content."""
        if not self.has(sha256):
            raise NotFound(f"There is no data {sha256}.", "`labd data list` names what there is.")
        return io.BytesIO(self._whole[sha256])

    def _need_room(self) -> None:
        if self.full:
            raise Unavailable("Large results cannot be written: the disk is full.", "Make room.")
