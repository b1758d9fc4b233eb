"""Many drivers in one process: `python -m tests.bench.stations URL WORKCELL DIRECTORY FIRST LAST`, ended by a signal.

Each is the driver kit's own station, with a ledger and a connection of its own: what 500 driver processes would be,
without 500 interpreters.
"""

import asyncio
import logging
import resource
import sys
from pathlib import Path

from labd_drivers.simulated.physical_log import PhysicalLog

from labd.driver_kit import Context, Driver, Slot, action
from labd.driver_kit.ledger import Ledger
from labd.driver_kit.station import Station
from labd.settings import LaboratoryFiles

LASTS_S = 0.5


class Worker(Driver):
    """Does little, and writes it down."""

    def __init__(self, log: PhysicalLog) -> None:
        self._log = log

    @action(typical_s=LASTS_S, maximum_s=60, results={"x": Slot()})
    async def noop(self, context: Context, number: int) -> dict[str, float]:
        """Let half a second pass."""
        self._log.write("begun", command=context.command, action="noop", sample="", moved={})
        await asyncio.sleep(LASTS_S)
        self._log.write("done", command=context.command, action="noop", sample="", moved={})
        return {"x": float(number)}


def physical(directory: Path) -> Path:
    """Where the workers of a laboratory write what they did."""
    return directory / "physical"


def raise_limit() -> int:
    """As many open files as this process and its children may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


async def main(url: str, workcell: str, directory: Path, first: int, last: int) -> None:
    """Until cancelled."""
    async with asyncio.TaskGroup() as stations:
        for name in (f"worker_{i}" for i in range(first, last + 1)):
            ledger = Ledger(LaboratoryFiles(directory).drivers / f"{name}.sqlite")
            worker = Worker(PhysicalLog(physical(directory), name))
            stations.create_task(Station(worker, ledger, workcell=workcell, name=name, broker=url).serve())


if __name__ == "__main__":
    raise_limit()
    logging.getLogger("labd.driver").setLevel(logging.ERROR)  # each of them would say that the broker is lost
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])))
