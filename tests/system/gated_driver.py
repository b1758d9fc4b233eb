"""An instrument for the tests of the driver kit: it writes down what it does, and each action waits at a gate."""

import asyncio
from pathlib import Path
from typing import Annotated

from labd.driver_kit import Context, DeviceError, Driver, Json, Outcome, Recovery, Slot, Succeeded, action, reading

RESULTS = {"volume": Slot(unit="mL")}


class Gated(Driver):
    """Each action connects to the gate (a Unix socket), says its command, and does what it is answered."""

    make, model, safe_state_description = "labd", "gated", "writes `safe`"
    end_within_s = 2.0

    def __init__(self, *, acts: str, gate: str) -> None:
        self._acts, self._gate = Path(acts), gate

    async def make_safe(self) -> None:
        self._write("safe")

    @action(recovery=Recovery.ASK, results=RESULTS, cancellable=True)
    async def pour(
        self, context: Context, volume: Annotated[float, Slot(unit="mL", low=0, high=10)]
    ) -> dict[str, float]:
        """Pour a volume."""
        await context.progress(0.5, "pouring")
        return {"volume": volume + await self._pass(context)}

    @action(recovery=Recovery.REPEAT)
    async def look(self, context: Context) -> dict[str, float]:
        """Look; harmless."""
        return {"seen": await self._pass(context)}

    @action(recovery=Recovery.QUERY)
    async def ring(self, context: Context) -> dict[str, float]:
        """Ring a bell that knows whether it rang."""
        return {"rung": await self._pass(context)}

    @reading(unit="degC", every_s=0.05)
    async def temperature(self) -> float:
        return 21.5

    async def query(self, command: str, capability: str, arguments: dict[str, Json]) -> Outcome | None:
        return Succeeded(result={"rung": 1.0})

    async def _pass(self, context: Context) -> float:
        self._write(f"begun {context.command}")
        reader, writer = await asyncio.open_unix_connection(self._gate)
        try:
            writer.write(f"{context.command}\n".encode())
            answer = (await reader.readline()).decode().strip()
        finally:
            writer.close()
        match answer.split(":"):
            case ["fail", why]:
                raise DeviceError(why)
            case ["lost", why]:
                raise ConnectionError(why)
            case _:
                return float(answer)

    def _write(self, line: str) -> None:
        with self._acts.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
