"""The embedded broker: mosquitto where it is installed, else amqtt; kept alive as long as the daemon lives."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import structlog

from labd.domain.errors import Unavailable

log = structlog.get_logger(__name__)

Kind = Literal["mosquitto", "amqtt"]

ANSWERS_WITHIN_S = 20.0
LONGEST_PAUSE_S = 10.0
MAXIMUM_PACKET_BYTES = 20_000_000
"""Larger than the wire allows, so that it is labd that says no, and keeps what it refused."""


class EmbeddedBroker:
    """A broker as a child process on a loopback port; the port stays the same for a laboratory, so that drivers which
    outlive a daemon find the next one. It dies with the daemon (on Linux even by `kill -9`), and is started again when it
    dies by itself."""

    def __init__(self, directory: Path, *, port: int | None = None, prefer: Kind | None = None) -> None:
        self._directory = directory
        self._port_file = directory / "port"
        self.port = port or 0
        self.kind: Kind = prefer or ("mosquitto" if mosquitto() else "amqtt")
        self.pid = 0
        """Of the broker process that runs now."""
        self._keeper: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it is. amqtt speaks MQTT 3.1.1 only, and the URL says so."""
        return f"mqtt://127.0.0.1:{self.port}" + ("?version=3.1.1" if self.kind == "amqtt" else "")

    async def __aenter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        self.port = self.port or self._remembered_port()
        self._port_file.write_text(str(self.port), encoding="utf-8")
        process = await self._start()
        self._keeper = asyncio.create_task(self._keep(process), name="broker")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    def _remembered_port(self) -> int:
        with contextlib.suppress(OSError, ValueError):
            port = int(self._port_file.read_text(encoding="utf-8"))
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
            return port
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            free: int = probe.getsockname()[1]
            return free

    async def _keep(self, process: asyncio.subprocess.Process) -> None:
        pause_s = 0.0
        try:
            while True:
                code = await process.wait()
                log.warning("broker_ended", broker=self.kind, code=code, again_in_s=pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(max(2 * pause_s, 0.1), LONGEST_PAUSE_S)
                with contextlib.suppress(Unavailable):
                    process = await self._start()
                    pause_s = 0.0
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        with (self._directory / "broker.log").open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *self._command(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent(),
            )
        self.pid = process.pid
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                await self._answers(process)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise Unavailable(
                f"The {self.kind} broker does not answer on port {self.port}.", f"See {self._directory}/broker.log."
            ) from None
        return process

    async def _answers(self, process: asyncio.subprocess.Process) -> None:
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

    def _command(self) -> list[str]:
        if self.kind == "amqtt":
            return [sys.executable, "-W", "ignore", "-m", "labd.adapters.broker.amqtt_process", str(self.port)]
        binary = mosquitto()
        if binary is None:
            raise Unavailable("mosquitto is not installed.", "Install it, or use --broker amqtt.")
        configuration = self._directory / "mosquitto.conf"
        configuration.write_text(
            f"listener {self.port} 127.0.0.1\n"
            "allow_anonymous true\n"
            "persistence false\n"
            "set_tcp_nodelay true\n"
            "max_queued_messages 0\n"
            "max_inflight_messages 0\n"
            f"message_size_limit {MAXIMUM_PACKET_BYTES}\n",
            encoding="utf-8",
        )
        return [binary, "-c", str(configuration)]


def mosquitto() -> str | None:
    """Where mosquitto is, if it is installed. Debian puts it where a user's PATH may not look."""
    return shutil.which("mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))


def die_with_parent() -> Callable[[], None] | None:
    """For `preexec_fn`: the kernel kills the child when its parent dies. Linux only; None elsewhere."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # loaded before the fork: after it only the call itself is safe
    parent = os.getpid()

    def ask_the_kernel() -> None:
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:  # it died between the fork and the request
            os._exit(1)

    return ask_the_kernel
