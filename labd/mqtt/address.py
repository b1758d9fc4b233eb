"""Where a broker is, how to trust it, and who we are there: one URL.

    mqtt[s]://[user[:password]@]host[:port][?version=5|3.1.1][&keep_alive=S][&credentials=FILE][&ca=FILE][&cert=FILE&key=FILE]
    ws[s]://[user[:password]@]host[:port][/path][?...]

`ca`, `cert` and `key` belong to `mqtts` and `wss`. Without `ca` the authorities that the system trusts are trusted.
There is no way to trust whoever answers: a broker of one's own has its own authority, made by `labd broker config`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from labd.domain.errors import InvalidInput

Version = Literal["5", "3.1.1"]
Scheme = Literal["mqtt", "mqtts", "ws", "wss"]

DEFAULT_PORTS: Mapping[str, int] = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
DEFAULT_PATH = "/mqtt"
"""Of a broker behind WebSockets, where most brokers and proxies have it."""
KEEP_ALIVE_S = 10
"""A cut cable is noticed after one and a half of it by the broker, and after twice as long by us."""
LONGEST_KEEP_ALIVE_S = 65_535
HINT = "Write mqtt://[user:password@]host[:port] or mqtts://, ws://, wss://; see docs/how-to-secure-the-broker.md."
OPTIONS = ("version", "keep_alive", "credentials", "ca", "cert", "key")
FOR_TLS = ("ca", "cert", "key")
FILES = ("credentials", *FOR_TLS)
ENCRYPTED: Mapping[str, Scheme] = {"mqtt": "mqtts", "ws": "wss"}
"""By what is not encrypted: what would be."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """A broker's place, who we are there, and how we speak to it. `str()` of it has no password."""

    scheme: Scheme
    host: str
    port: int
    path: str = ""
    """Of a WebSocket."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    version: Version | None = None
    """If one is asked for."""
    keep_alive_s: int = KEEP_ALIVE_S
    credentials: Path | None = None
    """The file that says who we are, read at each connect; see `labd.mqtt.credentials`."""
    ca: Path | None = None
    """The authorities to trust, instead of the system's."""
    certificate: Path | None = None
    key: Path | None = None
    """Our own certificate, for a broker that asks for one."""

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted and the broker's certificate looked at."""
        return self.scheme not in ENCRYPTED

    def __str__(self) -> str:
        """The place, for people: without password and options."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        user = f"{quote(self.username)}@" if self.username else ""
        return f"{self.scheme}://{user}{host}:{self.port}{self.path}"

    @classmethod
    def parse(cls, url: str) -> Self:
        """The parts of a URL. Raises `InvalidInput`, without the password.

        >>> address = BrokerAddress.parse("mqtt://ann:p%40ss@broker?version=3.1.1")
        >>> address.username, address.password, address.version, str(address)
        ('ann', 'p@ss', '3.1.1', 'mqtt://ann@broker:1883')
        """
        parts, port = _split(url)
        scheme = _scheme(parts, url)
        options = _options(parts, scheme)
        if parts.username and "credentials" in options:
            raise InvalidInput("The address names a user and a file of credentials.", "Give one of the two.")
        files = {name: Path(options[name]).expanduser() for name in FILES if name in options}
        return cls(
            scheme=scheme,
            host=parts.hostname or "",
            port=DEFAULT_PORTS[scheme] if port is None else port,
            path=_path(parts, scheme),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            version=_version(options.get("version")),
            keep_alive_s=_keep_alive(options.get("keep_alive")),
            credentials=files.get("credentials"),
            ca=files.get("ca"),
            certificate=files.get("cert"),
            key=files.get("key"),
        )


def with_credentials(url: str, name: str) -> str:
    """The same URL with the credentials of one client: where it names a directory of them, its file `NAME.json`.

    Any other URL is returned as it is. Raises `InvalidInput` where there is no such file.
    """
    directory = BrokerAddress.parse(url).credentials
    if directory is None or not directory.is_dir():
        return url
    file = directory / f"{name}.json"
    if not file.is_file():
        raise InvalidInput(f"{directory} has no credentials of {name}.", "`labd broker config` makes them.")
    return _with_files(url, lambda option, path: file if option == "credentials" else path)


def with_absolute_files(url: str) -> str:
    """The same URL for whoever works in another directory; what is none is returned as it is. Raises `InvalidInput`."""
    if "://" not in url:
        return url
    BrokerAddress.parse(url)
    return _with_files(url, lambda _, path: path.expanduser().absolute())


def _with_files(url: str, change: Callable[[str, Path], Path]) -> str:
    place, _, query = url.partition("?")
    options = [(key, str(change(key, Path(value))) if key in FILES else value) for key, value in parse_qsl(query)]
    return f"{place}?{urlencode(options, safe='/', quote_via=quote)}" if options else url


def refuse_open_password(url: str) -> None:
    """Raises `InvalidInput` for a URL with a password: for where every account of the machine can read along."""
    if "://" in url and BrokerAddress.parse(url).password:
        raise InvalidInput(
            "A password on the command line can be read by every account of this machine.",
            "Put the URL into the variable LABD_BROKER, or write ?credentials=FILE instead of user and password.",
        )


def _split(url: str) -> tuple[SplitResult, int | None]:
    what = "its host cannot be read"
    try:
        parts = urlsplit(url)
        what = "its port is no number up to 65535"
        port = parts.port
    except ValueError:  # its text may hold a part of a password
        raise InvalidInput(
            f"{_without_password(url)!r} is no address of a broker: {what}.",
            f"In a password write / ? # @ as %2F %3F %23 %40. {HINT}",
        ) from None
    return parts, port


def _scheme(parts: SplitResult, url: str) -> Scheme:
    shown = _without_password(url)
    match parts.scheme:
        case "mqtt" | "mqtts" | "ws" | "wss" as scheme:
            pass
        case "":
            raise InvalidInput(f"{shown!r} is no address of a broker: it does not say how to speak to it.", HINT)
        case other:
            raise InvalidInput(f"{shown!r} is no address of a broker: labd does not speak {other}://.", HINT)
    if not parts.hostname:
        raise InvalidInput(f"{shown!r} is no address of a broker: it names no host.", HINT)
    if parts.fragment:
        raise InvalidInput(f"{shown!r} has something behind a #.", f"In a password write it as %23. {HINT}")
    return scheme


def _path(parts: SplitResult, scheme: Scheme) -> str:
    if scheme in ("ws", "wss"):
        return parts.path if parts.path not in ("", "/") else DEFAULT_PATH
    if parts.path not in ("", "/"):
        raise InvalidInput("The address has a path, which only ws:// and wss:// have.", HINT)
    return ""


def _options(parts: SplitResult, scheme: Scheme) -> dict[str, str]:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    options = dict(pairs)
    for name, value in pairs:
        if name not in OPTIONS:
            shown = "What is behind the ?" if "@" in parts.query else f"?{name}="  # it may be of a password
            raise InvalidInput(f"{shown} is nothing that labd can ask of a broker.", f"Options: {', '.join(OPTIONS)}.")
        if not value:
            raise InvalidInput(f"?{name}= has no value.", HINT)
    if len(pairs) > len(options):
        raise InvalidInput("An option of the address is given twice.", HINT)
    if scheme in ENCRYPTED and (misplaced := [name for name in FOR_TLS if name in options]):
        raise InvalidInput(f"?{misplaced[0]}= is for encrypted connections.", f"Write {ENCRYPTED[scheme]}://.")
    if ("cert" in options) != ("key" in options):
        raise InvalidInput("A certificate of ours needs its key.", "Write ?cert=FILE&key=FILE.")
    return options


def _version(text: str | None) -> Version | None:
    match text:
        case None | "5" | "3.1.1":
            return text
    raise InvalidInput(f"?version={text} is no version of MQTT that labd speaks.", "Write ?version=5 or 3.1.1.")


def _keep_alive(text: str | None) -> int:
    seconds = KEEP_ALIVE_S if text is None else int(text) if text.isdecimal() else 0
    if not 1 <= seconds <= LONGEST_KEEP_ALIVE_S:
        raise InvalidInput(
            f"?keep_alive={text} is no number of seconds.", f"Write one from 1 to {LONGEST_KEEP_ALIVE_S}."
        )
    return seconds


def _without_password(url: str) -> str:
    before, at, after = url.rpartition("@")
    return f"{before.split('//')[0]}//...@{after}" if at else url
