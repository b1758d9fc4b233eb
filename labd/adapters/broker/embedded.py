"""The embedded broker: mosquitto where it is installed, else amqtt; kept alive as long as the daemon lives."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from pydantic import ValidationError

from labd.adapters.broker import with_parent
from labd.adapters.broker.programs import Kind, command, default_kind
from labd.adapters.broker.running import Adopted, Child, RunningBroker
from labd.domain.errors import Unavailable
from labd.domain.value import Value

log = structlog.get_logger(__name__)

ANSWERS_WITHIN_S = 20.0
STEADY_S = 5.0
"""A broker that ran so long is started again at once when it dies."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
PORTS = range(20_000, 30_000)
"""Below the ports that systems give to outgoing connections: one of those could sit on the port while the broker is
started again, and a client that comes back to a dead port among them can be connected to itself."""


class _Remembered(Value):
    """What a daemon leaves for the next one."""

    kind: Kind
    port: int
    pid: int


class EmbeddedBroker:
    """A broker as a child process on a loopback port, started again when it dies.

    The port stays the same for a directory, so that drivers which outlive a daemon find the next one's broker. On Linux
    the broker dies with the daemon, even by `kill -9`; elsewhere the next daemon adopts the one that was left behind.
    Entering raises `Unavailable` when the broker cannot be started.
    """

    def __init__(self, directory: Path, *, port: int | None = None, prefer: Kind | None = None) -> None:
        self._directory = directory
        self._memory = directory / "broker.json"
        self._wanted_port = port
        self.port = port or 0
        self.kind: Kind = prefer or default_kind()
        self._running: RunningBroker | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it is. amqtt speaks MQTT 3.1.1 only, and the URL says so."""
        return f"mqtt://127.0.0.1:{self.port}" + ("?version=3.1.1" if self.kind == "amqtt" else "")

    @property
    def pid(self) -> int:
        """Of the broker process that runs now."""
        return self._running.pid if self._running else 0

    async def __aenter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        remembered = self._recall()
        if remembered is None or not await self._adopt(remembered):
            self.port = self._wanted_port or _free_port(remembered.port if remembered else None)
            self._running = await self._start()
        self._keeper = asyncio.create_task(self._keep(), name="broker")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._running is not None:
            await self._running.end()

    def _recall(self) -> _Remembered | None:
        with contextlib.suppress(OSError, ValidationError):
            return _Remembered.model_validate_json(self._memory.read_bytes())
        return None

    async def _adopt(self, remembered: _Remembered) -> bool:
        if remembered.kind != self.kind or self._wanted_port not in (None, remembered.port):
            return False
        self.port = remembered.port
        left_behind = Adopted(remembered.pid, self.url)
        if not await left_behind.answers():
            return False
        log.info("broker_adopted", broker=self.kind, pid=left_behind.pid, port=self.port)
        self._running = left_behind
        return True

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        deaths = 0
        while self._running is not None:
            since = loop.time()
            code = await self._running.wait()
            deaths = 0 if loop.time() - since > STEADY_S else deaths + 1
            pause_s = min(FIRST_PAUSE_S * 2 ** min(deaths - 2, 30), LONGEST_PAUSE_S) if deaths > 1 else 0.0
            log.warning("broker_ended", broker=self.kind, code=code, again_in_s=pause_s)
            await asyncio.sleep(pause_s)
            try:
                self._running = await self._start()
            except (Unavailable, OSError) as error:
                log.error("broker_not_started", broker=self.kind, error=str(error))

    async def _start(self) -> Child:
        log_file = self._directory / "broker.log"
        with log_file.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", with_parent.__file__, str(os.getpid())),
                *command(self.kind, self.port, self._directory),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for the daemon, which ends the broker last
            )
        self._running = child = Child(process)  # before it answers: clients may be faster than we are
        async with contextlib.AsyncExitStack() as unless_it_answers:
            unless_it_answers.push_async_callback(child.end)
            try:
                async with asyncio.timeout(ANSWERS_WITHIN_S):
                    await self._answers(process)
            except TimeoutError:
                raise Unavailable(
                    f"The {self.kind} broker does not answer on port {self.port}.", f"See {log_file}."
                ) from None
            remembered = _Remembered(kind=self.kind, port=self.port, pid=child.pid)
            self._memory.write_text(remembered.model_dump_json(), encoding="utf-8")
            unless_it_answers.pop_all()
        return child

    async def _answers(self, process: asyncio.subprocess.Process) -> None:
        """A listening socket cannot be waited for: it is tried, until the process answers or has ended."""
        pause_s = 0.005
        while process.returncode is None:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, 0.2)
        raise Unavailable(
            f"The {self.kind} broker ended with code {process.returncode}.", f"See {self._directory}/broker.log."
        )


def _free_port(remembered: int | None) -> int:
    if remembered is not None and _is_free(remembered):
        return remembered
    return next(port for port in random.sample(PORTS, len(PORTS)) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
