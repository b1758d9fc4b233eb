"""Who a client is at a broker: a JSON file that is read at each connect, so that a password can change while all runs.

    {"username": "reactor_1", "passwords": ["the newest", "the one before"]}

The passwords are tried in this order. While a password is changed, broker and client learn of it at different moments:
with both in the file, the client is let in before and after.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import Field, SecretStr, ValidationError, field_serializer

from labd.domain.errors import InvalidInput
from labd.domain.value import Value
from labd.mqtt.address import BrokerAddress


class Login(NamedTuple):
    """Who we say that we are at one attempt; perhaps nobody."""

    username: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        """Without the password."""
        return f"Login(username={self.username!r})"


class Credentials(Value):
    """A user of a broker, and the passwords to try."""

    username: str = Field(min_length=1)
    passwords: tuple[SecretStr, ...] = Field(min_length=1)
    """The newest first. They are not shown by `repr`."""

    @field_serializer("passwords", when_used="json")
    def _revealed(self, passwords: tuple[SecretStr, ...]) -> list[str]:
        return [each.get_secret_value() for each in passwords]


def read_credentials(file: Path) -> Credentials:
    """What a file of credentials says. Raises `InvalidInput`, without what is in the file."""
    try:
        return Credentials.model_validate_json(file.read_bytes())
    except OSError as error:
        raise InvalidInput(
            f"The credentials {file} cannot be read: {error.strerror}.", "`labd broker config` makes such files."
        ) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"{file} holds no credentials: {where + ': ' if where else ''}{first['msg']}.",
            '`labd broker config` makes such files: {"username": ..., "passwords": [...]}.',
        ) from None


def logins(address: BrokerAddress) -> list[Login]:
    """What to try to get in with, one after the other; at least one, perhaps of nobody. Raises `InvalidInput`."""
    if address.credentials is None:
        return [Login(address.username, address.password)]
    found = read_credentials(address.credentials)
    return [Login(found.username, each.get_secret_value()) for each in found.passwords]
