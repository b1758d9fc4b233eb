"""The life of an instrument, as its driver reports it.

    offline <──> idle <──> busy,  and from each of them  error | stopped | silent  and back

Any state may follow any other, since the driver and not the daemon decides: the table is full, and only the session
tells whether a report is news. A last will is believed only if its session is the current one. That it is silent the
daemon finds by its heartbeats; whatever it says of itself afterwards ends that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from labd.domain.capability import Descriptor
from labd.domain.identifiers import CommandId, InstrumentName
from labd.lifecycles.table import Table
from labd.wire.messages import held_by


class InstrumentStatus(StrEnum):
    """How an instrument is."""

    OFFLINE = "offline"
    """No driver is heard."""
    IDLE = "idle"
    """It can take a command."""
    BUSY = "busy"
    """It works on a command."""
    ERROR = "error"
    """The driver cannot use its instrument."""
    STOPPED = "stopped"
    """It was stopped and waits for a reset."""
    SILENT = "silent"
    """The broker has its driver, and the driver does not answer: hung, or cut off. Nobody knows how it is."""


UNREACHED = frozenset({InstrumentStatus.OFFLINE, InstrumentStatus.SILENT})
"""What it had in hand when it was heard last tells nothing."""

TABLE = Table("instrument", {a: {str(b): b for b in InstrumentStatus} for a in InstrumentStatus})


class ServiceStatus(StrEnum):
    """Whether orders may be given to an instrument at all, as persons say."""

    IN_SERVICE = "in_service"
    """Orders may be given."""
    OUT_OF_SERVICE = "out_of_service"
    """Somebody maintains it, or it is not to be used: what is in hand comes to its end, and nothing else begins."""
    QUARANTINED = "quarantined"
    """Its work is doubted: nothing else begins until somebody has looked at it."""


SERVICE = Table(
    "service",
    {
        ServiceStatus.IN_SERVICE: {
            "out_of_service": ServiceStatus.OUT_OF_SERVICE,
            "quarantined": ServiceStatus.QUARANTINED,
        },
        ServiceStatus.OUT_OF_SERVICE: {
            "quarantined": ServiceStatus.QUARANTINED,
            "restore": ServiceStatus.IN_SERVICE,
        },
        ServiceStatus.QUARANTINED: {"restore": ServiceStatus.IN_SERVICE},
    },
)


@dataclass(frozen=True, slots=True)
class Lock:
    """A person keeps an instrument."""

    by: str
    reason: str

    @property
    def text(self) -> str:
        """As its driver says it in its state."""
        return held_by(self.by, self.reason)


@dataclass(frozen=True, slots=True)
class Ordered:
    """What an instrument was last ordered to do, as far as it is numbers: how fast they change may be limited."""

    arguments: dict[str, float]
    at: datetime


@dataclass(frozen=True)  # without slots: it is copied at nearly every event
class Instrument:
    """A machine in the room, as far as the daemon knows."""

    name: InstrumentName
    roles: tuple[str, ...] = ()
    status: InstrumentStatus = InstrumentStatus.OFFLINE
    session: str = ""
    ledger: str = ""
    """Which memory its driver has, if it says so."""
    descriptor: Descriptor | None = None
    command: CommandId | None = None
    """The order that is out, or of which nobody knows whether it happened."""
    serves: CommandId | None = None
    """The order to another instrument for which it is kept: it is given nothing meanwhile."""
    in_hand: tuple[CommandId, ...] = ()
    """What the driver itself says that it works on; nothing, after it refused an order, until it says so again."""
    message: str = ""
    stop: str = ""
    """The id of the stop that its driver obeys, in its safe state; empty: none."""
    lock: Lock | None = None
    """Who has reserved it."""
    given_back: str = ""
    """The text of the last reservation that has ended: a driver that still says so missed the end."""
    held: str = ""
    """Who keeps it, as its driver says: by the lock, or by a hand at the machine itself."""
    last: dict[str, Ordered] = field(default_factory=dict)
    """By capability: the last order that was begun."""
    service: ServiceStatus = ServiceStatus.IN_SERVICE
    withdrawn: str = ""
    """Who took it out of service, and why."""
    version: int = 0

    @property
    def kept(self) -> str:
        """Who keeps the instrument and why; empty where nobody does."""
        return self.held or (self.lock.text if self.lock else "")
