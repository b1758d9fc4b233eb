"""One daemon a laboratory: a lock that the operating system releases whatever happens to the process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from labd.domain.errors import JournalError


def take(path: Path) -> IO[str]:
    """The open file that holds the lock; closing it releases it. Raises `JournalError` when another process has it."""
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        owner = file.read().strip() or "unknown"
        file.close()
        raise JournalError(
            f"Another labd (process {owner}) has this laboratory open.", "End it first, or use another --lab."
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
