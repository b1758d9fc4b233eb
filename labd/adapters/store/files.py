"""Large results as files, each under its own hash, so that any tool can look whether one was changed.

data/
├── ab/abcd…             whole: fsynced, its hash checked, read-only
└── partial/abcd…        what has come so far, from the beginning on; a restart goes on behind it
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import threading
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from labd.domain.errors import InvalidInput, NotFound, Unavailable

BLOCK_BYTES = 1 << 20
"""So much is read at a time where a file is hashed."""
READ_ONLY = 0o444
_HASH = re.compile(r"[0-9a-f]{64}")


class FileStore:
    """`labd.ports.Store` in a directory. One process writes at a time: the one that holds the journal's lock."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._partials: dict[str, _Partial] = {}
        self._locks = [threading.Lock() for _ in range(256)]
        """By the first two digits: one content is written by one thread, others are not kept waiting."""

    def path(self, sha256: str) -> Path:
        """Where the whole content is, or would be. Raises `InvalidInput` for what is no hash."""
        if not _HASH.fullmatch(sha256):
            raise InvalidInput(f"{sha256[:80]!r} is no SHA-256.", "Give 64 hexadecimal digits.")
        return self._directory / sha256[:2] / sha256

    def has(self, sha256: str) -> bool:
        """Whether the content is here, whole."""
        try:
            return self.path(sha256).is_file()
        except OSError:  # a directory that cannot be read: then nor can it be written, which says so
            return False

    async def begun(self, sha256: str) -> int:
        """How many bytes of it are here already. In a thread: what a restart finds is hashed once more."""
        return await asyncio.to_thread(self._begun, sha256)

    async def append(self, sha256: str, offset: int, data: bytes) -> int:
        """Take the next part. Raises `Unavailable` when the disk does not take it."""
        return await asyncio.to_thread(self._append, sha256, offset, data)

    async def keep(self, sha256: str) -> bool:
        """Make a whole of what came in part, if it is one. Raises `Unavailable` when the disk fails."""
        return await asyncio.to_thread(self._keep, sha256)

    def open(self, sha256: str) -> BufferedReader:
        """The content of a file. Raises `NotFound`."""
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError:
            raise NotFound(f"There is no data {sha256}.", "`labd data list` names what there is.") from None

    def names(self) -> Iterator[str]:
        """The hashes of all that is whole."""
        for path in sorted(self._directory.glob("[0-9a-f][0-9a-f]/*")):
            if _HASH.fullmatch(path.name):
                yield path.name

    def is_intact(self, sha256: str) -> bool:
        """Whether the file still has the content that its name says. Raises `NotFound`."""
        with self.open(sha256) as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256

    # --- in a thread

    def _begun(self, sha256: str) -> int:
        with self._lock(sha256), _said("read"):
            if self.has(sha256):
                return 0
            partial = self._partials.get(sha256)
            return partial.length if partial else self._found(sha256)

    def _append(self, sha256: str, offset: int, data: bytes) -> int:
        with self._lock(sha256), _said("written"):
            if self.has(sha256):
                return 0
            partial = self._partials.get(sha256) or self._opened(sha256)
            if offset == partial.length:
                partial.append(data)
            return partial.length

    def _keep(self, sha256: str) -> bool:
        with self._lock(sha256), _said("written"):
            if self.has(sha256):
                return True
            partial = self._partials.get(sha256) or self._opened(sha256)
            if partial.hash.hexdigest() != sha256:
                self._forget(sha256)
                return False
            with partial.path.open("rb") as file:
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), READ_ONLY)
            whole = self.path(sha256)
            _make_directory(whole.parent)
            partial.path.rename(whole)
            _sync_directory(whole.parent)
            del self._partials[sha256]
            return True

    def _lock(self, sha256: str) -> threading.Lock:
        return self._locks[int(self.path(sha256).parent.name, 16)]

    def _found(self, sha256: str) -> int:
        """The length of what a process before this one left; nothing is made where there is nothing."""
        return self._opened(sha256).length if self._partial_path(sha256).exists() else 0

    def _opened(self, sha256: str) -> _Partial:
        path = self._partial_path(sha256)
        _make_directory(path.parent)
        path.touch()
        self._partials[sha256] = _Partial(path)
        return self._partials[sha256]

    def _forget(self, sha256: str) -> None:
        self._partials.pop(sha256).path.unlink()

    def _partial_path(self, sha256: str) -> Path:
        return self._directory / "partial" / self.path(sha256).name


class _Partial:
    """A file that grows, and the hash of what is in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.hash = hashlib.sha256()
        self.length = 0
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                self.hash.update(block)
                self.length += len(block)

    def append(self, data: bytes) -> None:
        """All of it, or, where the disk does not take all, nothing. Raises `OSError`."""
        with self.path.open("r+b", buffering=0) as file:
            file.seek(self.length)
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[file.write(rest) :]
            except OSError:
                file.truncate(self.length)
                raise
        self.hash.update(data)
        self.length += len(data)


@contextlib.contextmanager
def _said(what: str) -> Iterator[None]:
    """The operating system's refusal, in words."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"Large results cannot be {what}: {error.strerror or error}.",
            "Make room on the disk of the laboratory; what waits is then taken by itself.",
        ) from error


def _make_directory(path: Path) -> None:
    """The directory, whose own name is on disk as well."""
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
