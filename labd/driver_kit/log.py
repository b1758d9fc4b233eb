"""The log of a driver: on standard error, or in a file that never outgrows its disk."""

from __future__ import annotations

import io
import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

MOST_BYTES = 5_000_000
KEPT = 3
"""Older files beside the present one: NAME.log.1, NAME.log.2, ..."""
FORMAT = "%(asctime)s %(levelname)s %(message)s"


def log_to_stderr() -> None:
    """Say everything on standard error, where a service keeps it."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=FORMAT)


def log_to_file(path: Path, *, most_bytes: int = MOST_BYTES, kept: int = KEPT) -> None:
    """Say everything in the file: what is logged, what is printed, and what a library writes to standard error."""
    handler = _Standing(path, maxBytes=most_bytes, backupCount=kept, encoding="utf-8")
    logging.basicConfig(handlers=[handler], level=logging.INFO, format=FORMAT)
    sys.stdout = _Lines()  # a line that is printed counts: nothing else would notice that the file has grown


class _Standing(RotatingFileHandler):
    """A file that is also the process's standard output and error, so that a traceback at its end is kept."""

    def _open(self) -> io.TextIOWrapper:
        stream = super()._open()
        for standard in (1, 2):
            os.dup2(stream.fileno(), standard)
        return stream


class _Lines(io.TextIOBase):
    """What is printed, line by line, as records of the log."""

    def __init__(self) -> None:
        self._begun = ""

    def write(self, text: str) -> int:
        """Log the lines that are complete."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            logging.getLogger("labd.driver.printed").info("%s", line)
        return len(text)
