"""What became of a dry run, in numbers and bars."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from labd.domain.value import Value


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


class Lack(Value):
    """Something that ran out."""

    what: str
    after_s: float
    trials: int
    """So many trials were over by then."""


class Ending(Value):
    """What became of a campaign."""

    campaign: str
    protocol: str
    status: str
    reason: str
    trials: dict[Literal["observed", "failed", "abandoned", "pending"], int]
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
    ran_out: tuple[Lack, ...] = ()
    windows_broken: int = 0
    questions: int = 0
    """How often a person was asked."""
    stuck: tuple[str, ...] = ()
    """Empty: it came to its end. Else what each step that could not begin waits for."""
    wall_s: float
    bars: tuple[Bar, ...]
