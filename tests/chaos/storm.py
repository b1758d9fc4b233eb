"""The list of faults, at work: what is counted, and what befalls when a count is reached."""

import asyncio
import json
import os
import resource
import signal
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import psutil

from tests.chaos.faults import BROKER, DAEMON, ON_THE_LINE, PLANNER, Fault, Kind, Stream


class Parties(Protocol):
    """Who is befallen."""

    def pid(self, party: str) -> int | None:
        """The process that is this party now."""

    def set_clock(self, party: str, ahead_s: float) -> None:
        """Its clock is so wrong from now on."""


class Storm:
    """Counts, and strikes, at once. `over` is set when every fault of the list has befallen."""

    def __init__(self, faults: Sequence[Fault], parties: Parties, record: Path) -> None:
        self._due = {(each.party, each.stream, each.nth): each for each in faults}
        self._counts: Counter[tuple[str, Stream]] = Counter()
        self._parties = parties
        self._record = record.open("w", encoding="utf-8")
        self._lifting: set[asyncio.Task[None]] = set()
        self.struck: Counter[str] = Counter()
        """By party's kind and fault: how many befell."""
        self.over = asyncio.Event()
        if not faults:
            self.over.set()

    def __str__(self) -> str:
        return f"{len(self._due)} faults to come"

    def moved(self, instrument: str, event: str) -> None:
        """An instrument began something, or ended it."""
        self._reached(instrument, "begun" if event == "begun" else "done")

    def passed(self, party: str, stream: Stream) -> Fault | None:
        """A message of a party passes. Returns what befalls the message or its connection, if anything does."""
        self._reached(BROKER, "up")
        self._reached(PLANNER, "up")
        fault = self._reached(party, stream)
        return fault if fault is not None and fault.kind in ON_THE_LINE else None

    def _reached(self, party: str, stream: Stream) -> Fault | None:
        self._counts[party, stream] += 1
        fault = self._due.pop((party, stream, self._counts[party, stream]), None)
        if fault is not None:
            self._strike(fault)
        return fault

    def _strike(self, fault: Fault) -> None:
        line = {**fault._asdict(), "at": asyncio.get_running_loop().time()}
        print(json.dumps(line), file=self._record, flush=True)
        self.struck[f"{fault.kind} {fault.party if fault.party in (DAEMON, BROKER, PLANNER) else 'instrument'}"] += 1
        if not self._due:
            self.over.set()
        pid = self._parties.pid(fault.party)
        if pid is None or fault.kind in ON_THE_LINE:
            return
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            match fault.kind:
                case Kind.KILL:
                    os.kill(pid, signal.SIGKILL)
                case Kind.STALL:
                    os.kill(pid, signal.SIGSTOP)
                    self._later(fault.amount, lambda: os.kill(pid, signal.SIGCONT))
                case Kind.FULL:
                    fill_disk(pid)
                    self._later(fault.amount, lambda: free_disk(pid))
                case Kind.CLOCK:
                    self._parties.set_clock(fault.party, fault.amount)

    def _later(self, seconds: float, call: Callable[[], object]) -> None:
        async def lift() -> None:
            try:
                await asyncio.sleep(seconds)
            finally:
                with suppress(ProcessLookupError, psutil.NoSuchProcess):
                    call()

        task = asyncio.create_task(lift())
        self._lifting.add(task)
        task.add_done_callback(self._lifting.discard)

    async def end(self) -> None:
        """Lift whatever still lasts."""
        for each in self._lifting:
            each.cancel()
        await asyncio.gather(*self._lifting, return_exceptions=True)
        self._record.close()


def fill_disk(pid: int) -> None:
    """No file of this process grows any more: each write fails, as on a full disk."""
    _limit(pid, 0)


def free_disk(pid: int) -> None:
    """There is room again, for the process and for what it started meanwhile: limits are inherited."""
    for each in (pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))):
        _limit(each, resource.RLIM_INFINITY)


def _limit(pid: int, bytes_: int) -> None:
    assert sys.platform == "linux"
    _soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(
        pid, resource.RLIMIT_FSIZE, (bytes_ if hard == resource.RLIM_INFINITY else min(bytes_, hard), hard)
    )
