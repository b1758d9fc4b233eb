"""aiomqtt's client with a short way for messages.

aiomqtt sends each packet by itself, upon a wake-up of the loop by way of a pipe; paho reads each packet in three
pieces; each message then crosses a queue and a task of its own. Here a read takes whatever has arrived and a write
whatever is to be sent, and a message goes straight to whoever listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any

import aiomqtt
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

AT_ONCE_BYTES = 16_384
"""Read in one piece, and so taken before anything else has its turn: some forty messages."""

Hear = Callable[[str, bytes], None]


class TrafficClient(aiomqtt.Client):
    """A client whose messages are heard by `listen` and published by `say`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._hear: Hear | None = None
        self._early: list[tuple[str, bytes]] = []
        """What arrived before anybody listened: a broker retains."""
        self._unanswered: dict[int, asyncio.Future[bool]] = {}
        """By packet: whether the broker has it."""

    async def listen(self, hear: Hear) -> str:
        """Tell of each message until the connection is lost; the reason of that."""
        for topic, payload in self._early:
            hear(topic, payload)
        self._hear = hear
        await asyncio.wait([self._disconnected])
        self._hear = None
        for answer in self._unanswered.values():
            if not answer.done():
                answer.set_result(False)
        return str(self._disconnected.exception() or "The broker ended the connection.")

    async def say(self, topic: str, payload: bytes, properties: Properties | None, *, qos: int, retain: bool) -> bool:
        """Whether the broker has the message; for QoS 0, whether it is on its way."""
        info = self._client.publish(topic, payload, qos, retain, properties)
        if info.rc or qos == 0:
            return not info.rc
        answer: asyncio.Future[bool] = self._loop.create_future()
        self._unanswered[info.mid] = answer
        try:
            return await answer
        finally:
            del self._unanswered[info.mid]

    # --- what paho calls

    def _on_connect(self, *arguments: Any) -> None:
        """From here on all happens on the loop, and paho may read and write by way of the buffer."""
        bare = self._client.socket()
        if isinstance(bare, socket.socket):
            self._client._sock = _Buffered(bare)  # type: ignore[assignment]
        super()._on_connect(*arguments)

    def _on_message(self, _client: Any, _userdata: Any, message: Any) -> None:
        topic, payload = message.topic, bytes(message.payload)
        if not topic or "+" in topic or "#" in topic:
            raise ValueError(f"The broker sent a message on {topic!r}, which is no topic.")
        if self._hear is None:
            self._early.append((topic, payload))
        else:
            self._hear(topic, payload)

    def _on_publish(self, _client: Any, _userdata: Any, mid: int, reason_code: ReasonCode, _properties: Any) -> None:
        answer = self._unanswered.get(mid)
        if answer is not None and not answer.done():
            answer.set_result(not reason_code.is_failure)

    def _on_socket_register_write(self, client: Any, userdata: Any, sock: Any) -> None:
        if isinstance(sock, _Buffered):
            self._loop.call_soon(self._flush)  # once for all that is to be sent meanwhile
        else:
            super()._on_socket_register_write(client, userdata, sock)

    def _on_socket_unregister_write(self, client: Any, userdata: Any, sock: Any) -> None:
        if not isinstance(sock, _Buffered):
            super()._on_socket_unregister_write(client, userdata, sock)

    def _on_socket_close(self, client: Any, userdata: Any, sock: Any) -> None:
        if isinstance(sock, _Buffered):
            self._loop.remove_writer(sock.fileno())
        super()._on_socket_close(client, userdata, sock)

    def _flush(self) -> None:
        """Send what there is; what the socket does not take now, when it does."""
        self._client.loop_write()
        buffered: object = self._client.socket()
        if not isinstance(buffered, _Buffered):
            return
        try:
            if buffered.flush():
                self._loop.remove_writer(buffered.fileno())
            else:
                self._loop.add_writer(buffered.fileno(), self._flush)
        except OSError as error:
            self._loop.remove_writer(buffered.fileno())
            if not self._disconnected.done():
                self._disconnected.set_exception(error)


class _Buffered:
    """A socket that is read and written in large pieces; what paho asks of a socket, and nothing more."""

    def __init__(self, bare: socket.socket) -> None:
        self._bare = bare
        self._arrived, self._at = b"", 0
        self._to_send = bytearray()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bare, name)

    def recv(self, size: int) -> bytes:
        """Of what has arrived, up to so many bytes. Raises as a socket does when nothing has."""
        if self._at == len(self._arrived):
            self._arrived, self._at = self._bare.recv(max(size, AT_ONCE_BYTES)), 0
        piece = self._arrived[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def pending(self) -> int:
        """How many bytes are here already: nothing in the loop tells of them."""
        inside_tls = self._bare.pending() if isinstance(self._bare, ssl.SSLSocket) else 0
        return len(self._arrived) - self._at + inside_tls

    def send(self, data: bytes) -> int:
        """Taken; on its way with the next `flush`."""
        self._to_send += data
        return len(data)

    def flush(self) -> bool:
        """Send what can be sent now; whether that was all."""
        try:
            while self._to_send:
                del self._to_send[: self._bare.send(self._to_send)]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        return True

    def close(self) -> None:
        """Send the last words, and close."""
        with contextlib.suppress(OSError):  # it is lost already
            self.flush()
        self._bare.close()
