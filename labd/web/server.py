"""The HTTP server inside the daemon's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI

from labd.domain.errors import Unavailable


class _Server(uvicorn.Server):
    """uvicorn without its hands on the process: the daemon has the signals, and ends the server by an event."""

    def __init__(self, config: uvicorn.Config, listens: Callable[[], None]) -> None:
        super().__init__(config)
        self._listens = listens
        self.ending = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them to the daemon."""
        yield

    async def main_loop(self) -> None:
        """Wait for the end; uvicorn's own loop wakes ten times a second to look for it."""
        self._listens()
        await self.ending.wait()


async def serve(app: FastAPI, host: str, port: int, bound: asyncio.Future[int]) -> None:
    """Serve until cancelled; `bound` gets the port, once connections are taken. A port of 0 is any free one.

    Raises `Unavailable` where the address cannot be had."""
    listener = _listen(host, port)
    app.state.hosts.listen_on(host)
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",  # the older implementation rests on what websockets has deprecated
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws_max_size=65_536,
        timeout_graceful_shutdown=2,
    )

    def listens() -> None:
        if not bound.done():
            bound.set_result(listener.getsockname()[1])

    server = _Server(config, listens)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="http server")
    try:
        await asyncio.shield(serving)
    finally:
        app.state.closing.set()
        server.ending.set()
        await serving


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise Unavailable(f"{host} is no address of this machine ({error}).", "Give --host 127.0.0.1.") from None
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setblocking(False)  # noqa: FBT003 - its only argument
    try:
        listener.bind(address)
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise Unavailable(
            f"The page cannot be served on {host}, port {port} ({error}).",
            "Another daemon may have it: end it, or choose another with --port (0 for any free one).",
        ) from None
    return listener
