"""What an analysis function takes and gives, so that a protocol can be checked before anything moves."""

from __future__ import annotations

from labd.domain.capability import Slot
from labd.domain.value import Value


class Signature(Value):
    """What an analysis function takes and gives."""

    inputs: tuple[str, ...] = ()
    """The results that it reads, by its own names for them."""
    outcomes: tuple[str, ...] = ()
    """What it computes, by its own names."""
    settings: dict[str, Slot] = {}
    open_outcomes: bool = False
    """The names of its outcomes are free: whatever the protocol asks for."""
