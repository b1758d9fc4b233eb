"""What is wrong with a protocol as a whole, on its workcell, although each of its parts is right: gaps that cannot be
met, stock that cannot last, envelopes that parameters break, places that are too few, ways that block each other."""

from labd.protocols.soundness.remark import Remark
from labd.protocols.soundness.whole import unsound

__all__ = ["Remark", "unsound"]
