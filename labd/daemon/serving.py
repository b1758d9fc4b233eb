"""`labd serve`: a laboratory until somebody ends it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TextIO, TypeVar, cast

import structlog

from labd.adapters.system_clock import SystemClock
from labd.daemon.running import Running, Setup, laboratory
from labd.domain.blob import MAXIMUM_BLOB_BYTES
from labd.domain.errors import InvalidInput, LabError
from labd.domain.workcell import Workcell
from labd.mqtt import with_absolute_files
from labd.orchestrator import EVERY_S
from labd.ports.clock import Clock
from labd.protocols import load_workcell
from labd.settings import LaboratoryFiles

T = TypeVar("T")

SELDOM = (50_000, 20, 100)
"""When Python looks for circles of garbage. The state is hundreds of thousands of values in no circle, and to look at
them as often as Python does by itself is a fifth of what a result costs."""


def serve(
    *,
    lab: Path,
    workcell: Path | None = None,
    port: int = 8321,
    host: str = "127.0.0.1",
    broker: str = "",
    database: str = "",
    planner: str = "",
    i_know: bool = False,
    largest_bytes: int = MAXIMUM_BLOB_BYTES,
    clock: Clock | None = None,
    heartbeat_s: float = EVERY_S,
) -> None:
    """Run the laboratory in a directory until SIGTERM or Ctrl-C. Raises `LabError`.

    The process works in that directory: its drivers' modules and relative paths are found there, wherever it starts.
    """
    files = LaboratoryFiles(lab)
    setup = Setup(
        files=files,
        workcell=read_workcell(workcell or files.workcell),
        broker=with_absolute_files(broker),
        i_know=i_know,
        largest_bytes=largest_bytes,
        database=database,
        planner=planner,
        host=host,
        port=port,
        clock=clock or SystemClock(),
        heartbeat_s=heartbeat_s,
    )
    os.chdir(lab)
    log_to_stderr()
    run(_until_ended(setup))


async def _until_ended(setup: Setup) -> None:
    ended = ended_by_signal()
    async with laboratory(setup) as running:
        announce(setup, running)
        await ended.wait()
        say_goodbye()


def announce(setup: Setup, running: Running) -> None:
    """Say where things are, once they are there."""
    structlog.get_logger("labd").info(
        "laboratory_runs", page=running.url, broker=running.broker_kind, directory=str(setup.files.directory)
    )


def say_goodbye() -> None:
    """Say why the end may take some seconds."""
    structlog.get_logger("labd").info("laboratory_ends", note="the instruments finish what they have in hand")


def read_workcell(path: Path) -> Workcell:
    """The workcell in a file. Raises `InvalidInput`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{path} cannot be read: {error}.", "`labd init` makes a laboratory with all files."
        ) from None
    return load_workcell(text, str(path))


def ended_by_signal() -> asyncio.Event:
    """An event that SIGTERM or Ctrl-C sets."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    return ended


def run(work: Coroutine[None, None, T]) -> T:
    """`asyncio.run`, with a `LabError` from inside a task group raised as itself."""
    gc.set_threshold(*SELDOM)
    try:
        return asyncio.run(work)
    except* LabError as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raised = error
    raise raised from None


class _StandardError:
    """Standard error, whose end is not the daemon's: a closed terminal or pipe is no reason to stop."""

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def log_to_stderr() -> None:
    """One line an event: for people on a terminal, JSON anywhere else."""
    on_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _StandardError())),
    )
