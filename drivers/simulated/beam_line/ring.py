"""The storage ring, as far as a line knows of it: it tells its current, and nobody here can change it."""

from __future__ import annotations

import asyncio
from typing import Any

from labd.driver_kit import Context, Recovery, Slot, action, reading

from .line import LineInstrument


class Ring(LineInstrument):
    """The ring's current, as the control room publishes it."""

    model = "simulated storage ring"
    safe_state_description = "nothing is done to the ring from here"

    @reading(unit="mA", every_s=0.2)
    async def current(self) -> float:
        """Stored in the ring."""
        return round(self.current_ma(), 2)

    @action(
        typical_s=60,
        maximum_s=20000,
        recovery=Recovery.REPEAT,
        results={"current": Slot(unit="mA", low=0, description="stored in the ring")},
        cancellable=True,
    )
    async def await_beam(self, context: Context) -> dict[str, Any]:
        """Wait until the ring has beam."""
        with self.actuation(context, "await_beam", context.run):
            await asyncio.sleep(self.outage_s())
        return {"current": round(self.current_ma(), 2)}
