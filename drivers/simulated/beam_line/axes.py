"""What moves at the line: power supplies of magnets, and motors."""

from __future__ import annotations

from typing import Annotated, Any

from labd.driver_kit import Context, DeviceError, Recovery, Slot, action, reading

from .line import LineInstrument

RAMP_A_S = 5.0
"""Faster, and the coil's voltage would trip the supply."""
RIPPLE_A = 0.005
MOTOR_MM_S = 0.5
BACKLASH_MM = 0.002
STALLED_AT = 0.5


class Magnet(LineInstrument):
    """A quadrupole's power supply, which ramps by itself."""

    model = "simulated magnet supply"
    safe_state_description = "the current stays as it is: without it the beam would hit the wall"

    @reading(unit="A", every_s=1.0)
    async def current(self) -> float:
        """In the coil."""
        return round(self.standing(self.axis), 3)

    @action(
        typical_s=10,
        maximum_s=300,
        recovery=Recovery.REPEAT,
        results={"current": Slot(unit="A", description="in the coil, as measured")},
    )
    async def ramp(self, context: Context, current: Annotated[float, Slot(unit="A", low=0, high=60)]) -> dict[str, Any]:
        """Bring the coil to a current."""
        with self.actuation(context, "ramp", self.axis, current=current):
            await self.elapse(abs(current - self.standing(self.axis)) / RAMP_A_S)
            self.move(self.axis, current)
        ripple = RIPPLE_A * float(self.noise("ramp", context.command).normal())
        return {"current": round(current + ripple, 4)}


class Motor(LineInstrument):
    """A linear stage with encoder.

    Fault `stall`: it stops half-way and notices; the order may be given again.
    """

    model = "simulated motor"
    safe_state_description = "the motor stands still"

    @reading(unit="mm", every_s=1.0)
    async def position(self) -> float:
        """Of the encoder."""
        return round(self.standing(self.axis), 4)

    @action(
        typical_s=5,
        maximum_s=120,
        recovery=Recovery.REPEAT,
        results={"position": Slot(unit="mm", description="of the encoder")},
        cancellable=True,
    )
    async def drive(
        self, context: Context, position: Annotated[float, Slot(unit="mm", low=-10, high=10)]
    ) -> dict[str, Any]:
        """Go to a position."""
        return await self._go(context, "drive", position)

    @action(
        typical_s=5,
        maximum_s=120,
        recovery=Recovery.DISCARD,
        results={"position": Slot(unit="mm", description="of the encoder")},
        cancellable=True,
    )
    async def nudge(self, context: Context, by: Annotated[float, Slot(unit="mm", low=-5, high=5)]) -> dict[str, Any]:
        """Go by so much from where it stands."""
        return await self._go(context, "nudge", self.standing(self.axis) + by)

    async def _go(self, context: Context, order: str, position: float) -> dict[str, Any]:
        start = self.standing(self.axis)
        with self.actuation(context, order, self.axis, position=position):
            await self.elapse(STALLED_AT * abs(position - start) / MOTOR_MM_S)
            if self.has("stall", context):
                raise DeviceError(f"the motor stalled before {position:.3f} mm, and went back")
            await self.elapse((1 - STALLED_AT) * abs(position - start) / MOTOR_MM_S)
            reached = position + BACKLASH_MM * float(self.noise(order, context.command).normal())
            self.move(self.axis, reached)
        return {"position": round(reached, 4)}
