"""Where large results are kept."""

from typing import BinaryIO, Protocol


class Store(Protocol):
    """Keeps contents by their SHA-256 (64 hexadecimal digits). What is whole is never changed; what came in part
    outlives a restart. Raises `Unavailable` when the disk does not take more, and then has taken nothing."""

    def has(self, sha256: str) -> bool:
        """Whether the content is here, whole, and on disk."""

    async def begun(self, sha256: str) -> int:
        """How many bytes of it are here already, from its beginning on; 0 also where it is whole."""

    async def append(self, sha256: str, offset: int, data: bytes) -> int:
        """Take the next part, and how many bytes are here then; a part that does not begin there changes nothing."""

    async def keep(self, sha256: str) -> bool:
        """Whether what came in part is the whole: then it is on disk for good. Else it is thrown away."""

    def open(self, sha256: str) -> BinaryIO:
        """The whole content, to be read and closed by the caller. Raises `NotFound`."""
