"""The robot that pipettes: medium into all wells of a plate, a strain or inducer into one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from labd.driver_kit import Context, DeviceError, Recovery, Slot, action

from .physics import INOCULUM_OD
from .plates import PlateInstrument, checked, checked_volumes

StrainName = Literal["none", "wt", "s1", "s2", "s3", "s4"]
WELL_UL = 300.0
FILL_S, TRANSFER_S = 120.0, 4.0
DISPENSING_SHARE = 0.02
"""Standard deviation of a small volume, of the volume."""


class LiquidHandler(PlateInstrument):
    """Eight channels over one nest.

    Fault `bubble`: a tip draws air and the robot notices: nothing was dispensed, and the order may be given again.
    """

    model = "simulated liquid handler"
    safe_state_description = "the arm is parked, tips are ejected"

    @action(
        typical_s=FILL_S,
        maximum_s=900,
        recovery=Recovery.DISCARD,
        results={"volume": Slot(unit="uL", low=0, description="in all wells together")},
    )
    async def fill(
        self, context: Context, plate: str, volumes: Annotated[dict[str, Any], Slot(unit="uL", low=0, high=WELL_UL)]
    ) -> dict[str, Any]:
        """Dispense medium into the wells, by well."""
        held = self.in_nest(plate)
        wanted = checked_volumes(volumes, WELL_UL)
        with self.actuation(context, "fill", plate, wells=len(wanted), volume_ul=round(sum(wanted.values()), 2)):
            await self.elapse(FILL_S)
            for well, volume in wanted.items():
                held["wells"][well] = {"volume_ul": volume, "strain": "none", "density": 0.0}
            self.plates.put(plate, held)
        return {"volume": round(sum(wanted.values()), 2)}

    @action(typical_s=TRANSFER_S, maximum_s=120, recovery=Recovery.DISCARD)
    async def inoculate(self, context: Context, plate: str, well: str, strain: StrainName) -> None:
        """Bring a culture into a filled well; `none` leaves the medium alone."""
        held = self.in_nest(plate)
        filled = held["wells"].get(checked(well))
        if filled is None or filled["strain"] != "none":
            raise DeviceError(f"well {well} of {plate} holds {'no medium' if filled is None else filled['strain']}")
        amount = 1.0 + DISPENSING_SHARE * float(self.noise("inoculate", f"{plate}.{well}").normal())
        with self.actuation(context, "inoculate", plate, well=well, strain=strain):
            await self._transfer(context)
            filled |= {"strain": strain, "density": INOCULUM_OD * amount if strain != "none" else 0.0}
            self.plates.put(plate, held)

    @action(typical_s=TRANSFER_S, maximum_s=120, recovery=Recovery.DISCARD)
    async def induce(
        self,
        context: Context,
        plate: str,
        well: str,
        concentration: Annotated[float, Slot(unit="umol/L", low=0, high=2000)],
    ) -> None:
        """Bring the inducer of a filled well to a concentration."""
        held = self.in_nest(plate)
        filled = held["wells"].get(checked(well))
        if filled is None or "inducer_um" in filled:
            raise DeviceError(f"well {well} of {plate} {'is empty' if filled is None else 'was induced before'}")
        amount = 1.0 + DISPENSING_SHARE * float(self.noise("induce", f"{plate}.{well}").normal())
        with self.actuation(context, "induce", plate, well=well, concentration=concentration):
            await self._transfer(context)
            filled["inducer_um"] = concentration * amount
            self.plates.put(plate, held)

    async def _transfer(self, context: Context) -> None:
        await self.elapse(TRANSFER_S)
        if self.has("bubble", context):
            raise DeviceError("a tip drew air; nothing was dispensed")
