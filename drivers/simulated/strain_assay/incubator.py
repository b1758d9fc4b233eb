"""The incubator that shakes one plate."""

from __future__ import annotations

from typing import Annotated, Any

from labd.driver_kit import Context, Recovery, Slot, action, reading

from .physics import Culture, grown
from .plates import PlateInstrument

ROOM_C = 22.0
TEMPERATURE_K = 0.15
"""Standard deviation of the mean temperature."""
DRIFT_K_H = 0.02
"""How much warmer the incubator truly is than it says, an hour of a run."""
AJAR_K = 4.0


class Incubator(PlateInstrument):
    """A shaker at constant temperature.

    Fault `ajar`: the door does not close; the plate is colder than ordered, and the sensor says so.
    """

    model = "simulated incubator"
    safe_state_description = "heater and shaker off"

    async def open(self) -> None:
        """Look at the world; the chamber is at room temperature."""
        await super().open()
        self._temperature_c = ROOM_C

    async def make_safe(self) -> None:
        """Heater and shaker off."""
        self._temperature_c = ROOM_C

    @reading(unit="degC", every_s=1.0)
    async def temperature(self) -> float:
        """Of the chamber."""
        return round(self._temperature_c, 2)

    @action(
        typical_s=9000,
        maximum_s=50000,
        recovery=Recovery.DISCARD,
        results={
            "temperature": Slot(unit="degC", description="mean, as measured"),
            "duration": Slot(unit="h", low=0, description="as it was"),
        },
    )
    async def incubate(
        self,
        context: Context,
        plate: str,
        temperature: Annotated[float, Slot(unit="degC", low=4, high=45)],
        duration: Annotated[float, Slot(unit="h", low=0, high=12)],
    ) -> dict[str, Any]:
        """Keep the plate warm and shaken."""
        held = self.in_nest(plate)
        measured_c = temperature + TEMPERATURE_K * float(self.noise("incubate", context.command).normal())
        if self.has("ajar", context):
            measured_c -= AJAR_K
        true_c = measured_c + DRIFT_K_H * duration
        with self.actuation(context, "incubate", plate, temperature=temperature, duration=duration):
            self._temperature_c = measured_c
            await context.progress(0.0, f"shaking at {measured_c:.1f} degC")
            await self.elapse(3600 * duration)
            for well in held["wells"].values():
                if well["strain"] != "none":
                    before = Culture(well["density"], well.get("fluorescence", 0.0))
                    after = grown(well["strain"], before, well.get("inducer_um", 0.0), true_c, duration)
                    well |= {"density": after.density, "fluorescence": after.fluorescence}
            self.plates.put(plate, held)
        return {"temperature": round(measured_c, 2), "duration": duration}
