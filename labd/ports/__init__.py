"""What the laboratory needs of the world: small protocols, each with a real adapter and a simulation."""

from labd.ports.clock import Clock
from labd.ports.ids import Ids
from labd.ports.instrument_link import Inbound, InstrumentLink
from labd.ports.journal import Journal, Recorded
from labd.ports.planner import Planned, Planner
from labd.ports.reviewer import Reviewer
from labd.ports.store import Store

__all__ = [
    "Clock",
    "Ids",
    "Inbound",
    "InstrumentLink",
    "Journal",
    "Planned",
    "Planner",
    "Recorded",
    "Reviewer",
    "Store",
]
