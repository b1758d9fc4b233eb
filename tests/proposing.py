"""A proposer on a loopback port: what a laboratory's own service would be."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

Respond = Callable[[dict[str, Any]], Awaitable[tuple[int, bytes]]]


@asynccontextmanager
async def service(respond: Respond) -> AsyncIterator[str]:
    """A proposer that answers each question so; where it is asked."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        (length,) = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line[:14] == b"content-length"]
        status, body = await respond(json.loads(await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 %d x\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (status, len(body)) + body)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/propose"
