"""The topic tree: `labd/1/<workcell>/<instrument>/<leaf>`, and `labd/1/<workcell>/<leaf>` for all at once.

>>> topic("bench", "hplc", "report")
'labd/1/bench/hplc/report'
>>> topic_of_all("bench", "stop")
'labd/1/bench/stop'
>>> parse("labd/1/bench/hplc/report")
Address(workcell='bench', instrument='hplc', leaf='report')
"""

from typing import NamedTuple

from labd.domain.errors import InvalidInput

ROOT = "labd/1"
PROTOCOL = "1.1"
"""What this release speaks: the version of the topics, and how far within it."""

FROM_DRIVER = ("descriptor", "state", "report", "answer", "echo")
"""What a daemon listens to."""
ANY_BIRTH = "labd/+/{workcell}/+/descriptor"
"""Births in every version: of a driver of another one a person is told."""
TO_DRIVER = ("command", "ack", "ask", "control", "fetch")
"""What a driver listens to."""
AT_ONCE_OR_NEVER = ("echo", "heartbeat", "ack")
"""What is sent with QoS 0: a late one would be worth nothing, and for an `ack` that is lost the outcome comes again."""
TO_ALL = ("heartbeat", "stop")
"""What is said to the workcell as a whole."""


TELEMETRY = "telemetry"
"""Readings, by channel. A daemon listens to those that its interlocks name, and to no others."""


def minor(protocol: str) -> int:
    """How far a protocol goes within its major version; 0 for what is none.

    >>> minor("1.10"), minor("")
    (10, 0)
    """
    return int(protocol.partition(".")[2] or 0)


class Address(NamedTuple):
    """Where a message belongs."""

    workcell: str
    instrument: str
    leaf: str


def topic(workcell: str, instrument: str, leaf: str) -> str:
    """The topic of one leaf of one instrument."""
    return f"{ROOT}/{workcell}/{instrument}/{leaf}"


def topic_of_all(workcell: str, leaf: str) -> str:
    """The topic of one leaf of the workcell as a whole."""
    return f"{ROOT}/{workcell}/{leaf}"


def parse(text: str) -> Address:
    """The parts of a topic. Raises `InvalidInput` for a topic outside the tree."""
    parts = text.split("/", 4)
    if len(parts) == 5 and parts[0] == ROOT.split("/", maxsplit=1)[0] and "/".join(parts[:2]) != ROOT:
        raise InvalidInput(
            f"{parts[3]} speaks {'/'.join(parts[:2])} and this daemon {ROOT} ({PROTOCOL}).",
            "Upgrade the older of the two: they do not understand each other.",
        )
    if len(parts) != 5 or "/".join(parts[:2]) != ROOT or not all(parts):
        raise InvalidInput(f"{text!r} is no topic of {ROOT}.", f"Topics are {ROOT}/<workcell>/<instrument>/<leaf>.")
    return Address(*parts[2:])
