"""The machines behind the drivers: they keep the physical log, and at each thing that happens something may befall.

A driver tells its machine what it begins and ends, and goes on when the machine has answered. In between the line is on
disk, and the driver can be killed, stalled or robbed of its disk at exactly that point.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labd_drivers.simulated.physical_log import PhysicalLog

Befall = Callable[[str, str], None]
"""An instrument has `begun` something, or it is `done` or `failed`; that is on disk, and now befalls what is due."""


class Machines:
    """All machines of the room, on one unix socket."""

    def __init__(self, directory: Path, befall: Befall) -> None:
        self.path = directory / "machines"
        self.log = directory / "physical"
        self.ahead_s: dict[str, float] = {}
        """By instrument: how wrong its clock is."""
        self.pids: dict[str, int] = {}
        """By instrument: the driver that spoke last."""
        self._befall = befall
        self._known: dict[str, dict[str, Any]] = {}
        self._conversations: set[asyncio.Task[None]] = set()

    async def start(self) -> asyncio.Server:
        return await asyncio.start_unix_server(self._serve, self.path)

    async def end(self) -> None:
        for each in self._conversations:
            each.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)

    def known(self, command: str) -> dict[str, Any] | None:
        """What a machine remembers of a command: its last line."""
        return self._known.get(command)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = asyncio.current_task()
        assert conversation is not None
        self._conversations.add(conversation)
        peer = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid: int = struct.unpack("3i", peer)[0]
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self._answer(json.loads(line), pid)).encode() + b"\n")
        except (OSError, asyncio.CancelledError):
            pass  # its driver was killed, or all ends: what a server's task raises is logged and no more
        finally:
            self._conversations.discard(conversation)
            writer.close()

    def _answer(self, said: dict[str, Any], pid: int) -> dict[str, Any]:
        name, event = said["instrument"], said["event"]
        self.pids[name] = pid
        if event in ("begun", "done", "failed"):
            self._write(name, event, said)
            self._befall(name, event)
        known = self._known.get(said["command"]) if event == "query" else None
        return {"ahead_s": self.ahead_s.get(name, 0.0), "known": known}

    def _write(self, name: str, event: str, said: dict[str, Any]) -> None:
        moved = {"value": said["value"]} if event == "done" else {}
        about = {key: said[key] for key in ("command", "action", "sample")}
        PhysicalLog(self.log, name).write(event, **about, moved=moved, reason=said.get("reason", ""))
        self._known[said["command"]] = said
