"""A direct-current power supply with one output, as the SCPI standard has it."""

from labd.driver_kit import Context, Driver, Recovery, Slot, action, reading, setting

from .session import Session


class PowerSupply(Driver):
    """Options: `host` and `port` of its socket. For a supply with other limits derive a class with other settings."""

    version = "1"
    safe_state_description = "the output is off"

    def __init__(self, *, host: str = "127.0.0.1", port: int = 5025) -> None:
        self._scpi = Session(host, port)

    async def open(self) -> None:
        """Connect, and say who is there."""
        self.make, self.model, self.serial, _ = await self._scpi.open()

    async def close(self) -> None:
        """Disconnect; the output stays as it is."""
        await self._scpi.close()

    async def make_safe(self) -> None:
        """Switch the output off."""
        await self._scpi.tell("OUTP OFF")

    @setting(unit="V", low=0, high=30)
    async def voltage(self) -> float:
        """The voltage of the output, at most."""
        return await self._scpi.number("VOLT?")

    @voltage.set
    async def set_voltage(self, volts: float) -> None:
        """Set the voltage."""
        await self._scpi.tell(f"VOLT {volts:.6g}")

    @setting(unit="A", low=0, high=3)
    async def current_limit(self) -> float:
        """The current of the output, at most."""
        return await self._scpi.number("CURR?")

    @current_limit.set
    async def set_current_limit(self, amperes: float) -> None:
        """Limit the current."""
        await self._scpi.tell(f"CURR {amperes:.6g}")

    @setting()
    async def output(self) -> bool:
        """Whether the output is on."""
        return await self._scpi.ask("OUTP?") == "1"

    @output.set
    async def set_output(self, on: bool) -> None:  # noqa: FBT001 - the value of a setting
        """Switch the output."""
        await self._scpi.tell(f"OUTP {'ON' if on else 'OFF'}")

    @reading(unit="V", every_s=2)
    async def measured_voltage(self) -> float:
        """The voltage across the output."""
        return await self._scpi.number("MEAS:VOLT?")

    @action(recovery=Recovery.REPEAT, results={"voltage": Slot(unit="V"), "current": Slot(unit="A")})
    async def measure(self, context: Context) -> dict[str, float]:
        """Measure voltage and current of the output."""
        return {"voltage": await self._scpi.number("MEAS:VOLT?"), "current": await self._scpi.number("MEAS:CURR?")}
