"""What is refused before anything else looks at it: strange hosts, other sites' pages, bodies without end.

The daemon has no log-in: whoever reaches it may use it. So the page of another site, which a browser on this machine
may be made to load, must not reach it:

- DNS rebinding: another site's name is pointed at this machine. The `Host` header still carries that name, so only the
  names under which the daemon is meant to be reached are taken.
- CSRF and cross-site WebSockets: another site's page sends a request here. The browser adds that site as `Origin`, so a
  request that changes something, and every WebSocket, must come without one (a script) or from this very host.

Source: OWASP, Cross-Site Request Forgery Prevention Cheat Sheet, "Verifying Origin with Standard Headers".
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAXIMUM_BODY_BYTES = 1_000_000
UPLOADS = "/api/v1/data"
MAXIMUM_UPLOAD_BYTES = 20_000_000
"""Of a file that a person gives: a photo, as a telephone takes it."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

SECURITY_HEADERS = {
    # plotly.js writes inline styles; nothing needs inline scripts
    "content-security-policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Hosts:
    """The names under which the daemon is reached: loopback, and the host that it was told to listen on."""

    def __init__(self) -> None:
        self._names = {"localhost"}
        self._any_address = False

    def listen_on(self, host: str) -> None:
        """Also take this name; for a wildcard address, this machine's names and any literal address.

        A literal address is safe from rebinding, which needs a name."""
        self._names.add(host.lower())
        address = _address(host)
        if address is not None and address.is_unspecified:
            self._any_address = True
            self._names |= {socket.gethostname().lower(), socket.getfqdn().lower()}

    def take(self, header: str) -> bool:
        """Whether the `Host` header names this daemon."""
        try:
            name = (urlsplit(f"//{header}").hostname or "").lower()
        except ValueError:
            return False
        address = _address(name)
        if address is not None and (address.is_loopback or self._any_address):
            return True
        return name in self._names


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


class Guard:
    """ASGI middleware: refuses as above, and adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_secured(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None and scope["type"] == "http" and scope["method"] not in _SAFE_METHODS:
            most = MAXIMUM_UPLOAD_BYTES if scope["path"] == UPLOADS else MAXIMUM_BODY_BYTES
            body = await _read(receive, most)
            if body is None:
                refusal = _refuse(413, "The request is too large.", f"At most {most} bytes.")
            else:
                receive = _replayed(body, receive)
        await (refusal or self._app)(scope, receive, send_secured)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._hosts.take(host):
            return _refuse(
                403, f"This daemon is not called {host!r}.", "Use localhost, or the --host that it was started with."
            )
        origin = headers.get("origin")
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        if changes and origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return _refuse(403, f"A page of {origin} may not do this.", "Use the daemon's own page, or a script.")
        return None


def _refuse(status: int, message: str, hint: str) -> Response:
    return JSONResponse({"error": {"message": message, "hint": hint}}, status)


async def _read(receive: Receive, most: int) -> bytes | None:
    """The whole body, or None where it is larger than that."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def replay() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replay
