"""The heated tube through which a sample flows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from labd.driver_kit import Context, DeviceError, Recovery, Slot, action, reading

from ..instrument import SimulatedInstrument
from .faults import FAULTS
from .physics import react
from .world import Standing, World

ROOM_C = 22.0
HEATING_K_S = 0.5
TEMPERATURE_K = 0.5
"""Standard deviation of the mean temperature of a run."""
FLOW_SHARE = 0.005
"""Standard deviation of the flow, and so of the residence time."""
COLLECTING_S = 60.0
LOST_UL = 120.0
"""What stays behind in the tube."""
CLOGGED_AT = 0.5


class Reactor(SimulatedInstrument):
    """A tube reactor with heater and back-pressure regulator.

    Fault `clog`: the tube clogs half-way; the sample is lost.
    """

    faults = FAULTS
    model = "simulated flow reactor"
    safe_state_description = "heater off, pump stopped, the tube vented to the waste"

    async def open(self) -> None:
        """Look at the world; the tube is at room temperature."""
        self._world = World(Path(self.directory))
        self._temperature_c = ROOM_C

    async def make_safe(self) -> None:
        """Heater off."""
        self._temperature_c = ROOM_C

    @reading(unit="degC", every_s=1.0)
    async def temperature(self) -> float:
        """Of the tube's wall."""
        return round(self._temperature_c, 2)

    @action(
        typical_s=420,
        maximum_s=1800,
        recovery=Recovery.DISCARD,
        results={
            "temperature": Slot(unit="degC", description="mean over the run, as measured"),
            "residence_time": Slot(unit="s", description="from the measured flow"),
            "volume": Slot(unit="mL", description="collected in the vial"),
        },
        cancellable=True,
    )
    async def react(
        self,
        context: Context,
        sample: str,
        temperature: Annotated[float, Slot(unit="degC", low=20, high=150)],
        residence_time: Annotated[float, Slot(unit="s", low=10, high=1200)],
    ) -> dict[str, Any]:
        """Heat the tube, let the sample flow through it, collect it in its vial."""
        vial = self._world.take(sample, Standing.PREPARED)
        drawn = self.noise("react", sample).standard_normal(2)
        mean_c = temperature + TEMPERATURE_K * float(drawn[0])
        time_s = residence_time * (1.0 + FLOW_SHARE * float(drawn[1]))
        with self.actuation(context, "react", sample, temperature=temperature, residence_time=residence_time):
            self._world.put(vial.now(Standing.REACTING))
            await context.progress(0.0, f"heating to {temperature:g} degC")
            await self.elapse(abs(temperature - self._temperature_c) / HEATING_K_S)
            self._temperature_c = mean_c
            await context.progress(0.3, "flowing")
            await self.elapse(CLOGGED_AT * time_s)
            if self.has("clog", context):
                raise DeviceError(f"the tube clogged; sample {sample} is lost")
            await self.elapse((1 - CLOGGED_AT) * time_s)
            await context.progress(0.9, "collecting")
            await self.elapse(COLLECTING_S)
            mixture = react(
                vial.ligand,
                time_s,
                mean_c,
                vial.loading,
                aryl_halide_m=vial.aryl_halide_m,
                boronic_acid_m=vial.boronic_acid_m,
            )
            volume_ul = vial.volume_ul - LOST_UL
            self._world.put(
                vial.now(
                    Standing.REACTED,
                    aryl_halide_m=mixture.aryl_halide,
                    boronic_acid_m=mixture.boronic_acid,
                    product_m=mixture.product,
                    arene_m=mixture.arene,
                    volume_ul=volume_ul,
                )
            )
        return {
            "temperature": round(mean_c, 2),
            "residence_time": round(time_s, 2),
            "volume": round(volume_ul / 1000, 3),
        }
