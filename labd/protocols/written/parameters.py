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
    context: bool = False
    """Given and not chosen (the room's humidity, the day's batch of a reagent): `context:` says what it is now."""
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
    ramp: Quantity | None = None
    """No more change than this from one trial to the next."""


class IntegerWritten(VariedWritten):
    """A whole number between two bounds, both included."""

    type: Literal["integer"]
    low: Quantity
    """The lowest value that may be tried."""
    high: Quantity
    """The highest value that may be tried."""
    unit: Unit = ""
    """The parameter's own unit; by default that of the first bound."""
    scale: Literal["linear", "log"] = "linear"
    """`log` searches orders of magnitude; both bounds must be above zero."""


class DiscreteWritten(VariedWritten):
    """One of a few ordered numbers."""

    type: Literal["discrete"]
    values: Annotated[list[Quantity], Field(min_length=1)]
    """The only values, in increasing order."""
    unit: Unit = ""
    """The parameter's own unit; by default that of the first value."""


class CategoricalWritten(VariedWritten):
    """One of a few options: without an order, on a scale, or told apart by what describes them."""

    type: Literal["categorical"]
    options: Annotated[list[str], Field(min_length=1)]
    """The only values."""
    ordered: bool = False
    """The options are a scale, from the first to the last: low, medium, high."""
    descriptors: dict[str, dict[str, float]] | str = {}
    """By option: numbers that describe it (`water: {polarity: 10.2}`), the same for each; the planner takes options
    that are described alike for alike. Or (`descriptors: |`) a table in CSV: a column `option`, and one a number."""
    smiles: dict[str, str] = {}
    """By option: its molecule, as SMILES; the planner takes molecules that are alike for alike. Needs the extra
    `labd[chemistry]`."""


ParameterWritten = Annotated[
    ContinuousWritten | IntegerWritten | DiscreteWritten | CategoricalWritten, Field(discriminator="type")
]
