"""What makes a powder: the balance with its feeders, and the mill."""

from __future__ import annotations

from typing import Annotated, Any

from labd.driver_kit import Context, DeviceError, Recovery, Slot, action

from .crucibles import CrucibleInstrument
from .physics import OXIDES

WEIGHING_S = 150.0
MASS_MG = 1.5
"""Standard deviation of a mass."""
DRIFT = 2e-4
"""What the balance's scale loses, a weighing."""
MILLING_SHARE = 0.004
"""Standard deviation of what the mill keeps of an oxide, of its mass."""

Mass = Annotated[float, Slot(unit="g", low=0, high=20)]
WEIGHED = Slot(unit="g", low=0, description="as weighed")


class Balance(CrucibleInstrument):
    """An analytical balance with a feeder for each oxide.

    Fault `spill`: the boat tips while it is emptied; the powder is lost, and the order may be given again.
    """

    model = "simulated balance"
    safe_state_description = "feeders closed, the boat is empty"

    async def open(self) -> None:
        """Look at the world; the balance was calibrated just now."""
        await super().open()
        self._weighings = 0

    @action(
        typical_s=WEIGHING_S,
        maximum_s=1200,
        recovery=Recovery.DISCARD,
        results=dict.fromkeys(OXIDES, WEIGHED),
    )
    async def weigh(
        self, context: Context, sample: str, batch: str, lanthana: Mass, zirconia: Mass, tantala: Mass
    ) -> dict[str, Any]:
        """Feed three oxides into the crucible of a new sample, for a batch of the furnace."""
        if self.crucibles.find(sample) is not None:
            raise DeviceError(f"there is powder in crucible {sample}")
        wanted = (lanthana, zirconia, tantala)
        if not sum(wanted) > 0:
            raise DeviceError(f"crucible {sample} would be empty")
        drawn = self.noise("weigh", context.command).standard_normal(3).tolist()
        with self.actuation(context, "weigh", sample, lanthana=lanthana, zirconia=zirconia, tantala=tantala):
            await self.elapse(WEIGHING_S)
            if self.has("spill", context):
                raise DeviceError("the boat tipped; the powder is lost")
            true = [max(mass + MASS_MG / 1000 * noise, 0.0) for mass, noise in zip(wanted, drawn, strict=True)]
            powder = dict(zip(OXIDES, true, strict=True))
            self.crucibles.put(sample, {"state": "weighed", "batch": batch, **powder})
            self._weighings += 1
        return {name: round(mass * (1 - DRIFT * self._weighings), 4) for name, mass in powder.items()}


class Mill(CrucibleInstrument):
    """A planetary mill for one crucible."""

    model = "simulated mill"
    safe_state_description = "the mill stands still"

    @action(typical_s=600, maximum_s=3600, recovery=Recovery.REPEAT, cancellable=True)
    async def mix(
        self, context: Context, sample: str, duration: Annotated[float, Slot(unit="min", low=1, high=60)]
    ) -> None:
        """Grind what was weighed; a little stays in the mill."""
        powder = self.crucible(sample, "weighed")
        kept = 1.0 + MILLING_SHARE * self.noise("mix", sample).standard_normal(3)
        with self.actuation(context, "mix", sample, duration=duration):
            await self.elapse(60 * duration)
            ground = {name: powder[name] * float(share) for name, share in zip(OXIDES, kept, strict=True)}
            self.crucibles.put(sample, powder | ground | {"state": "mixed"})
