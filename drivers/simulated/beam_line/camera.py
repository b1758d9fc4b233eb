"""The camera behind the sample's place."""

from __future__ import annotations

import math
from typing import Annotated, Any

from labd.driver_kit import Context, DeviceError, Recovery, Slot, action

from .. import chance
from .line import LineInstrument
from .physics import RING_MA, spot

LOOK_S = 2.0
OFFSET_MM = 0.006
"""Standard deviation of a beam's centre."""
SIZE_SHARE, FLUX_SHARE = 0.01, 0.01
ACCEPTED_MM = 0.5
"""How far off the beam may be, standard deviation, before the camera's field cuts it."""
MISALIGNED_MM_A = (0.035, -0.022)
"""How far the beam moves with each current: no lens is hit in its middle."""
NOMINAL_A = 20.0


class Camera(LineInstrument):
    """A screen, a lens and a camera, with a diode behind.

    Fault `beam_loss`: the ring loses its beam while the shutter is open.
    """

    model = "simulated camera"
    safe_state_description = "the shutter is closed"

    async def open(self) -> None:
        """Look at the world; the shutter was never open."""
        await super().open()
        self._opened = 0

    @action(
        typical_s=LOOK_S,
        maximum_s=60,
        recovery=Recovery.REPEAT,
        results={"offset": Slot(unit="mm", description="of the beam from the middle")},
        cancellable=True,
    )
    async def look(self, context: Context) -> dict[str, Any]:
        """Take a short picture and find the beam's centre."""
        with self.actuation(context, "look", context.run):
            await self.elapse(LOOK_S)
            self._see()
        noise = OFFSET_MM * float(self.noise("look", context.command).normal())
        return {"offset": round(self.offset_mm() + noise, 4)}

    @action(
        typical_s=20,
        maximum_s=600,
        recovery=Recovery.REPEAT,
        results={
            "spot": Slot(unit="um", low=0, description="geometric mean of the two sizes, standard deviations"),
            "flux": Slot(low=0, description="1e9 photons a second"),
            "flux_density": Slot(low=0, description="1e9 photons a second and square millimetre"),
        },
        cancellable=True,
    )
    async def expose(
        self, context: Context, duration: Annotated[float, Slot(unit="s", low=0.1, high=300)]
    ) -> dict[str, Any]:
        """Take a long picture: the spot's size, and how much of the beam is in it, at the ring's full current."""
        with self.actuation(context, "expose", context.run, duration=duration):
            await self.elapse(duration)
            self._see()
        true = spot(self.standing("focus"), self.standing("defocus"), self.standing("slit"))
        seen = math.exp(-((self.offset_mm() / ACCEPTED_MM) ** 2) / 2)
        drawn = self.noise("expose", context.command).standard_normal(2).tolist()
        size_um = true.size_um * (1 + SIZE_SHARE * drawn[0])
        flux = true.flux * seen * (1 + FLUX_SHARE * drawn[1])
        density = flux / (2 * math.pi * size_um**2) * 1e6
        return {"spot": round(size_um, 2), "flux": round(flux, 4), "flux_density": round(density, 4)}

    def offset_mm(self) -> float:
        """How far the beam truly is from the middle: the line is as crooked as its seed has it."""
        bend, gain = (chance.share(self.seed, "line", each) for each in ("bend", "gain"))
        lenses = zip(("focus", "defocus"), MISALIGNED_MM_A, strict=True)
        moved = sum(share * (self.standing(axis) - NOMINAL_A) for axis, share in lenses)
        return 2 * bend - 1 + moved + (0.85 + 0.3 * gain) * self.standing("steerer")

    def _see(self) -> None:
        self._opened += 1
        if self.befalls("beam_loss", str(self._opened)):
            self.lose_beam()
        if self.current_ma() < RING_MA / 2:
            raise DeviceError("there is no beam")
