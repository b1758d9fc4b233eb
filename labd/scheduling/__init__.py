"""Which instrument, in which order, when. Pure."""

from labd.scheduling.assignment import Answer, Assignment, Key, Room, assign, book_plan, fits
from labd.scheduling.calendar import Booked, Calendar
from labd.scheduling.places import Claim, Way, can_all_finish
from labd.scheduling.turns import Ahead, Need, Waiting, ahead, needs_of
from labd.scheduling.waiting import Machine, Reason, why_waiting
from labd.scheduling.windows import Behind, Link, Plan, plan_chain

__all__ = [
    "Ahead",
    "Answer",
    "Assignment",
    "Behind",
    "Booked",
    "Calendar",
    "Claim",
    "Key",
    "Link",
    "Machine",
    "Need",
    "Plan",
    "Reason",
    "Room",
    "Waiting",
    "Way",
    "ahead",
    "assign",
    "book_plan",
    "can_all_finish",
    "fits",
    "needs_of",
    "plan_chain",
    "why_waiting",
]
