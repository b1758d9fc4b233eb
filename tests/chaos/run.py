"""One run: a laboratory, a list of faults, a person; and in the end the books."""

import asyncio
import contextlib
import json
import random
import socket
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.chaos import books
from tests.chaos.accounts import Verdict, compared
from tests.chaos.device import Machines
from tests.chaos.faults import Fault, Stream, drawn
from tests.chaos.laboratory import LaboratoryProcesses
from tests.chaos.person import Person
from tests.chaos.proxy import Proxy
from tests.chaos.room import INSTRUMENTS, WORKCELL, furnish
from tests.chaos.storm import Storm

PATIENCE_S = 100.0
"""So long without any news from the work means that the laboratory stands still."""


class Result(NamedTuple):
    """What a run gave."""

    verdict: Verdict
    faults: Counter[str]
    wall_s: float


class StandsStill(Exception):
    """Nothing happens any more, though there is work to do."""


class _Chaos:
    """The parts of a run, and who tells whom."""

    def __init__(self, directory: Path, seed: int, faults: list[Fault]) -> None:
        self.machines = Machines(directory, self._moved)
        port = _free_port()
        self.proxy = Proxy(WORKCELL, port, self._passed)
        self.processes = LaboratoryProcesses(directory, self.machines, port)
        self.storm = Storm(faults, self.processes, directory / "struck.jsonl")
        self.person = Person(seed, self.machines.known, self.storm.over)

    def _moved(self, instrument: str, event: str) -> None:
        self.storm.moved(instrument, event)

    def _passed(self, party: str, stream: Stream) -> Fault | None:
        return self.storm.passed(party, stream)

    async def work(self) -> None:
        """Until all faults have befallen and all that was begun has come to its end. Raises `StandsStill`."""
        servers = [await self.machines.start(), await self.proxy.start()]
        broker = asyncio.create_task(self.processes.keep_broker())
        url = f"mqtt://127.0.0.1:{self.proxy.port}"
        laboratory = asyncio.create_task(self.processes.keep_daemon(url, self.person.work))
        try:
            await self._patiently(laboratory)
        finally:
            await self.storm.end()
            for task in (laboratory, broker):
                task.cancel()
            await asyncio.gather(laboratory, broker, return_exceptions=True)
            await self.proxy.end()
            await self.machines.end()
            for server in servers:
                server.close()
                await server.wait_closed()
            _gone(self.processes.left())

    async def _patiently(self, laboratory: asyncio.Task[None]) -> None:
        while not laboratory.done():
            news = asyncio.create_task(self.person.news.wait())
            await asyncio.wait({laboratory, news}, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
            idle = not (news.done() or laboratory.done())
            news.cancel()
            self.person.news.clear()
            if idle:
                raise StandsStill(f"for {PATIENCE_S:g} s nothing happened; {self.person}; {self.storm}")
        laboratory.result()


async def run(directory: Path, *, seed: int, faults: int) -> Result:
    """Run so many faults, drawn from that seed, in an empty directory, which keeps everything. Raises `StandsStill`."""
    began = time.monotonic()
    listed = drawn(seed, faults, INSTRUMENTS)
    (directory / "faults.jsonl").write_text("".join(json.dumps(each._asdict()) + "\n" for each in listed))
    chaos = _Chaos(directory, seed, listed)
    furnish(directory, chaos.machines.path, seed)
    await chaos.work()
    verdict = compared(books.read(directory, chaos.machines.log))
    return Result(verdict, chaos.storm.struck, time.monotonic() - began)


def _gone(left: list[psutil.Process]) -> None:
    """What an earlier daemon left comes to its end by itself; what does not is ended here."""
    _, alive = psutil.wait_procs(left, timeout=15)
    for each in alive:
        each.kill()
    psutil.wait_procs(alive)


def _free_port() -> int:
    """Below those that outgoing connections are given: a client of a dead port among them may reach itself."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for port in random.sample(range(20_000, 30_000), 100):
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise OSError("no port is free")
