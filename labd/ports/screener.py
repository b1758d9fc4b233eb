"""Who looks at a protocol before it is taken."""

from __future__ import annotations

from typing import Protocol

from labd.domain import protocol as p


class Screener(Protocol):
    """Looks at what a protocol handles and does, by rules of the house."""

    async def screen(self, function: str, protocol: p.Protocol) -> tuple[str, ...]:
        """What a person must look at before the protocol runs; empty where nothing is to be said against it. Raises
        `Unavailable` where that cannot be told. `function` is `package.module:function`."""
