"""What every simulated instrument has: a place in a world, a pace, a seed, faults to switch on, a physical log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from labd.driver_kit import Context, Driver

from . import chance
from .physical_log import PhysicalLog

if TYPE_CHECKING:
    import numpy as np


class SimulatedInstrument(Driver):
    """Options:

    `world`     the directory that is the laboratory's matter; instruments that share it can hand samples over
    `log_name`  the name of its physical log; by default the class's, in lower case
    `speed`     laboratory seconds a real second; `inf`: nothing is waited for
    `seed`      of the laboratory's noise
    a fault     its probability, drawn for each command anew: a second attempt may succeed
    """

    make = "labd"
    version = "1"
    faults: ClassVar[tuple[str, ...]] = ()
    """The faults of the whole laboratory: each instrument takes the options of all, so that one set serves them."""

    def __init__(
        self, *, world: str = "world", log_name: str = "", speed: float = 1.0, seed: int = 0, **faults: float
    ) -> None:
        if unknown := sorted(set(faults) - set(self.faults)):
            raise TypeError(f"there is no fault {', '.join(unknown)}; there are {', '.join(self.faults) or 'none'}")
        self.time_scale = speed
        self.seed = seed
        self.directory = Path(world)
        self.log = PhysicalLog(self.directory / "physical", log_name or type(self).__name__.lower())
        self._probability = {name: faults.get(name, 0.0) for name in self.faults}

    async def elapse(self, seconds: float) -> None:
        """Let laboratory time pass."""
        await asyncio.sleep(seconds / self.time_scale)

    def has(self, fault: str, context: Context) -> bool:
        """Whether this fault befalls this command."""
        return self.befalls(fault, context.command)

    def befalls(self, fault: str, occasion: str) -> bool:
        """Whether this fault befalls on this occasion: by seed and occasion, always the same."""
        return chance.share(self.seed, "fault", fault, occasion) < self._probability[fault]

    def noise(self, action: str, sample: str) -> np.random.Generator:
        """The chance in what this action does to this sample: the same whoever does it and however often."""
        return chance.generator(self.seed, "noise", action, sample)

    @contextmanager
    def actuation(self, context: Context, action: str, sample: str, **moved: float | int | str) -> Iterator[None]:
        """From when something moves until it rests; the log has both, and how it ended."""
        write = partial(self.log.write, command=context.command, action=action, sample=sample, moved=moved)
        write("begun")
        try:
            yield
        except BaseException as error:
            write("failed", reason=str(error) or type(error).__name__)
            raise
        write("done")
