"""What a protocol varies from trial to trial, as it is written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from labd.protocols.written.part import Written
from labd.protocols.written.scalars import Quantity, Unit


class ContinuousWritten(Written):
    """Any number between two bounds."""

    type: Literal["continuous"]
    low: Quantity
    """The lowest value that may be tried."""
    high: Quantity
    """The highest value that may be tried."""
    unit: Unit = ""
    """The parameter's own unit; by default that of the first bound."""
    scale: Literal["linear", "log"] = "linear"
    """`log` searches orders of magnitude; both bounds must be above zero."""
    description: str = ""


class IntegerWritten(Written):
    """A whole number between two bounds, both included."""

    type: Literal["integer"]
    low: Quantity
    """The lowest value that may be tried."""
    high: Quantity
    """The highest value that may be tried."""
    unit: Unit = ""
    """The parameter's own unit; by default that of the first bound."""
    description: str = ""


class DiscreteWritten(Written):
    """One of a few ordered numbers."""

    type: Literal["discrete"]
    values: Annotated[list[Quantity], Field(min_length=1)]
    """The only values, in increasing order."""
    unit: Unit = ""
    """The parameter's own unit; by default that of the first value."""
    description: str = ""


class CategoricalWritten(Written):
    """One of a few options without an order."""

    type: Literal["categorical"]
    options: Annotated[list[str], Field(min_length=1)]
    """The only values."""
    description: str = ""


ParameterWritten = Annotated[
    ContinuousWritten | IntegerWritten | DiscreteWritten | CategoricalWritten, Field(discriminator="type")
]
