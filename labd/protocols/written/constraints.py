"""What every point must keep, as it is written."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from labd.protocols.written.part import Written
from labd.protocols.written.scalars import Name, Quantity


class ConstraintWritten(Written):
    """A `sum` of parameters or a `formula` over them within bounds, or values that are not tried together
    (`exclude`)."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["sum"]}, {"required": ["formula"]}, {"required": ["exclude"]}]}
    )

    sum: Annotated[list[Name], Field(min_length=1)] | None = None
    """The parameters that are added up; all in one unit."""
    weights: dict[Name, float] = {}
    """By parameter of the sum: its factor, where it is not 1."""
    formula: str | None = None
    """Arithmetic over parameters: `flow * time`, with `+ - * / **`, brackets, numbers, and sqrt, exp, log, log10, sin,
    cos, tan, abs, min and max."""
    equals: Quantity | None = None
    """What the sum is: a composition's total."""
    at_most: Quantity | None = None
    """The sum, or what the formula gives, is never more."""
    at_least: Quantity | None = None
    """The sum, or what the formula gives, is never less."""
    exclude: dict[Name, Any] | None = None
    """By parameter: a value or a list of them; a point that has one of them in each is not tried."""
