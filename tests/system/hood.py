"""A fume hood for the tests of interlocks."""

from pathlib import Path

from labd.driver_kit import Driver, reading


class Hood(Driver):
    """Its flow is what stands in a file."""

    def __init__(self, flow: str) -> None:
        self._flow = Path(flow)

    @reading(unit="m/s", every_s=0.02)
    async def flow(self) -> float:
        """The flow of air."""
        return float(self._flow.read_text(encoding="utf-8"))
