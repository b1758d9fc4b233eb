"""What became of a dry run, in numbers and bars."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from labd.domain.value import Value

Kind = Literal["observed", "failed", "abandoned", "pending"]
KINDS: tuple[Kind, ...] = ("observed", "failed", "abandoned", "pending")


class Bar(Value):
    """One step on one instrument, from its beginning to its end, in seconds since the start of the dry run."""

    instrument: str
    campaign: str
    run: str
    step: str
    begin_s: float
    end_s: float
    held: bool = False
    """Whether the instrument was only kept beside the one that did it."""


class Wait(Value):
    """What steps that could have begun waited for, all of them together."""

    campaign: str
    step: str
    reason: str
    steps: int
    """How many of them waited for it."""
    total_s: float
    longest_s: float


class Refill(Value):
    """Stock that ran low, or out, and was brought by a person."""

    stock: str
    times: int
    """How often somebody brought more."""
    amount: float
    """How much in all, in the stock's unit."""
    first_s: float | None = None
    """When somebody first brought it."""
    short_s: float | None = None
    """When a step first had to wait for it; None: it never ran out."""


class Ending(Value):
    """What became of a campaign."""

    campaign: str
    protocol: str
    status: str
    reason: str
    trials: dict[Kind, int]
    ended_s: float | None = None


class Account(Value):
    """A dry run from its start to its end."""

    workcell: str
    started: datetime
    makespan_s: float
    """From the start to the end of the last step."""
    steps: int
    """Steps that came to their end."""
    campaigns: tuple[Ending, ...]
    utilisation: dict[str, float]
    """By instrument: the share of the makespan in which it was busy, or kept for a step."""
    waits: tuple[Wait, ...]
    """The longest in all first."""
    consumption: dict[str, float] = {}
    """By stock, in its unit."""
    refills: tuple[Refill, ...] = ()
    windows_broken: int = 0
    questions: int = 0
    """How often a person was asked."""
    cleared: int = 0
    """How often a person took labware away that nothing else took."""
    failures: dict[str, int] = {}
    """Why trials failed, and how many: no instrument fails here, but an order may be refused, or not be worked out."""
    stuck: tuple[str, ...] = ()
    """Empty: it came to its end. Else what each step that could not begin waits for."""
    wall_s: float
    bars: tuple[Bar, ...]
