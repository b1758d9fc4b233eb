"""An instrument that does nothing, as fast as it can."""

from labd.driver_kit import Context, Driver, Recovery, Slot, action


class Noop(Driver):
    make, model = "labd", "no-op"

    @action(typical_s=0.001, maximum_s=60, recovery=Recovery.REPEAT, results={"x": Slot()})
    async def noop(self, context: Context, number: int) -> dict[str, float]:
        """Do nothing."""
        return {"x": float(number)}
