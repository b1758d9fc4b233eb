"""The verbs: which state may follow which, and what to do about an event. Pure."""

from labd.lifecycles.advance import Settled, advance, begin, follow, settle
from labd.lifecycles.fold import evolve
from labd.lifecycles.holding import heard
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.reception import KEPT, needs_journal, receive

__all__ = [
    "KEPT",
    "Laboratory",
    "Settled",
    "advance",
    "begin",
    "evolve",
    "follow",
    "heard",
    "needs_journal",
    "receive",
    "settle",
]
