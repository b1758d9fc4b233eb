"""A camera for the tests of large results; it stands in the laboratory's directory, as a driver of an operator does."""

import hashlib
import random
from typing import Annotated, Any

from labd.driver_kit import Context, Driver, Recovery, Slot, action


class Camera(Driver):
    """Takes pictures of noise: the same number, the same picture."""

    @action(
        recovery=Recovery.REPEAT,
        results={"picture": Slot(type="blob"), "sharpness": Slot()},
    )
    async def shoot(self, context: Context, size: int, number: Annotated[int, Slot(low=0)]) -> dict[str, Any]:
        """Take one picture of so many bytes."""
        content = random.Random(number).randbytes(size)
        picture = await context.attach(content, media_type="image/x-raw", name=f"picture-{number}.raw")
        assert picture.sha256 == hashlib.sha256(content).hexdigest()
        return {"picture": picture, "sharpness": 0.5}
