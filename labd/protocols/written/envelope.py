"""What the workcell refuses by itself, as it is written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from labd.protocols.written.part import Written
from labd.protocols.written.scalars import Duration, Name, Quantity


class LimitWritten(Written):
    """Arguments of one order that are only allowed together within a limit."""

    role: Name
    """The role that is ordered."""
    capability: Name
    """What is ordered."""
    allowed: str
    """`${temperature < 150 or time < 600}`: over the arguments, as bare numbers in the capability's units."""
    reason: str = ""
    """Said to whoever asks why an order was refused."""


class RateWritten(Written):
    """How fast an argument may change from one order of an instrument to its next."""

    role: Name
    """The role that is ordered."""
    capability: Name
    """What is ordered."""
    argument: Name
    """A number among the capability's arguments."""
    at_most: Quantity
    """`5 K/min`."""
    reason: str = ""
    """Said to whoever asks why an order was refused."""


class IncompatibleWritten(Written):
    """What may not come together in one run: values of text arguments, or stocks."""

    these: Annotated[list[str], Field(min_length=2)]
    """Two or more of them."""
    reason: str = ""
    """Said to whoever asks why a run was refused."""


class InterlockWritten(Written):
    """A live signal that keeps instruments from beginning anything, and may stop the laboratory."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["above"]}, {"required": ["below"]}]})

    signal: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
    """`instrument.channel`: a channel that the instrument publishes."""
    above: Quantity | None = None
    """Tripped at or above this."""
    below: Quantity | None = None
    """Tripped at or below this."""
    reset_below: Quantity | None = None
    """With `above`: clear again only below this."""
    reset_above: Quantity | None = None
    """With `below`: clear again only above this."""
    hold: Duration | None = None
    """So long beyond before it trips, and so long within before it clears."""
    stale: Duration = 10.0
    """A signal that was not heard for so long counts as tripped."""
    guards: list[Name] = []
    """Roles and instruments that begin nothing while it is tripped; by default all."""
    stops: bool = False
    """Whether it stops the laboratory, too; then a person releases it."""
    description: str = ""


class HazardPolicyWritten(Written):
    """What the workcell may do."""

    biosafety_level: Annotated[int, Field(ge=1, le=4)] = 1
    """The highest that it is equipped for."""
    materials: list[str] | None = None
    """The only hazardous materials that protocols may name; by default any."""
    most: Literal["low", "medium", "high"] = "high"
    """No protocol above this is loaded."""
    screener: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$")] | None = None
    """`package.module:function`, asked about each protocol that is loaded; no answer means no."""
