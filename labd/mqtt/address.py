"""Where a broker is: `mqtt://[user:password@]host[:port][?version=5|3.1.1]`."""

from typing import Literal, NamedTuple, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from labd.domain.errors import InvalidInput

Version = Literal["5", "3.1.1"]

HINT = "Write mqtt://[user:password@]host[:port][?version=5|3.1.1]."
DEFAULT_PORT = 1883


class BrokerAddress(NamedTuple):
    """A broker's place, who we are there, and the version of MQTT if one is asked for."""

    host: str
    port: int = DEFAULT_PORT
    username: str | None = None
    password: str | None = None
    version: Version | None = None

    @classmethod
    def parse(cls, url: str) -> Self:
        """The parts of a URL. Raises `InvalidInput`, without the password.

        >>> BrokerAddress.parse("mqtt://ann:p%40ss@broker?version=3.1.1")
        BrokerAddress(host='broker', port=1883, username='ann', password='p@ss', version='3.1.1')
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InvalidInput(f"{_shown(url)!r} is no address of a broker: {error}.", HINT) from None
        if parts.scheme in ("mqtts", "ws", "wss"):
            raise InvalidInput(f"labd does not speak {parts.scheme}:// yet.", HINT)
        if parts.scheme != "mqtt" or not parts.hostname or parts.path not in ("", "/") or parts.fragment:
            raise InvalidInput(f"{_shown(url)!r} is no address of a broker.", HINT)
        return cls(
            parts.hostname,
            DEFAULT_PORT if port is None else port,
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            _version(parts.query),
        )


def _version(query: str) -> Version | None:
    match parse_qsl(query, keep_blank_values=True):
        case []:
            return None
        case [("version", "5")]:
            return "5"
        case [("version", "3.1.1")]:
            return "3.1.1"
    raise InvalidInput(f"?{query} is nothing that labd can ask of a broker.", HINT)


def _shown(url: str) -> str:
    before, at, after = url.rpartition("@")
    return f"{before.split('//')[0]}//...@{after}" if at else url
