"""The pumps that put a sample together in its loop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from labd.driver_kit import Context, DeviceError, Recovery, Slot, action

from ..instrument import SimulatedInstrument
from .faults import FAULTS
from .physics import ARYL_HALIDE_M, BORONIC_ACID_M
from .world import Sample, Standing, World

LigandName = Literal["L0", "L1", "L2", "L3", "L4", "L5", "L6", "L7"]
STANDARD_M = 0.020
"""Internal standard in the stock solution of the aryl halide."""
LOOP_UL = 2000.0
DOSING_SHARE = 0.01
"""Standard deviation of a dosed volume, of the volume."""
DOSING_S = 60.0
STALLED_AT = 0.4
"""Where in the dose a stalled pump stops."""


class PumpStation(SimulatedInstrument):
    """Catalyst, aryl halide with internal standard, boronic acid and base, each by a syringe pump.

    Fault `stall`: the pumps stop after part of the dose. The next dose for the same sample flushes the loop first.
    """

    faults = FAULTS
    model = "simulated pump station"
    safe_state_description = "all pumps stand still, the loops are shut"

    async def open(self) -> None:
        """Look at the world."""
        self._world = World(Path(self.directory))

    @action(
        typical_s=DOSING_S,
        maximum_s=600,
        recovery=Recovery.DISCARD,
        results={
            "loading": Slot(unit="percent", description="palladium as dosed, in mol percent of the aryl halide"),
            "volume": Slot(unit="mL"),
        },
        cancellable=True,
    )
    async def prepare(
        self,
        context: Context,
        sample: str,
        ligand: LigandName,
        loading: Annotated[float, Slot(unit="percent", low=0.1, high=5.0)],
    ) -> dict[str, Any]:
        """Dose catalyst, substrates and base into the loop of a new sample."""
        before = self._world.find(sample)
        if before is not None and before.standing is not Standing.DOSING:
            raise DeviceError(f"the loop of {sample} holds a sample that is {before.standing}")
        dosed = [1.0 + DOSING_SHARE * float(each) for each in self.noise("prepare", sample).standard_normal(3)]
        flushed = "yes" if before is not None else "no"
        with self.actuation(context, "prepare", sample, ligand=ligand, loading=loading, flushed=flushed):
            vial = Sample(sample, Standing.DOSING, ligand)
            self._world.put(vial)
            await self.elapse(STALLED_AT * DOSING_S)
            if self.has("stall", context):
                raise DeviceError(f"a pump stalled after {STALLED_AT:.0%} of the dose")
            await context.progress(STALLED_AT, "catalyst and substrates are in")
            await self.elapse((1 - STALLED_AT) * DOSING_S)
            prepared = vial.now(
                Standing.PREPARED,
                loading=loading * dosed[0],
                aryl_halide_m=ARYL_HALIDE_M * dosed[1],
                standard_m=STANDARD_M * dosed[1],  # one solution
                boronic_acid_m=BORONIC_ACID_M * dosed[2],
                volume_ul=LOOP_UL,
            )
            self._world.put(prepared)
        return {"loading": round(prepared.loading, 4), "volume": LOOP_UL / 1000}
