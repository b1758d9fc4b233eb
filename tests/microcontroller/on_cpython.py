"""The driver of the board, as it is in docs/microcontroller, on CPython: `board/` has what a board has."""

import os
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).parent
WRAPS_AT = 2**30

clock: Any = time
clock.ticks_ms = lambda: time.monotonic_ns() // 1_000_000 % WRAPS_AT
clock.ticks_add = lambda ticks, ms: (ticks + ms) % WRAPS_AT
clock.ticks_diff = lambda a, b: (a - b + WRAPS_AT // 2) % WRAPS_AT - WRAPS_AT // 2
clock.sleep_ms = lambda ms: time.sleep(ms / 1000)
sys.path[:0] = [str(HERE / "board"), str(HERE.parents[1] / "docs" / "microcontroller")]

if __name__ == "__main__":
    from labd_wire import Station  # type: ignore[import-not-found]
    from main import Heater  # type: ignore[import-not-found]

    broker = urlsplit(os.environ["LABD_BROKER"])
    ledger = Path(os.environ["LABD_STATE"]) / "ledger.jsonl"
    Station(
        Heater(),
        broker.hostname,
        os.environ["LABD_WORKCELL"],
        os.environ["LABD_NAME"],
        port=broker.port,
        ledger=str(ledger),
    ).run()
