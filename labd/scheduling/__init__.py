"""Which instrument, in which order, when. Pure."""

from labd.scheduling.assignment import Assignment, assign, fits
from labd.scheduling.places import Claim, Way, can_all_finish
from labd.scheduling.turns import Ahead, Waiting, ahead
from labd.scheduling.waiting import Machine, Reason, why_waiting

__all__ = [
    "Ahead",
    "Assignment",
    "Claim",
    "Machine",
    "Reason",
    "Waiting",
    "Way",
    "ahead",
    "assign",
    "can_all_finish",
    "fits",
    "why_waiting",
]
