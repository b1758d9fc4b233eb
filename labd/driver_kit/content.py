"""What can be attached to a result: bytes, a file, an array; each as a stream of bytes, with a name and a kind.

>>> labelled(b"1,2", "", "readings.csv")
('readings.csv', 'text/csv')
"""

from __future__ import annotations

import hashlib
import io
import mimetypes
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from labd.domain.blob import MAXIMUM_BLOB_BYTES, SCHEME, Blob
from labd.domain.errors import InvalidInput

BLOCK_BYTES = 1 << 20
NPY = "application/x-npy"
"""NumPy's own format: type, shape, and the numbers as they are."""


class Array(Protocol):
    """An array of NumPy, or what is like one; the kit itself does not import NumPy."""

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """Where its numbers are and how they are laid out."""

    @property
    def nbytes(self) -> int:
        """How many bytes its numbers take."""


Content = bytes | bytearray | memoryview | Path | Array


def is_array(value: object) -> bool:
    """Whether the value is an array of a numerical library."""
    return hasattr(value, "__array_interface__") and hasattr(value, "nbytes") and getattr(value, "shape", ()) != ()


def labelled(content: Content, media_type: str, name: str) -> tuple[str, str]:
    """The name and the media type, with what goes without saying."""
    if isinstance(content, Path):
        name = name or content.name
    elif not isinstance(content, bytes | bytearray | memoryview):
        return name or "array.npy", media_type or NPY
    return name, media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"


def reference(content: Content, media_type: str, name: str, keep: Callable[[bytes], object]) -> Blob:
    """The reference to a content, each block of which is handed on in passing.

    Raises `InvalidInput` where it is larger than what can be sent, and `OSError` where it cannot be read."""
    name, media_type = labelled(content, media_type, name)
    digest, size = hashlib.sha256(), 0
    with _opened(content) as stream:
        while block := stream.read(BLOCK_BYTES):
            size += len(block)
            if size > MAXIMUM_BLOB_BYTES:
                raise InvalidInput(f"{name or 'The data'}: more than {MAXIMUM_BLOB_BYTES:,} bytes cannot be sent.")
            digest.update(block)
            keep(block)
    return Blob(blob=SCHEME + digest.hexdigest(), size_bytes=size, media_type=media_type, name=name)


def _opened(content: Content) -> BinaryIO:
    if isinstance(content, Path):
        return content.open("rb")
    if isinstance(content, bytes | bytearray | memoryview):
        return io.BytesIO(content)
    stream = io.BytesIO()
    sys.modules["numpy"].save(stream, content, allow_pickle=False)  # who has an array has NumPy
    stream.seek(0)
    return stream
