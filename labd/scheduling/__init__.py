"""Which instrument, in which order, when. Pure."""

from labd.scheduling.assignment import Assignment, Waiting, assign
from labd.scheduling.waiting import Machine, why_waiting

__all__ = ["Assignment", "Machine", "Waiting", "assign", "why_waiting"]
