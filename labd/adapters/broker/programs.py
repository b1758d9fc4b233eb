"""The two brokers, as command lines."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from labd.domain.errors import Unavailable

Kind = Literal["mosquitto", "amqtt"]

MAXIMUM_PACKET_BYTES = 20_000_000
"""Larger than the wire allows, so that it is labd that says no, and keeps a part of what it refused."""


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
    configuration.write_text(_mosquitto_configuration(port), encoding="utf-8")
    return [program, "-c", str(configuration)]


def _mosquitto() -> str | None:
    """Debian puts it where a user's PATH may not look."""
    return shutil.which("mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))


def _mosquitto_configuration(port: int) -> str:
    lines = [
        f"listener {port} 127.0.0.1",
        "allow_anonymous true",
        "persistence false",  # drivers say at each connect what was retained
        "set_tcp_nodelay true",
        "max_queued_messages 0",
        "max_inflight_messages 0",
        f"message_size_limit {MAXIMUM_PACKET_BYTES}",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "connection_messages false",
    ]
    if os.geteuid() == 0:
        # mosquitto would become another user, upon which the kernel forgets that it is to die with its parent.
        lines.append("user root")
    return "\n".join(lines) + "\n"
