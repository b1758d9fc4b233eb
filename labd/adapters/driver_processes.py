"""The drivers that the daemon starts itself: one process an instrument, restarted when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from labd.domain.workcell import DriverProcess, Workcell
from labd.mqtt import with_credentials

log = structlog.get_logger(__name__)

QUICK_S = 10.0
"""A process that ended sooner than this is started again after a growing pause."""
LONGEST_PAUSE_S = 30.0
END_WITHIN_S = 50.0
"""A driver brings the action in hand to its end, or its instrument into the safe state, before it goes; it takes care
of its own bounds, and longer than this it is killed."""

Options = Mapping[str, float | int | str | bool]


class DriverProcesses:
    """Child processes for the instruments of a workcell that name a driver.

    A driver outlives a daemon that is killed until the action in hand has ended; the one that the next daemon starts
    waits for it, takes its ledger over and reports what it did. Entering raises `InvalidInput` where the broker's URL
    names a directory of credentials that lacks one.
    """

    def __init__(self, workcell: Workcell, broker_url: str, directory: Path, options: Options) -> None:
        self._workcell, self._broker_url, self._directory = workcell, broker_url, directory
        self._options = options
        self._keepers: list[asyncio.Task[None]] = []
        self.pids: dict[str, int] = {}
        """By instrument: the process that is its driver now."""

    async def __aenter__(self) -> Self:
        for name, instrument in self._workcell.instruments.items():
            if instrument.driver is not None:
                with_credentials(self._broker_url, name)  # or it is refused here, before anything has begun
        self._directory.mkdir(parents=True, exist_ok=True)
        for name, instrument in self._workcell.instruments.items():
            if instrument.driver is not None:
                self._keepers.append(asyncio.create_task(self._keep(name, instrument.driver), name=f"driver {name}"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    async def _keep(self, name: str, driver: DriverProcess) -> None:
        loop = asyncio.get_running_loop()
        pause_s = 0.0
        while True:
            began = loop.time()
            try:
                code: int | str = await self._run_once(name, driver)
            except OSError as error:  # no process, no memory, no room for its log: that passes
                code = str(error)
            pause_s = min(max(pause_s * 2, 0.25), LONGEST_PAUSE_S) if loop.time() - began < QUICK_S else 0.0
            log.warning("driver_ended", instrument=name, code=code, again_in_s=pause_s, log=str(self._log(name)))
            await asyncio.sleep(pause_s)

    async def _run_once(self, name: str, driver: DriverProcess) -> int:
        with self._log(name).open("ab") as output:  # until the driver takes it over, with a bound
            process = await asyncio.create_subprocess_exec(
                *self._command(name, driver),
                # Not on the command line, which every account of the machine can read: it may hold a password.
                env={**os.environ, "LABD_BROKER": with_credentials(self._broker_url, name)},
                stdin=asyncio.subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for the daemon, which lets its drivers finish
            )
        self.pids[name] = process.pid
        try:
            return await process.wait()
        except asyncio.CancelledError:
            await _end(process)
            raise
        finally:
            self.pids.pop(name, None)

    def _log(self, name: str) -> Path:
        return self._directory / f"{name}.log"

    def _command(self, name: str, driver: DriverProcess) -> list[str]:
        options = {**driver.options, **self._options}
        return [
            *(sys.executable, "-m", "labd.driver_kit", driver.type),
            *("--workcell", self._workcell.name, "--name", name, "--state", str(self._directory)),
            *("--log", str(self._log(name)), "--with-parent"),
            *(part for key, value in options.items() for part in ("--option", f"{key}={value}")),
        ]


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(END_WITHIN_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
