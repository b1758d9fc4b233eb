"""Which instrument, in which order, when. Pure."""

from labd.scheduling.assignment import Assignment, Waiting, assign
from labd.scheduling.places import Claim, Way, can_all_finish
from labd.scheduling.waiting import Machine, why_waiting

__all__ = ["Assignment", "Claim", "Machine", "Waiting", "Way", "assign", "can_all_finish", "why_waiting"]
