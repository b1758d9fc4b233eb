"""The liquid chromatograph with its autosampler, and the data station that keeps what it recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from labd.driver_kit import Context, DeviceError, Failed, FailureKind, Outcome, Recovery, Slot, Succeeded, action

from ..durable import replace_file
from ..instrument import SimulatedInstrument
from .chromatography import NOMINAL_UL, chromatogram
from .faults import FAULTS
from .picture import SVG, picture
from .world import Standing, World

METHOD_S = 240.0
LATE_FACTOR = 3.0
"""How much longer than usual a late injection takes."""
INJECTION_SHARE = 0.01
"""Standard deviation of the injected volume, of the volume."""


class Hplc(SimulatedInstrument):
    """An HPLC with UV detector.

    Fault `lost_injection`: the needle draws air; the run succeeds and its chromatogram has no peaks. Fault `late`: the
    run takes three times as long.
    """

    faults = FAULTS
    model = "simulated HPLC"
    safe_state_description = "pump stopped, lamp off, needle parked"

    async def open(self) -> None:
        """Look at the world, and at the disk of the data station."""
        self._world = World(Path(self.directory))
        self._recorded = self.directory / "chromatograms"

    @action(
        typical_s=METHOD_S,
        maximum_s=1800,
        recovery=Recovery.QUERY,
        results={
            "times": Slot(type="array", unit="min"),
            "absorbance": Slot(type="array", description="in mAU, at the times"),
            "injection_volume": Slot(unit="uL", description="as metered"),
            "picture": Slot(type="blob", optional=True, description="the chromatogram as the data station draws it"),
        },
        cancellable=True,
    )
    async def inject(self, context: Context, sample: str) -> dict[str, Any]:
        """Draw from the vial of a reacted sample, and record its chromatogram."""
        vial = self._world.take(sample, Standing.REACTED)
        if vial.volume_ul < NOMINAL_UL:
            raise DeviceError(f"the vial of {sample} is empty")
        noise = self.noise("inject", sample)
        volume_ul = NOMINAL_UL * (1.0 + INJECTION_SHARE * float(noise.normal()))
        lost = self.has("lost_injection", context)
        with self.actuation(context, "inject", sample, volume_ul=round(volume_ul, 3)):
            self._world.put(vial.now(Standing.REACTED, volume_ul=vial.volume_ul - volume_ul))
            await context.progress(0.1, "injected")
            await self.elapse(METHOD_S * (LATE_FACTOR if self.has("late", context) else 1.0))
            times, absorbance = chromatogram(None if lost else vial, volume_ul, noise)
            result = {
                "times": [round(float(each), 3) for each in times],
                "absorbance": [round(float(each), 2) for each in absorbance],
                "injection_volume": round(volume_ul, 3),
            }
            drawn = await context.attach(picture(times, absorbance), media_type=SVG, name=f"{sample}.svg")
            result["picture"] = drawn.model_dump()
            replace_file(self._file(context.command), json.dumps(result))
        return result

    async def query(self, command: str, capability: str, arguments: dict[str, Any]) -> Outcome | None:
        """What the data station kept of a command; nothing kept means that the run was cut off.

        The vial still stands in the rack then, so that the sample can be injected again.
        """
        try:
            recorded = json.loads(self._file(command).read_text(encoding="utf-8"))
        except FileNotFoundError:
            message = f"{capability} of {arguments.get('sample')} was cut off; no chromatogram was recorded"
            return Failed(failure=FailureKind.DEFINED, message=message)
        return Succeeded(result=recorded)

    def _file(self, command: str) -> Path:
        return self._recorded / f"{quote(command, safe='')}.json"
