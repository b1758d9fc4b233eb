"""What measures a fired pellet: the diffractometer and the impedance bridge."""

from __future__ import annotations

from typing import Annotated, Any

from labd.driver_kit import Context, DeviceError, Recovery, Slot, action

from .crucibles import CrucibleInstrument
from .physics import OXIDES, conductivity, purity

DIFFRACTION_S, IMPEDANCE_S = 900.0, 420.0
PURITY_PERCENT = 1.5
"""Standard deviation of a refined share."""
BRIDGE_SHARE = 0.03
"""Standard deviation of a conductivity, of itself: contacts differ."""
LEAST_MS_CM = 1e-4


class Diffractometer(CrucibleInstrument):
    """X-ray powder diffraction, refined to the share of the garnet."""

    model = "simulated diffractometer"
    safe_state_description = "the tube is off, the shutter closed"

    @action(
        typical_s=DIFFRACTION_S,
        maximum_s=7200,
        recovery=Recovery.REPEAT,
        results={"purity": Slot(unit="percent", low=0, high=100, description="share of the garnet")},
        cancellable=True,
    )
    async def diffract(self, context: Context, sample: str) -> dict[str, Any]:
        """Record a diffractogram of a fired sample and refine it."""
        pellet = self.crucible(sample, "fired")
        with self.actuation(context, "diffract", sample):
            await self.elapse(DIFFRACTION_S)
        share = 100.0 * purity(pellet) * pellet["formed"]
        noise = PURITY_PERCENT * float(self.noise("diffract", context.command).normal())
        return {"purity": round(min(max(share + noise, 0.0), 100.0), 2)}


class ImpedanceBridge(CrucibleInstrument):
    """An impedance bridge with a thermostat.

    Fault `contact`: an electrode lifts off and the bridge notices; the order may be given again.
    """

    model = "simulated impedance bridge"
    safe_state_description = "no voltage at the electrodes, thermostat off"

    @action(
        typical_s=IMPEDANCE_S,
        maximum_s=3600,
        recovery=Recovery.REPEAT,
        results={"conductivity": Slot(unit="mS/cm", low=0, detection=2 * LEAST_MS_CM, description="of the pellet")},
        cancellable=True,
    )
    async def conduct(
        self, context: Context, sample: str, temperature: Annotated[float, Slot(unit="degC", low=-20, high=200)]
    ) -> dict[str, Any]:
        """Measure the conductivity of a fired sample at a temperature."""
        pellet = self.crucible(sample, "fired")
        with self.actuation(context, "conduct", sample, temperature=temperature):
            await self.elapse(IMPEDANCE_S)
            if self.has("contact", context):
                raise DeviceError("an electrode lifted off")
        powder = {name: pellet[name] for name in OXIDES}
        true = conductivity(powder, pellet["formed"], pellet["kept"], temperature)
        measured = true * (1.0 + BRIDGE_SHARE * float(self.noise("conduct", context.command).normal()))
        return {"conductivity": round(max(measured, LEAST_MS_CM), 6)}
