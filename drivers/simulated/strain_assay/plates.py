"""The plates of the bench: where each stands, and what is in its wells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from labd.driver_kit import DeviceError

from ..instrument import SimulatedInstrument
from ..things import Thing, Things

FAULTS = ("bubble", "ajar", "lamp", "slip")
ROWS, COLUMNS = "ABCDEFGH", range(1, 13)
WELLS = tuple(f"{row}{column}" for row in ROWS for column in COLUMNS)


def fresh(place: str) -> Thing:
    """An empty plate."""
    return {"place": place, "wells": {}}


class PlateInstrument(SimulatedInstrument):
    """An instrument that works on the plate in its nest; without the option `nest`, on any, wherever it stands."""

    faults = FAULTS

    def __init__(
        self,
        *,
        nest: str = "",
        world: str = "world",
        log_name: str = "",
        speed: float = 1.0,
        seed: int = 0,
        **faults: float,
    ) -> None:
        super().__init__(world=world, log_name=log_name, speed=speed, seed=seed, **faults)
        self._nest = nest

    async def open(self) -> None:
        """Look at the world."""
        self.plates = Things(Path(self.directory), "plate")

    def in_nest(self, name: str) -> Thing:
        """The plate, which must stand in this instrument's nest. Raises `DeviceError`."""
        plate = self.plates.get(name)
        if self._nest and plate["place"] != self._nest:
            raise DeviceError(f"plate {name} stands in {plate['place']}, not in {self._nest}")
        return plate


def checked(well: str) -> str:
    """The well, if a plate has it. Raises `DeviceError`."""
    if well not in WELLS:
        raise DeviceError(f"a plate of 96 has no well {well}")
    return well


def checked_volumes(given: dict[str, Any], most_ul: float) -> dict[str, float]:
    """What goes into which well, in microlitres. Raises `DeviceError` for what is no volume or does not fit."""
    for well, volume in given.items():
        checked(well)
        if isinstance(volume, bool) or not isinstance(volume, int | float) or not 0 <= volume <= most_ul:
            raise DeviceError(f"well {well}: {volume!r} is no volume from 0 to {most_ul:g} uL")
    return {well: float(volume) for well, volume in given.items()}
