"""Everything that a broker of one's own needs, in one directory: `labd broker config` makes it, and mends it.

    broker.json     what all is made for
    broker/         for the broker's machine: mosquitto.conf, access, passwords, server.crt, server.key
    clients/        for the clients: ca.crt for all, and for each its credentials, NAME.json
    authority/      ca.key signs certificates: to be kept, and given to nobody

To make it again changes only what has to change: credentials stay, and of the broker's passwords those whose client's
file has gone to another machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple, Self
from urllib.parse import quote

from pydantic import Field, ValidationError

from labd.adapters.broker import certificates
from labd.adapters.broker.certificates import Identity
from labd.adapters.broker.configuration import BUTTON_USER, DAEMON_USER, VIEWER_USER, access_list, secured_configuration
from labd.adapters.broker.passwords import fits, hashed, new_password, password_file, read_password_file
from labd.adapters.broker.private_files import private_directory, write_private
from labd.domain.errors import InvalidInput
from labd.domain.value import Value
from labd.mqtt import Credentials, read_credentials

PORT = 8883
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
Change = Literal["new", "kept", "taken out"]


class Plan(Value):
    """What the files of a broker are made for."""

    workcell: str
    hosts: tuple[str, ...] = Field(min_length=1)
    """Names and addresses by which the broker is reached, the first one in the URL."""
    port: int = PORT
    place: str = ""
    """Where the broker's files lie on its machine; empty for here."""

    @property
    def bind(self) -> str:
        """The address to listen on: this machine's own where nobody else is to reach it, else all (empty)."""
        return "" if set(self.hosts) - set(THIS_MACHINE) else THIS_MACHINE[1]


class BrokerFiles(NamedTuple):
    """The paths of one broker's files."""

    directory: Path

    @classmethod
    def at(cls, directory: Path) -> Self:
        """Those in a directory, wherever the process goes."""
        return cls(directory.expanduser().resolve())

    @property
    def plan(self) -> Path:
        """What all is made for."""
        return self.directory / "broker.json"

    @property
    def broker(self) -> Path:
        """What belongs on the broker's machine."""
        return self.directory / "broker"

    @property
    def clients(self) -> Path:
        """What belongs to the clients."""
        return self.directory / "clients"

    @property
    def authority(self) -> Path:
        """What signs certificates."""
        return self.directory / "authority"

    @property
    def passwords(self) -> Path:
        """mosquitto's file of passwords."""
        return self.broker / "passwords"

    @property
    def ca(self) -> Path:
        """The certificate that all clients trust."""
        return self.clients / "ca.crt"

    def credentials(self, user: str) -> Path:
        """Who a client is."""
        return self.clients / f"{user}.json"

    def read_plan(self) -> Plan | None:
        """What all is made for, if anything is made yet. Raises `InvalidInput` for another's file."""
        try:
            return Plan.model_validate_json(self.plan.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError):
            raise InvalidInput(f"{self.plan} is none of labd's.", "Give another directory.") from None

    def url(self, plan: Plan) -> str:
        """Where the daemon finds the broker, and the credentials of all."""
        host = f"[{plan.hosts[0]}]" if ":" in plan.hosts[0] else plan.hosts[0]
        return f"mqtts://{host}:{plan.port}?ca={quote(str(self.ca))}&credentials={quote(str(self.clients))}"


def configure(
    files: BrokerFiles, workcell: str, instruments: Sequence[str], *, hosts: Sequence[str], port: int | None, place: str
) -> tuple[Plan, dict[str, Change]]:
    """Make what is missing and mend what has changed; what is not given stays as it was.

    Returns what all is made for now, and what became of each user's credentials. Raises `InvalidInput`.
    """
    before = files.read_plan()
    if before is not None and before.workcell != workcell:
        raise InvalidInput(f"{files.directory} is for the workcell {before.workcell}.", "Give another directory.")
    plan = Plan(
        workcell=workcell,
        hosts=tuple(hosts) or (before.hosts if before else THIS_MACHINE[:1]),
        port=port or (before.port if before else PORT),
        place=place or (before.place if before else ""),
    )
    for each in (files.directory, files.broker, files.clients, files.authority, files.broker / "data"):
        private_directory(each)
    _certify(files, plan, datetime.now(UTC))
    users = (DAEMON_USER, VIEWER_USER, BUTTON_USER, *sorted(instruments))
    changes = _give_credentials(files, users)
    keep_passwords(files, users)
    _write(files.broker / "access", access_list(workcell, instruments))
    at = Path(plan.place) if plan.place else files.broker
    _write(files.broker / "mosquitto.conf", secured_configuration(plan.port, plan.bind, at))
    _write(files.plan, plan.model_dump_json(indent=2) + "\n")
    return plan, changes


def keep_passwords(files: BrokerFiles, users: Sequence[str]) -> None:
    """Write the broker's file of passwords: of each user the newest, as its credentials say.

    What is kept of a user whose credentials are not here any more stays, and what is kept of anybody else goes.
    """
    kept = read_password_file(files.passwords.read_text(encoding="utf-8")) if files.passwords.exists() else {}
    wanted = {}
    for user in users:
        before = kept.get(user, "")
        if files.credentials(user).exists():
            newest = read_credentials(files.credentials(user)).passwords[0].get_secret_value()
            wanted[user] = before if fits(newest, before) else hashed(newest)
        elif before:
            wanted[user] = before
    _write(files.passwords, password_file(wanted))


def write_credentials(files: BrokerFiles, credentials: Credentials) -> None:
    """Write a client's file."""
    _write(files.credentials(credentials.username), credentials.model_dump_json() + "\n")


def _give_credentials(files: BrokerFiles, users: Sequence[str]) -> dict[str, Change]:
    known = read_password_file(files.passwords.read_text(encoding="utf-8")) if files.passwords.exists() else {}
    changes: dict[str, Change] = {}
    for user in users:
        has_them = files.credentials(user).exists() or user in known
        changes[user] = "kept" if has_them else "new"
        if not has_them:
            write_credentials(files, Credentials.model_validate({"username": user, "passwords": [new_password()]}))
    for user in sorted(known.keys() - set(users)):
        changes[user] = "taken out"
        files.credentials(user).unlink(missing_ok=True)
    return changes


def _certify(files: BrokerFiles, plan: Plan, at: datetime) -> None:
    signing, certificate = files.authority / "ca.key", files.broker / "server.crt"
    hosts = list(dict.fromkeys((*plan.hosts, *THIS_MACHINE)))
    if not files.ca.exists():
        made = certificates.new_authority(f"labd {plan.workcell}", at)
        write_private(signing, made.key)
        write_private(files.ca, made.certificate)
    elif certificate.exists() and certificates.still_good(certificate.read_bytes(), hosts, at):
        return
    if not signing.exists():
        raise InvalidInput(
            f"The broker needs a new certificate, and {signing} is not here.",
            f"Put it back, or delete {files.ca}: then there is a new authority, and each client needs the new file.",
        )
    made = certificates.new_certificate(Identity(files.ca.read_bytes(), signing.read_bytes()), hosts, at)
    write_private(files.broker / "server.key", made.key)
    write_private(certificate, made.certificate)


def _write(path: Path, text: str) -> None:
    content = text.encode()
    if not path.exists() or path.read_bytes() != content:
        write_private(path, content)
