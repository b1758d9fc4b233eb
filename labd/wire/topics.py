"""The topic tree: `labd/1/<workcell>/<instrument>/<leaf>`.

>>> topic("bench", "hplc", "report")
'labd/1/bench/hplc/report'
>>> parse("labd/1/bench/hplc/report")
Address(workcell='bench', instrument='hplc', leaf='report')
"""

from typing import NamedTuple

from labd.domain.errors import InvalidInput

ROOT = "labd/1"

FROM_DRIVER = ("descriptor", "state", "report", "answer")
"""What a daemon listens to."""
TO_DRIVER = ("command", "ack", "ask", "control")
"""What a driver listens to."""


class Address(NamedTuple):
    """Where a message belongs."""

    workcell: str
    instrument: str
    leaf: str


def topic(workcell: str, instrument: str, leaf: str) -> str:
    """The topic of one leaf of one instrument."""
    return f"{ROOT}/{workcell}/{instrument}/{leaf}"


def parse(text: str) -> Address:
    """The parts of a topic. Raises `InvalidInput` for a topic outside the tree."""
    parts = text.split("/", 4)
    if len(parts) != 5 or "/".join(parts[:2]) != ROOT or not all(parts):
        raise InvalidInput(f"{text!r} is no topic of {ROOT}.", f"Topics are {ROOT}/<workcell>/<instrument>/<leaf>.")
    return Address(*parts[2:])
