"""The crucibles of the laboratory: one a sample, and what is in it."""

from __future__ import annotations

from pathlib import Path

from labd.driver_kit import DeviceError

from ..instrument import SimulatedInstrument
from ..things import Thing, Things

FAULTS = ("spill", "quench", "contact")


class CrucibleInstrument(SimulatedInstrument):
    """An instrument that handles crucibles, which go through it in order: weighed, mixed, fired."""

    faults = FAULTS

    async def open(self) -> None:
        """Look at the world."""
        self.crucibles = Things(Path(self.directory), "crucible")

    def crucible(self, sample: str, state: str) -> Thing:
        """The sample's crucible, which must be in that state. Raises `DeviceError`."""
        found = self.crucibles.get(sample)
        if found["state"] != state:
            raise DeviceError(f"crucible {sample} is {found['state']}, not {state}")
        return found
