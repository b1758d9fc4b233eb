"""The command line's way to the daemon: HTTP with the standard library."""

from __future__ import annotations

import json
import mimetypes
import shutil
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from labd.domain.errors import InvalidInput, LabError, NotFound, TransitionError, Unavailable

ANSWER_WITHIN_S = 30.0
"""The daemon answers from memory; a protocol takes seconds to be checked."""
SILENT_AT_MOST_S = 60.0
"""The stream of events says at least every 15 seconds that it is alive."""

_KINDS = {404: NotFound, 409: TransitionError, 422: InvalidInput, 503: Unavailable}


class Finding(NamedTuple):
    """Something wrong in a file, as the daemon found it."""

    file: str
    line: int | None
    column: int | None
    path: str
    message: str
    remedy: str
    severity: str


class InvalidFile(InvalidInput):
    """A file is wrong; the findings say where."""

    def __init__(self, message: str, hint: str, findings: tuple[Finding, ...]) -> None:
        super().__init__(message, hint)
        self.findings = findings


class StreamedEvent(NamedTuple):
    """One event of the journal."""

    sequence: int
    kind: str
    data: dict[str, Any]


class Client:
    """Talks to one daemon. Every method raises the `LabError` that the daemon answered, or `Unavailable`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80

    def get(self, *path: str, **query: Any) -> Any:
        """The JSON document at a path under `/api/v1`."""
        return json.loads(self._ask("GET", path, query))

    def get_text(self, *path: str) -> str:
        """The text at a path under `/api/v1`."""
        return self._ask("GET", path, {}).decode()

    def save(self, file: Path, *path: str) -> None:
        """Write what is at a path under `/api/v1` into a file, which is there once it is whole."""
        part = file.with_name(f"{file.name}.part")
        connection = HTTPConnection(self._host, self._port, timeout=ANSWER_WITHIN_S)
        try:
            response = self._send(connection, "GET", path, {})
            with part.open("wb") as to:
                shutil.copyfileobj(response, to)
            if response.length:
                raise HTTPException(f"{response.length} bytes are missing")
            part.replace(file)
        except (OSError, HTTPException) as error:
            raise Unavailable(f"{file} could not be saved: {error}.", "Look at the disk, and at the daemon.") from None
        finally:
            part.unlink(missing_ok=True)
            connection.close()

    def post(self, *path: str, body: Mapping[str, Any], query: Mapping[str, Any] | None = None) -> Any:
        """The JSON answer to a JSON document."""
        return json.loads(self._ask("POST", path, query or {}, json.dumps(body, allow_nan=False).encode()))

    def upload(self, file: Path) -> Any:
        """The reference to a file that is given to the laboratory. Raises `InvalidInput` where it cannot be read."""
        try:
            content = file.read_bytes()
        except OSError as error:
            raise InvalidInput(f"{file} cannot be read: {error.strerror}.", "Look at its name.") from None
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return json.loads(self._ask("POST", ("data",), {"name": file.name}, content, kind))

    def events(self, after: int) -> Iterator[StreamedEvent]:
        """The events behind a place in the journal, and then those to come; `Unavailable` when the daemon ends."""
        connection = HTTPConnection(self._host, self._port, timeout=SILENT_AT_MOST_S)
        try:
            response = self._send(connection, "GET", ("events",), {"after": after})
            yield from _events(response)
            raise self._gone("it ended")
        except (OSError, HTTPException) as error:
            raise self._gone(error) from None
        finally:
            connection.close()

    def _ask(
        self,
        method: str,
        path: tuple[str, ...],
        query: Mapping[str, Any],
        body: bytes | None = None,
        kind: str = "application/json",
    ) -> bytes:
        connection = HTTPConnection(self._host, self._port, timeout=ANSWER_WITHIN_S)
        try:
            return self._send(connection, method, path, query, body, kind).read()
        except (OSError, HTTPException) as error:
            raise self._gone(error) from None
        finally:
            connection.close()

    def _send(
        self,
        connection: HTTPConnection,
        method: str,
        path: tuple[str, ...],
        query: Mapping[str, Any],
        body: bytes | None = None,
        kind: str = "application/json",
    ) -> HTTPResponse:
        url = "/api/v1/" + "/".join(quote(part, safe="") for part in path)
        url += f"?{urlencode(query)}" if query else ""
        connection.request(method, url, body, {"content-type": kind} if body else {})
        response = connection.getresponse()
        if response.status >= 400:
            raise _error(response.status, response.read())
        return response

    def _gone(self, error: object) -> Unavailable:
        return Unavailable(f"The daemon at {self.url} does not answer ({error}).", "Start it with `labd serve`.")


def _error(status: int, body: bytes) -> LabError:
    try:
        told = json.loads(body)["error"]
        message, hint = told["message"], told["hint"]
    except (ValueError, KeyError, TypeError):
        return LabError(f"The daemon answered {status}.", "See its log.")
    if "findings" in told:
        return InvalidFile(message, hint, tuple(Finding(**each) for each in told["findings"]))
    return _KINDS.get(status, LabError)(message, hint)


def _events(response: HTTPResponse) -> Iterator[StreamedEvent]:
    """Source: WHATWG HTML Standard, "Server-sent events", 9.2.6; of which the daemon sends one line a field."""
    fields: dict[str, str] = {}
    for raw in response:
        line = raw.decode().rstrip("\r\n")
        if not line:
            if "id" in fields:
                yield StreamedEvent(int(fields["id"]), fields["event"], json.loads(fields["data"]))
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
