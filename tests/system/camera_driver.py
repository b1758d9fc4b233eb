"""A camera: its result is too large for a message."""

import os
from typing import Any

from labd.driver_kit import Context, Driver, Slot, action

PIXELS = 300_000


class Camera(Driver):
    @action(results={"image": Slot(type="blob")})
    async def shoot(self, context: Context) -> dict[str, Any]:
        """Take a picture."""
        return {"image": await context.attach(os.urandom(PIXELS), media_type="image/png", name="picture.png")}
