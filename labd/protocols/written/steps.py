"""What is done in a run, as it is written."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from labd.protocols.written.part import Written
from labd.protocols.written.scalars import Duration, Name


class StepWritten(Written):
    """One thing that an instrument does in a run."""

    role: Name
    """Which role of the workcell does it; any free instrument that fills the role is taken."""
    capability: Name
    """What is asked of the role."""
    instrument: Name | None = None
    """One instrument by name, instead of any that fills the role."""
    arguments: dict[str, Any] = {}
    """By the capability's argument: a quantity, a text, or an expression `${...}`."""
    after: list[str] = []
    """The steps that must have succeeded before; without it the step is free to begin at once."""
    retries: Annotated[int, Field(ge=0, le=20)] = 0
    """How often the step is ordered again after the instrument said that it failed."""
    timeout: Duration | None = None
    """Overdue after this; by default the capability's `maximum`."""
    description: str = ""
