"""The state of the line: where its axes stand, and when the ring has beam again."""

from __future__ import annotations

import time
from pathlib import Path

from ..instrument import SimulatedInstrument
from ..things import Things
from .physics import RING_MA

FAULTS = ("beam_loss", "stall")
OUTAGE_S = 900.0
SHORTEST_OUTAGE_S = 1.0
"""Of real time, however fast the laboratory is: an outage that nobody could see would be none."""
TOP_UP_S, DECAY_MA = 30.0, 4.0
"""The ring is filled up every so often (real seconds), and has lost so much by then."""


class LineInstrument(SimulatedInstrument):
    """An instrument at the line, with the option `axis`: what it moves."""

    faults = FAULTS

    def __init__(
        self,
        *,
        axis: str = "axis",
        world: str = "world",
        log_name: str = "",
        speed: float = 1.0,
        seed: int = 0,
        **faults: float,
    ) -> None:
        super().__init__(world=world, log_name=log_name, speed=speed, seed=seed, **faults)
        self.axis = axis

    async def open(self) -> None:
        """Look at the world."""
        self._axes = Things(Path(self.directory), "axis")
        self._rings = Things(Path(self.directory), "ring")

    def standing(self, axis: str) -> float:
        """Where an axis stands; at zero before it was first moved."""
        return float((self._axes.find(axis) or {"at": 0.0})["at"])

    def move(self, axis: str, to: float) -> None:
        """The axis now stands there."""
        self._axes.put(axis, {"at": to})

    def lose_beam(self) -> None:
        """The ring loses its beam, for a while."""
        outage_s = max(OUTAGE_S / self.time_scale, SHORTEST_OUTAGE_S)
        self._rings.put("ring", {"back_at": time.time() + outage_s})

    def outage_s(self) -> float:
        """How long the ring will still be without beam, in real seconds; 0: it has beam."""
        return max(float((self._rings.find("ring") or {"back_at": 0.0})["back_at"]) - time.time(), 0.0)

    def current_ma(self) -> float:
        """The ring's current: a saw's tooth between two fillings."""
        if self.outage_s() > 0:
            return 0.0
        return RING_MA - DECAY_MA * (time.time() % TOP_UP_S) / TOP_UP_S
