"""The verbs: which state may follow which, and what to do about an event. Pure."""

from labd.lifecycles.advance import Settled, advance, settle
from labd.lifecycles.fold import evolve
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.reception import KEPT, needs_journal, receive

__all__ = ["KEPT", "Laboratory", "Settled", "advance", "evolve", "needs_journal", "receive", "settle"]
