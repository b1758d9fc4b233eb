"""The furnace that fires a batch."""

from __future__ import annotations

from typing import Annotated, Any

from labd.driver_kit import Context, DeviceError, Recovery, Slot, action, reading

from .crucibles import CrucibleInstrument
from .physics import fired

PLACES = 8
ROOM_C = 25.0
HEATING_K_H = 400.0
GRADIENT_K = 4.0
"""Standard deviation of a place's temperature from the thermocouple's."""
AGEING_K = 0.5
"""How much too much the thermocouple shows more with each firing."""


class Furnace(CrucibleInstrument):
    """A muffle furnace with places for eight crucibles, and one thermocouple.

    Fault `quench`: the heater fails half-way; the batch is raw, and lost.
    """

    model = "simulated furnace"
    safe_state_description = "heater off, the door locked until it is cold"

    async def open(self) -> None:
        """Look at the world; the furnace is cold."""
        await super().open()
        self._temperature_c, self._firings = ROOM_C, 0

    async def make_safe(self) -> None:
        """Heater off."""
        self._temperature_c = ROOM_C

    @reading(unit="degC", every_s=1.0)
    async def temperature(self) -> float:
        """Of the thermocouple."""
        return round(self._temperature_c, 1)

    @action(
        typical_s=40000,
        maximum_s=150000,
        recovery=Recovery.DISCARD,
        results={
            "temperature": Slot(unit="degC", description="mean over the dwell, as measured"),
            "crucibles": Slot(type="integer", low=0, description="how many were in"),
        },
    )
    async def fire(
        self,
        context: Context,
        batch: str,
        temperature: Annotated[float, Slot(unit="degC", low=200, high=1400)],
        dwell: Annotated[float, Slot(unit="h", low=0, high=30)],
    ) -> dict[str, Any]:
        """Heat all mixed crucibles of a batch, keep them hot, and let them cool."""
        named = {name: self.crucibles.get(name) for name in self.crucibles.names()}
        loaded = {name: each for name, each in named.items() if (each["batch"], each["state"]) == (batch, "mixed")}
        if not 0 < len(loaded) <= PLACES:
            raise DeviceError(f"the furnace has {PLACES} places; batch {batch} has {len(loaded)} mixed crucibles")
        with self.actuation(context, "fire", batch, temperature=temperature, dwell=dwell, crucibles=len(loaded)):
            await self._hold(temperature, dwell / 2)
            if self.has("quench", context):
                for name, each in loaded.items():
                    self.crucibles.put(name, each | {"state": "raw"})
                raise DeviceError("the heater failed half-way; the batch is raw")
            await self._hold(temperature, dwell / 2)
            measured_c = temperature + float(self.noise("fire", batch).normal())
            for name, each in loaded.items():
                true_c = measured_c - AGEING_K * self._firings + GRADIENT_K * float(self.noise("place", name).normal())
                formed, kept = fired(true_c, dwell)
                self.crucibles.put(name, each | {"state": "fired", "formed": formed, "kept": kept})
            self._firings += 1
            await self.elapse((temperature - ROOM_C) / HEATING_K_H * 3600)
            self._temperature_c = ROOM_C
        return {"temperature": round(measured_c, 1), "crucibles": len(loaded)}

    async def _hold(self, temperature_c: float, hours: float) -> None:
        await self.elapse(abs(temperature_c - self._temperature_c) / HEATING_K_H * 3600)
        self._temperature_c = temperature_c
        await self.elapse(3600 * hours)
