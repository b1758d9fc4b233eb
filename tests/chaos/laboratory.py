"""The processes of the laboratory: a broker and a daemon, each started again whenever it is killed."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from labd.adapters.broker.programs import command
from tests.chaos.device import Machines
from tests.chaos.faults import BROKER, DAEMON, PLANNER

LONGEST_LINE = 2**24
HERE = Path(__file__).parents[2]


class LaboratoryProcesses:
    """Broker and daemon, in a directory; the daemon starts the drivers and the planner worker."""

    def __init__(self, directory: Path, machines: Machines, broker_port: int) -> None:
        self._directory, self._machines, self._broker_port = directory, machines, broker_port
        self._clock = directory / "clock"
        self._clock.write_text("0")
        self._pids: dict[str, int] = {}

    def pid(self, party: str) -> int | None:
        """The process that is this party now; None where it is between two lives."""
        if party == PLANNER:
            return self._planner()
        return self._pids.get(party) if party in (DAEMON, BROKER) else self._machines.pids.get(party)

    def set_clock(self, party: str, ahead_s: float) -> None:
        """Its clock is so wrong from now on."""
        if party == DAEMON:
            new = self._clock.with_suffix(".new")
            new.write_text(str(ahead_s))
            new.replace(self._clock)
        else:
            self._machines.ahead_s[party] = ahead_s

    def _planner(self) -> int | None:
        with contextlib.suppress(psutil.Error, KeyError):
            for child in psutil.Process(self._pids[DAEMON]).children():
                if "labd.adapters.planner_worker.child" in child.cmdline():
                    return child.pid
        return None

    async def keep_broker(self) -> None:
        """Until cancelled."""
        configured = self._directory / "broker"
        configured.mkdir()
        line = command("mosquitto", self._broker_port, configured)
        with (configured / "broker.log").open("ab") as log:
            while True:
                process = await asyncio.create_subprocess_exec(*line, stdout=log, stderr=log)
                await self._live(BROKER, process)

    async def keep_daemon(self, url: str, work: Callable[[str], Awaitable[bool]]) -> None:
        """Run a daemon on the broker at that address, and `work` beside it, with the address of its page, until that
        says that all is done; whenever the daemon is gone before, another one. At the end it is told to end."""
        done = False
        while not done:
            process = await self._start(url)
            page: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            async with asyncio.TaskGroup() as beside:
                beside.create_task(self._live(DAEMON, process))
                beside.create_task(self._copy(process, page))
                done = bool(await page) and await work(page.result())
                if done and process.returncode is None:
                    process.terminate()

    async def _start(self, url: str) -> asyncio.subprocess.Process:
        paths = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.serving", str(self._directory), url, str(self._clock)),
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},
            limit=LONGEST_LINE,
        )

    async def _copy(self, process: asyncio.subprocess.Process, page: asyncio.Future[str]) -> None:
        """Keep what the daemon says; where its page is, or an empty text if it ended before, is what is waited for."""
        assert process.stderr is not None
        with (self._directory / "daemon.log").open("ab") as log:
            async for line in process.stderr:
                log.write(line)
                log.flush()
                if b'"laboratory_runs"' in line and not page.done():
                    page.set_result(json.loads(line)["page"])
        if not page.done():
            page.set_result("")

    def left(self) -> list[psutil.Process]:
        """The drivers of this laboratory that still run."""
        return [
            each
            for each in psutil.process_iter(["cmdline"])
            if f"{self._directory}/.labd/drivers" in (each.info["cmdline"] or ())
        ]

    async def _live(self, party: str, process: asyncio.subprocess.Process) -> None:
        self._pids[party] = process.pid
        try:
            await process.wait()
        finally:
            self._pids.pop(party, None)
            if process.returncode is None:
                process.kill()
                await process.wait()
