"""The files of a laboratory, and which one is meant."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypedDict

from labd.domain.errors import NotFound, Unavailable


class Address(TypedDict):
    """Where a daemon listens."""

    url: str
    pid: int


class LaboratoryFiles(NamedTuple):
    """The paths of one laboratory."""

    directory: Path

    @property
    def workcell(self) -> Path:
        """The operator's description of the room."""
        return self.directory / "workcell.yaml"

    @property
    def own(self) -> Path:
        """What the daemon keeps for itself."""
        return self.directory / ".labd"

    @property
    def journal(self) -> Path:
        """The journal, where it is SQLite."""
        return self.own / "lab.sqlite"

    @property
    def data(self) -> Path:
        """Large results, each under its hash."""
        return self.own / "data"

    @property
    def broker(self) -> Path:
        """The embedded broker's files."""
        return self.own / "broker"

    @property
    def drivers(self) -> Path:
        """The ledgers of the drivers that the daemon starts."""
        return self.own / "drivers"

    @property
    def address(self) -> Path:
        """Written by a daemon that listens."""
        return self.own / "daemon.json"


def _last() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "labd" / "last"


def find_laboratory(option: str | None) -> Path:
    """The laboratory that is meant: the option, `$LABD_LAB`, the current directory, or the one started last.

    Raises `NotFound`."""
    named = option or os.environ.get("LABD_LAB")
    if named:
        return Path(named).expanduser().resolve()
    here = Path.cwd()
    if (here / ".labd").is_dir() or (here / "workcell.yaml").is_file():
        return here
    if _last().is_file():
        last = Path(_last().read_text(encoding="utf-8").strip())
        if last.is_dir():  # a demonstration takes its own away again
            return last
    raise NotFound(
        "There is no laboratory here.", "Give one with --lab DIR, make one with `labd init`, or try `labd demo`."
    )


def daemon_address(directory: Path) -> Address:
    """Where the daemon of a laboratory listens. Raises `Unavailable` when none is running."""
    path = LaboratoryFiles(directory).address
    try:
        address: Address = json.loads(path.read_text(encoding="utf-8"))
        with suppress(PermissionError):  # it lives, and belongs to another account
            os.kill(address["pid"], 0)
    except (OSError, ValueError, KeyError):
        raise Unavailable(
            f"No daemon runs the laboratory {directory}.", f"Start it with `labd serve --lab {directory}`."
        ) from None
    return address


def remember_daemon(directory: Path, url: str) -> None:
    """Write down where this process listens, for `daemon_address` and `find_laboratory`."""
    path = LaboratoryFiles(directory).address
    path.write_text(json.dumps({"url": url, "pid": os.getpid()}), encoding="utf-8")
    with suppress(OSError):  # a convenience for whoever types commands: an account without a home has none
        _last().parent.mkdir(parents=True, exist_ok=True)
        _last().write_text(str(directory), encoding="utf-8")


def forget_daemon(directory: Path) -> None:
    """Undo `remember_daemon` at the end."""
    LaboratoryFiles(directory).address.unlink(missing_ok=True)
