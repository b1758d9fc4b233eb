"""The reader of optical density and fluorescence."""

from __future__ import annotations

from typing import Any

from labd.driver_kit import Context, DeviceError, Recovery, Slot, action

from ..things import Thing
from .physics import AUTOFLUORESCENCE
from .plates import PlateInstrument

READ_S = 90.0
BLANK_OD, BLANK_COUNTS = 0.045, 55.0
"""Of plate and medium alone."""
OD_NOISE, OD_SHARE = 0.002, 0.01
COUNTS_NOISE, COUNTS_SHARE = 4.0, 0.015
LAMP_SHARE = 0.01
"""How much the lamp's brightness varies from plate to plate, standard deviation."""


class PlateReader(PlateInstrument):
    """Absorbance at 600 nm and fluorescence, well by well.

    Fault `lamp`: the lamp does not ignite; nothing was read, and the order may be given again.
    """

    model = "simulated plate reader"
    safe_state_description = "lamp off, shutter closed"

    @action(
        typical_s=READ_S,
        maximum_s=600,
        recovery=Recovery.REPEAT,
        results={
            "od": Slot(type="object", description="optical density at 600 nm, by well"),
            "fluorescence": Slot(type="object", description="counts, by well"),
        },
        cancellable=True,
    )
    async def read(self, context: Context, plate: str) -> dict[str, Any]:
        """Read all wells that hold something."""
        wells = self.in_nest(plate)["wells"]
        noise = self.noise("read", plate)
        lamp = 1.0 + LAMP_SHARE * float(noise.normal())
        with self.actuation(context, "read", plate, wells=len(wells)):
            await self.elapse(READ_S)
            if self.has("lamp", context):
                raise DeviceError("the lamp did not ignite")
            read = {well: _counted(wells[well], lamp, noise.standard_normal(4).tolist()) for well in sorted(wells)}
        densities, counts = ({well: each[n] for well, each in read.items()} for n in (0, 1))
        return {"od": densities, "fluorescence": counts}


def _counted(well: Thing, lamp: float, drawn: list[float]) -> tuple[float, float]:
    """Optical density and counts of a well, with noise."""
    density = well["density"] * (1.0 + OD_SHARE * drawn[0]) + BLANK_OD + OD_NOISE * drawn[1]
    glow = well.get("fluorescence", 0.0) + AUTOFLUORESCENCE * well["density"]
    counts = lamp * (glow * (1.0 + COUNTS_SHARE * drawn[2]) + BLANK_COUNTS) + COUNTS_NOISE * drawn[3]
    return round(density, 4), round(counts, 1)
