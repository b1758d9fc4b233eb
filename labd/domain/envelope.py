"""The workcell's envelope beyond single limits: what the daemon itself refuses, whatever planner and driver say."""

from __future__ import annotations

from pydantic import Field, model_validator

from labd.domain.problem import Name
from labd.domain.value import Value


class JointLimit(Value):
    """Arguments of one order that are only allowed together within a limit."""

    role: Name
    capability: Name
    allowed: str
    """`${temperature < 150 or time < 600}`: over the arguments, as bare numbers in the capability's units."""
    reason: str = ""


class RateLimit(Value):
    """How fast an argument may change from one order of an instrument to its next."""

    role: Name
    capability: Name
    argument: Name
    per_s: float = Field(gt=0)
    """In the argument's unit a second."""
    reason: str = ""


class Incompatible(Value):
    """What may not come together in one run: values of text arguments, or stocks."""

    these: tuple[str, ...] = Field(min_length=2)
    reason: str = ""


class Interlock(Value):
    """A live signal that keeps instruments from beginning anything, and may stop the laboratory."""

    instrument: Name
    channel: Name
    unit: str = ""
    """Of the thresholds; a reading in another unit is converted to it. Empty: whatever the channel is in."""
    above: float | None = None
    """Tripped at or above this."""
    below: float | None = None
    """Tripped at or below this."""
    reset_below: float | None = None
    """With `above`: clear again only below this; by default `above` itself."""
    reset_above: float | None = None
    """With `below`: clear again only above this."""
    hold_s: float = Field(default=0.0, ge=0)
    """The signal must be beyond for so long before it trips; and within for so long before it clears."""
    stale_s: float = Field(default=10.0, gt=0)
    """A signal that was not heard for so long counts as tripped."""
    guards: tuple[Name, ...] = ()
    """Roles and instruments that begin nothing while it is tripped; empty: all."""
    stops: bool = False
    """Whether it stops the laboratory, too: then a person releases it."""

    @model_validator(mode="after")
    def _one_threshold(self) -> Interlock:
        if self.above is None and self.below is None:
            raise ValueError("an interlock needs `above` or `below`")
        return self
