"""A reference to data that is too large for a message: what it is, and the hash by which it is found.

>>> reference = {"blob": "sha256:" + 64 * "0", "size_bytes": 3, "media_type": "text/csv", "name": "a.csv"}
>>> [each.name for each in blobs_in({"spectrum": reference, "volume": 2.5})]
['a.csv']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, ValidationError

from labd.domain.value import Value

MAXIMUM_BLOB_BYTES = 100_000_000
"""The largest data that a driver offers, and, unless a laboratory says otherwise, that a daemon takes."""
SCHEME = "sha256:"
BLOB = r"^sha256:[0-9a-f]{64}$"
MEDIA_TYPE = r"^[A-Za-z0-9_.+-]{1,60}/[A-Za-z0-9_.+-]{1,80}$"
"""In ASCII, letter by letter: a repeated `\\w`, which means all alphabets, takes 13 MB in every driver process."""


class Blob(Value):
    """Data by its hash: the same content has the same reference, and other content never has it."""

    blob: str = Field(pattern=BLOB)
    """SHA-256 of the content, in hexadecimal, behind `sha256:`."""
    size_bytes: int = Field(ge=0)
    """How long the content is."""
    media_type: str = Field(
        default="application/octet-stream", pattern=r"^[A-Za-z0-9_.+-]{1,60}/[A-Za-z0-9_.+-]{1,80}$"
    )
    """What kind of content it is, as in `image/png`."""
    name: str = Field(default="", max_length=200, pattern=r"^[^/\\\x00-\x1f\x7f]*$")
    """What a person calls the file; not a path."""

    @property
    def sha256(self) -> str:
        """The hash alone: 64 hexadecimal digits."""
        return self.blob.removeprefix(SCHEME)


def is_reference(value: object) -> bool:
    """Whether the value means to be a reference; it may still be a wrong one."""
    return isinstance(value, Mapping) and isinstance(blob := value.get("blob"), str) and blob.startswith(SCHEME)


def blobs_in(value: object) -> Iterator[Blob]:
    """The references in a result, wherever they stand. One that is no valid reference is left out."""
    for _, found in references_in(value):
        if isinstance(found, Blob):
            yield found


def wrong_reference(value: object) -> str | None:
    """Where in a result there is something that means to be a reference and is none, if anywhere.

    >>> wrong_reference({"image": {"blob": "sha256:short", "size_bytes": 3}})
    'image'
    """
    return next((place for place, found in references_in(value) if found is None), None)


def references_in(value: object, place: str = "") -> Iterator[tuple[str, Blob | None]]:
    """The references in a result with their places, as in `frames[2]`; None where one is wrong."""
    if is_reference(value):
        yield place, _read(value)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from references_in(each, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from references_in(each, f"{place}[{index}]")


def _read(value: Any) -> Blob | None:
    try:
        return Blob.model_validate(value)
    except ValidationError:
        return None
