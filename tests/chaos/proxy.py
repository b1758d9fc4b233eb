"""Between each party and the broker: a proxy that knows MQTT packets and does to them what the list of faults says."""

import asyncio
import contextlib
import re
import socket
import struct
from collections.abc import Callable

from tests.chaos.faults import DAEMON, Fault, Kind, Stream
from tests.chaos.frames import CONNECT, PUBLISH, Frame, frames

COUNTED = ("descriptor", "state", "report", "answer", "command", "ack", "ask", "control")
"""What follows from what was done. Heartbeats and readings follow the clock: they are carried, and not counted."""

Strike = Callable[[str, Stream], Fault | None]
"""A message of that party passes: whatever befalls the party itself is done when this returns, and what befalls the
message or its connection is what it returns."""


class Proxy:
    """On a loopback port, in front of the broker's. Who speaks is told by the client id."""

    def __init__(self, workcell: str, broker_port: int, strike: Strike) -> None:
        self._driver = re.compile(rf"labd-{re.escape(workcell)}-(.+)-[0-9A-Z]{{26}}")
        self._broker_port, self._strike = broker_port, strike
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def end(self) -> None:
        for each in self._connections:
            each.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        self._connections.add(connection)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._broker_port)
        except OSError:
            abort(writer)
            self._connections.discard(connection)
            return
        up = Line("up", reader, back, writer, self._strike)
        down = Line("down", there, writer, back, self._strike)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(up, down))
                both.create_task(self._carry(down, up))
        except* (_Ended, OSError):
            pass
        except* asyncio.CancelledError:
            pass
        finally:
            for each in (writer, back):
                abort(each)
            self._connections.discard(connection)

    async def _carry(self, line: "Line", other: "Line") -> None:
        async for frame in frames(line.reader):
            if frame.kind == CONNECT:
                line.party = other.party = self.party(frame.client_id)
            await line.carry(frame)
            other.mute = other.mute or line.mute
        raise _Ended

    def party(self, client_id: str) -> str:
        """Whose connection it is; empty for whoever is nobody of ours."""
        if found := self._driver.fullmatch(client_id):
            return found[1]
        return DAEMON if re.fullmatch(r"labd-[0-9A-Z]{26}", client_id) else ""


class _Ended(Exception):
    """One side hung up, or was made to: the other follows."""


class Line:
    """One direction of a connection."""

    def __init__(
        self,
        stream: Stream,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        back: asyncio.StreamWriter,
        strike: Strike,
    ) -> None:
        self._stream, self.reader, self._writer, self._back, self._strike = stream, reader, writer, back, strike
        self.party = ""
        self.mute = False
        """Half-open: what comes is taken and goes nowhere."""
        self._held: list[bytes] = []
        """Reordered: to go behind the next message."""

    async def carry(self, frame: Frame) -> None:
        """Pass a packet on, or whatever becomes of it. Raises `_Ended` where that is the end."""
        if not (frame.kind == PUBLISH and self.party and frame.topic.rpartition("/")[2] in COUNTED):
            if not self.mute:
                self._writer.write(frame.raw)
                await self._writer.drain()
            return
        fault = self._strike(self.party, self._stream)
        if fault is not None:
            await self._befall(frame, fault)
        elif not self.mute:
            self._writer.write(frame.raw)
            self._let_go()
            await self._writer.drain()

    async def _befall(self, frame: Frame, fault: Fault) -> None:
        self.mute = self.mute or fault.kind is Kind.HALF_OPEN
        if self.mute:
            return
        match fault.kind:
            case Kind.DELAY:
                await asyncio.sleep(fault.amount)
                self._writer.write(frame.raw)
            case Kind.DUPLICATE:
                self._writer.write(frame.raw * 2)
            case Kind.DROP if frame.qos:
                self._back.write(frame.puback())
            case Kind.REORDER:
                self._held.append(frame.raw)
                asyncio.get_running_loop().call_later(fault.amount, self._let_go)
            case Kind.TRUNCATE:
                self._writer.write(frame.raw[: len(frame.raw) // 2])
                await self._writer.drain()
                self._writer.close()
                raise _Ended
            case Kind.RESET:
                raise _Ended
        await self._writer.drain()

    def _let_go(self) -> None:
        held, self._held = self._held, []
        if not (self.mute or self._writer.is_closing()):
            self._writer.write(b"".join(held))


def abort(writer: asyncio.StreamWriter) -> None:
    """Close at once, with a reset if the other side still speaks."""
    if not writer.is_closing():
        end: socket.socket = writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
