"""The arm that carries plates between hotel and nests."""

from __future__ import annotations

from typing import Any

from labd.driver_kit import Context, DeviceError, Failed, FailureKind, Outcome, Recovery, Slot, Succeeded, action

from .plates import PlateInstrument, fresh

MOVE_S = 25.0
HOTEL = "hotel"
"""The one place with room for more than one plate."""


class PlateRobot(PlateInstrument):
    """An arm with a gripper. A plate that it takes from the hotel for the first time is a new one.

    Fault `slip`: the gripper misses; the plate stays where it was, and the order may be given again.
    """

    model = "simulated plate robot"
    safe_state_description = "the arm stands still; a plate in the gripper stays there"

    @action(
        typical_s=MOVE_S,
        maximum_s=300,
        recovery=Recovery.QUERY,
        results={"place": Slot(type="string", description="where the plate stands now")},
    )
    async def move(self, context: Context, labware: str, source: str, destination: str) -> dict[str, Any]:
        """Carry a plate from one place to another."""
        plate = self.plates.find(labware) or fresh(HOTEL)
        if plate["place"] != source:
            raise DeviceError(f"plate {labware} stands in {plate['place']}, not in {source}")
        if destination != HOTEL and (there := self._standing_in(destination)):
            raise DeviceError(f"{destination} is full: {there} stands there")
        with self.actuation(context, "move", labware, source=source, destination=destination):
            await self.elapse(MOVE_S)
            if self.has("slip", context):
                raise DeviceError("the gripper missed the plate")
            self.plates.put(labware, plate | {"place": destination})
        return {"place": destination}

    async def query(self, command: str, capability: str, arguments: dict[str, Any]) -> Outcome | None:
        """Where the plate stands: it arrived, or it was never lifted off."""
        plate = self.plates.find(str(arguments["labware"]))
        if plate is not None and plate["place"] == arguments["destination"]:
            return Succeeded(result={"place": plate["place"]})
        return Failed(failure=FailureKind.DEFINED, message=f"{arguments['labware']} still stands where it was")

    def _standing_in(self, place: str) -> str:
        return next((name for name in self.plates.names() if self.plates.get(name)["place"] == place), "")
