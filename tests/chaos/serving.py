"""`labd serve`, but for its clock: `python -m tests.chaos.serving DIR BROKER_URL CLOCK_FILE`."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from labd.adapters.system_clock import SystemClock
from labd.daemon.serving import serve


class JumpingClock(SystemClock):
    """This machine's, wrong by as many seconds as a file says at the moment."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=float(self._file.read_text()))


if __name__ == "__main__":
    directory, url, clock = sys.argv[1:]
    serve(lab=Path(directory), port=0, broker=url, clock=JumpingClock(Path(clock)))
