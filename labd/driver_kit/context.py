"""What an action is given beside its arguments, and how it says that it failed."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from labd.domain.blob import Blob
from labd.driver_kit.content import Content, reference

Progress = Callable[[float, str], Awaitable[None]]
"""Takes the fraction done (0 to 1) and a note."""
Attach = Callable[[Content, str, str], Awaitable[Blob]]
"""Keeps a content of a media type and a name, and refers to it."""


class DeviceError(Exception):
    """The instrument failed in a way that its driver knows: the outcome is `Failed(DEFINED, message)`."""


async def _nobody(fraction: float, note: str) -> None:
    """Nobody listens: an action called by hand, as in a driver's own tests."""


async def _unkept(content: Content, media_type: str, name: str) -> Blob:
    """Nobody will fetch it: the reference alone."""
    return reference(content, media_type, name, lambda _: None)


@dataclass(frozen=True, slots=True)
class Context:
    """The command that an action carries out. `Context()` alone serves to call an action by hand."""

    command: str = "by-hand"
    """The command's id: the same after a restart."""
    run: str = ""
    step: str = ""
    attempt: int = 1
    deadline: datetime | None = None
    """Not to be begun after this moment; the kit has already looked."""
    listener: Progress = field(default=_nobody, repr=False)
    keeper: Attach = field(default=_unkept, repr=False)

    async def progress(self, fraction: float, note: str = "") -> None:
        """Say how far the action is. Never fails and never waits for the network: nobody may be listening."""
        if math.isfinite(fraction):
            await self.listener(min(1.0, max(0.0, float(fraction))), note)

    async def attach(self, content: Content, *, media_type: str = "", name: str = "") -> Blob:
        """A reference to data, to be returned as a result of type `blob`: bytes, a file, or an array of NumPy.

        The content is copied, and on disk when this returns; the kit sends it and deletes its copy once the daemon has
        it. Name and media type go without saying where the content tells them. Raises `DeviceError` where there are
        more than 100 MB, or the disk does not take them.
        """
        return await self.keeper(content, media_type, name)
