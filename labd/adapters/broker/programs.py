"""The two brokers, as command lines."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from labd.adapters.broker.configuration import embedded_configuration
from labd.domain.errors import Unavailable

Kind = Literal["mosquitto", "amqtt"]


def default_kind() -> Kind:
    """mosquitto where it is installed."""
    return "mosquitto" if _mosquitto() else "amqtt"


def command(kind: Kind, port: int, directory: Path) -> list[str]:
    """The program and its arguments; writes the configuration. Raises `Unavailable` where that broker is not."""
    if kind == "amqtt":
        if find_spec("amqtt") is None:
            raise Unavailable("Neither mosquitto nor amqtt is installed here.", "Install one: it is the broker.")
        return [sys.executable, "-W", "ignore", "-m", "labd.adapters.broker.amqtt_process", str(port)]
    program = _mosquitto()
    if program is None:
        raise Unavailable("mosquitto is not installed.", "Install it, or use --broker amqtt.")
    configuration = directory / "mosquitto.conf"
    configuration.write_text(embedded_configuration(port), encoding="utf-8")
    return [program, "-c", str(configuration)]


def _mosquitto() -> str | None:
    """Debian puts it where a user's PATH may not look."""
    return shutil.which("mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
