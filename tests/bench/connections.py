"""A thousand instruments, each with a connection of its own, and a broker that is killed while all of them work.

The instruments are the driver kit's stations (`tests.bench.stations`, two helper processes), each with its ledger, its
outbox and its back-off; the daemon's side is the real one. `births_s`: from the start of the helpers until all are idle
at the daemon. Then each is given an order, and when a third of the results are on disk the broker is killed with
`kill -9` and started again: orders and outcomes are under way in every stage. From the kill, `back_s`: until each
instrument has said its state on the new broker; `recovered_s`: until the last result of all is on disk and all have
said that they are idle. In the end four accounts are compared, as by `python -m tests.bench chaos`.
"""

import asyncio
import itertools
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path

from labd.adapters.broker import EmbeddedBroker
from labd.adapters.journal import SqlJournal
from labd.adapters.mqtt_link import MqttLink
from labd.orchestrator import Orchestrator
from labd.ports.instrument_link import Inbound, Lost, Message, Passing
from labd.settings import LaboratoryFiles
from labd.wire.decoding import ToAll, ToDriver
from labd.wire.messages import State
from tests.bench.stage import all_idle, finished, laboratory, protocol, start, workcell
from tests.bench.stations import physical, raise_limit
from tests.chaos.accounts import compared
from tests.chaos.books import read

PROCESSES = 2
PART = 3
"""The broker is killed when one in so many results is on disk."""


class ListeningLink:
    """A link that notes who has said what since the connection was lost."""

    def __init__(self, link: MqttLink) -> None:
        self._link = link
        self.states: dict[str, str] = {}
        self.lost = asyncio.Event()
        self._heard = asyncio.Event()

    async def inbound(self) -> AsyncGenerator[Inbound | Passing]:
        async for each in self._link.inbound():
            if isinstance(each, Lost):
                self.states.clear()
                self.lost.set()
            if isinstance(each, Message) and isinstance(each.body, State):
                self.states[each.instrument] = each.body.status
                self._heard.set()
            yield each

    async def until(self, fits: Callable[[Mapping[str, str]], bool]) -> None:
        """Until the states that were said since the loss are such."""
        while not fits(self.states):
            self._heard.clear()
            await self._heard.wait()

    async def send(self, instrument: str, body: ToDriver) -> None:
        await self._link.send(instrument, body)

    async def tell_all(self, body: ToAll) -> None:
        await self._link.tell_all(body)


async def measure(instruments: int) -> dict[str, object]:
    """The figures, as `python -m tests.bench connections` prints them."""
    files_at_most = raise_limit()
    room = workcell(instruments, None)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        files = LaboratoryFiles(directory)
        files.drivers.mkdir(parents=True)
        async with EmbeddedBroker(files.broker, prefer="mosquitto") as broker:
            link = ListeningLink(MqttLink(broker.url, room.name, client_id="bench-daemon"))
            began = time.perf_counter()
            helpers = [await _helper(broker.url, room.name, directory, *part) for part in parts(instruments)]
            try:
                async with SqlJournal(f"sqlite:///{files.journal}") as journal, laboratory(journal, link, room) as lab:
                    await all_idle(lab, instruments)
                    births_s = time.perf_counter() - began
                    back_s, recovered_s = await _killed(lab, link, broker, instruments)
            finally:
                for each in helpers:
                    each.kill()
                    await each.wait()
        verdict = compared(read(directory, physical(directory)))
    return {
        "clean": verdict.clean,
        "connections": instruments,
        "births_s": round(births_s, 2),
        "back_s": round(back_s, 2),
        "recovered_s": round(recovered_s, 2),
        **{key: len(value) for key, value in verdict._asdict().items() if isinstance(value, tuple)},
        "results": verdict.results,
        "files_at_most": files_at_most,
        "load": round(os.getloadavg()[0], 1),
    }


async def _killed(
    lab: Orchestrator, link: ListeningLink, broker: EmbeddedBroker, instruments: int
) -> tuple[float, float]:
    """Give each an order, kill the broker in the midst of it: seconds until all are back, and until all is done."""
    key = await start(lab, protocol(steps=1, trials=instruments, parallel=instruments))
    revision = 0
    while lab.state.campaign(key).trials == 0 or observed(lab, key) < instruments // PART:
        revision = await lab.changed(revision)
    os.kill(broker.pid, signal.SIGKILL)
    killed = time.perf_counter()
    await link.lost.wait()
    await link.until(lambda states: len(states) == instruments)
    back_s = time.perf_counter() - killed
    await finished(lab, key)
    await link.until(lambda states: list(states.values()).count("idle") == instruments)
    return back_s, time.perf_counter() - killed


def observed(lab: Orchestrator, campaign: str) -> int:
    """How many trials have their result."""
    return sum(each.status == "observed" for each in lab.state.trials_of(campaign))


def parts(instruments: int) -> list[tuple[int, int]]:
    """The first and the last instrument of each helper process."""
    bounds = [instruments * i // PROCESSES for i in range(PROCESSES + 1)]
    return [(first + 1, last) for first, last in itertools.pairwise(bounds) if last > first]


async def _helper(url: str, workcell: str, directory: Path, first: int, last: int) -> asyncio.subprocess.Process:
    line = (sys.executable, "-m", "tests.bench.stations", url, workcell, str(directory), str(first), str(last))
    return await asyncio.create_subprocess_exec(*line)
