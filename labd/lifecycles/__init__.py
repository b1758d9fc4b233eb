"""The verbs: which state may follow which, and what to do about an event. Pure."""

from labd.lifecycles.advance import Settled, advance, settle
from labd.lifecycles.laboratory import Laboratory, evolve
from labd.lifecycles.reception import needs_journal, receive

__all__ = ["Laboratory", "Settled", "advance", "evolve", "needs_journal", "receive", "settle"]
