"""The conversation with a SCPI instrument over a raw TCP socket (usually port 5025): one question at a time.

Source: SCPI Consortium, "Standard Commands for Programmable Instruments", volumes 1 and 2, 1999; IEEE 488.2.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import NamedTuple

from labd.driver_kit import DeviceError

ANSWER_WITHIN_S = 5.0
NO_ERROR = 0
QUEUE = 50
"""More entries than an error queue has."""


class Identity(NamedTuple):
    """The answer to `*IDN?`."""

    make: str
    model: str
    serial: str
    firmware: str


class Session:
    """One connection to one instrument. Whoever speaks waits for the other: readings come while an action runs."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._one = asyncio.Lock()

    async def open(self) -> Identity:
        """Connect, and forget old errors; who is there. Raises `OSError` and `DeviceError`."""
        async with asyncio.timeout(ANSWER_WITHIN_S):
            self._streams = await asyncio.open_connection(self._host, self._port)
        await self.tell("*CLS")
        parts = [part.strip() for part in (await self.ask("*IDN?")).split(",")]
        return Identity(*(parts + [""] * 4)[:4])

    async def close(self) -> None:
        """Disconnect."""
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def tell(self, command: str) -> None:
        """Send a command, and look whether the instrument took it. Raises `DeviceError` with its own words."""
        async with self._one:
            await self._exchange(command, answered=False)
            await self._look_for_errors(command)

    async def ask(self, question: str) -> str:
        """The answer to a question. Raises `ConnectionError` or `TimeoutError` when none comes."""
        async with self._one:
            return await self._exchange(question, answered=True)

    async def number(self, question: str) -> float:
        """A number. Raises `DeviceError` for the standard's 9.9E37 and 9.91E37, which are no measurements."""
        value = float(await self.ask(question))
        if not abs(value) < 9.9e37:
            raise DeviceError(f"{question} is over the range, or not a number")
        return value

    async def _look_for_errors(self, command: str) -> None:
        found = []
        for _ in range(QUEUE):
            code, _, message = (await self._exchange("SYST:ERR?", answered=True)).partition(",")
            if int(code) == NO_ERROR:
                break
            found.append(f"{code} {message.strip()}")
        if found:
            raise DeviceError(f"{command}: {'; '.join(found)}")

    async def _exchange(self, line: str, *, answered: bool) -> str:
        """One line out and, where it is a question, one line back. What was interrupted is never used again: its late
        answer would be taken for the next one's."""
        if self._streams is None:
            raise ConnectionError("the connection to the instrument is closed")
        reader, writer = self._streams
        answer = b"\n"
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                writer.write(f"{line}\n".encode("ascii"))
                await writer.drain()
                if answered:
                    answer = await reader.readline()
        except BaseException:
            await self.close()
            raise
        if not answer.endswith(b"\n"):
            await self.close()
            raise ConnectionError("the instrument closed the connection")
        return answer.decode("ascii", errors="replace").strip()
