"""What a laboratory may have for a screener, good and bad."""

import time
from typing import Any


def strict(protocol: dict[str, Any]) -> list[str]:
    print("looking")  # what it prints is not its answer
    return [f"it handles {each}" for each in protocol["hazard"]["materials"]]


def breaks(protocol: dict[str, Any]) -> list[str]:
    raise RuntimeError("the list of agents is gone")


def chatters(protocol: dict[str, Any]) -> Any:
    return 42


def hangs(protocol: dict[str, Any]) -> list[str]:
    time.sleep(600)
    return []
