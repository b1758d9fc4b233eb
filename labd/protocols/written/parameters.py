"""What a protocol varies from trial to trial, as it is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from labd.protocols.written.part import Written
from labd.protocols.written.scalars import Name, Quantity, Unit


class VariedWritten(Written):
    """What all parameters have in common."""

    type: str
    per: Literal["sample", "batch", "plate"] = "sample"
    """With a `batch`: whether each sample has a value of its own, or all of a batch (a plate) have one and the same."""
    when: dict[Name, Any] = {}
    """Only where another parameter has this value, or one of these: `{additive: [LiF, MgO]}`."""
    description: str = ""


class ContinuousWritten(VariedWritten):
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


class IntegerWritten(VariedWritten):
    """A whole number between two bounds, both included."""

    type: Literal["integer"]
    low: Quantity
    """The lowest value that may be tried."""
    high: Quantity
    """The highest value that may be tried."""
    unit: Unit = ""
    """The parameter's own unit; by default that of the first bound."""


class DiscreteWritten(VariedWritten):
    """One of a few ordered numbers."""

    type: Literal["discrete"]
    values: Annotated[list[Quantity], Field(min_length=1)]
    """The only values, in increasing order."""
    unit: Unit = ""
    """The parameter's own unit; by default that of the first value."""


class CategoricalWritten(VariedWritten):
    """One of a few options without an order."""

    type: Literal["categorical"]
    options: Annotated[list[str], Field(min_length=1)]
    """The only values."""


ParameterWritten = Annotated[
    ContinuousWritten | IntegerWritten | DiscreteWritten | CategoricalWritten, Field(discriminator="type")
]
