"""A board's pins: each writes what it is set to into a file, the physical log."""

import os
from pathlib import Path

LOG = Path(os.environ["LABD_STATE"]) / "pins.log"


class Pin:
    OUT = 1

    def __init__(self, number: int, mode: int = 0, value: int | None = None) -> None:
        self.number = number

    def value(self, level: int) -> None:
        with LOG.open("a", encoding="utf-8") as file:
            file.write(f"{self.number} {level}\n")


class ADC:
    def __init__(self, pin: Pin) -> None:
        """A thermometer at room temperature."""

    def read_uv(self) -> int:
        return 213_375
