"""An instrument that does nothing, as fast as it can."""

from labd.driver_kit import Context, Driver, Recovery, action


class Noop(Driver):
    make, model = "labd", "no-op"

    @action(typical_s=0.001, maximum_s=60, recovery=Recovery.REPEAT)
    async def noop(self, context: Context, number: int) -> dict[str, int]:
        """Do nothing."""
        return {}
