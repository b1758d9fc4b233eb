"""Files that one account alone may read, replaced whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def private_directory(path: Path) -> Path:
    """The directory, made where it is missing, for its owner alone."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def write_private(path: Path, content: bytes) -> None:
    """Replace a file with one of mode 0600, on the disk before its name is: a reader finds the old one or the new one.

    It belongs to whoever owned the old one, or else the directory: the broker's account, where root gave it the files.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    owner = path.stat() if path.exists() else path.parent.stat()
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            if os.geteuid() == 0:
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
