"""Small files that are replaced as a whole: after a crash there is the old one or the new one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, text: str) -> None:
    """Put the text in the place of the file; on disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    with os.fdopen(file, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    Path(temporary).replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
