"""mosquitto.conf and its access list, for the embedded broker and for one of its own. For mosquitto 2.0 and newer."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from labd.wire.topics import ROOT, topic_of_all

MAXIMUM_PACKET_BYTES = 20_000_000
"""Larger than the wire allows, so that it is labd that says no, and keeps a part of what it refused. Who sends more
is thrown out."""

DAEMON_USER = "labd-daemon"
VIEWER_USER = "labd-viewer"
BUTTON_USER = "labd-button"
"""A stop button may say stop, and nothing else; the daemon believes no release but its own.

No instrument can have these names: there is no hyphen in one."""

BOUNDS = (
    f"max_packet_size {MAXIMUM_PACKET_BYTES}",
    # What a client that is too slow may have waiting. What is dropped here is sent again: nothing rests on the broker.
    "max_inflight_messages 1000",
    "max_queued_messages 100000",
    "max_queued_bytes 500000000",
    "max_keepalive 3600",
    "max_connections 5000",
    "set_tcp_nodelay true",
)
LOGS = ("log_dest stderr", "log_type error", "log_type warning", "log_type notice")


def embedded_configuration(port: int) -> str:
    """A broker on loopback without passwords, whose clients say at each connect what is retained."""
    lines = [f"listener {port} 127.0.0.1", "allow_anonymous true", "persistence false", *BOUNDS, *LOGS]
    lines.append("connection_messages false")
    if os.geteuid() == 0:
        # mosquitto would become another user, upon which the kernel forgets that it is to die with its parent.
        lines.append("user root")
    return _text(lines)


def secured_configuration(port: int, bind: str, place: Path) -> str:
    """A broker with TLS, passwords and an access list, its files in `place`; on one address, or on all (empty)."""
    return _text(
        [
            f"listener {port} {bind}".rstrip(),
            f"certfile {place}/server.crt",
            f"keyfile {place}/server.key",
            "allow_anonymous false",
            f"password_file {place}/passwords",
            f"acl_file {place}/access",
            "allow_zero_length_clientid false",
            "persistence true",
            f"persistence_location {place}/data/",
            "autosave_interval 60",
            f"pid_file {place}/mosquitto.pid",
            *BOUNDS,
            *LOGS,
            "log_timestamp_format %Y-%m-%dT%H:%M:%S",
        ]
    )


def access_list(workcell: str, instruments: Iterable[str]) -> str:
    """Who may say and hear what. mosquitto denies what is not named.

    An instrument has its own branch of the tree, for itself; and of the room it hears what is said to all.
    """
    room = f"{ROOT}/{workcell}"
    accounts = {
        # Also what drivers of another version of the wire say of themselves.
        DAEMON_USER: (f"readwrite {room}/#", f"read labd/+/{workcell}/+/descriptor"),
        VIEWER_USER: (f"read {room}/#",),
        BUTTON_USER: (f"write {topic_of_all(workcell, 'stop')}",),
        **{name: (f"readwrite {room}/{name}/#", f"read {room}/+") for name in sorted(instruments)},
    }
    return _text(
        line for user, topics in accounts.items() for line in ("", f"user {user}", *(f"topic {it}" for it in topics))
    )


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in ("# Made by labd; what is written here by hand is lost.", *lines))
