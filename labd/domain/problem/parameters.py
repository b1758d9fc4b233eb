"""What is varied from trial to trial."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from labd.domain.value import Value

Scalar = float | int | str
"""A parameter's value: a number in the parameter's own unit, or one of its options."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]

Per = Literal["sample", "batch"]
"""What a parameter or a step belongs to: each sample of a batch, or the batch (the plate) as a whole."""

Parameters = Mapping[str, Scalar]
"""A point: a value for each parameter, by name."""


class Condition(Value):
    """A parameter means something only where another has one of these values; elsewhere it is at its lowest value, or
    its first option, and says nothing."""

    parameter: str
    values: tuple[Scalar, ...] = Field(min_length=1)


class Continuous(Value):
    """Any number between two bounds."""

    kind: Literal["continuous"] = "continuous"
    name: Name
    low: float
    high: float
    unit: str = ""
    log: bool = False
    """Search on a logarithmic scale (`low` > 0)."""
    per: Per = "sample"
    when: Condition | None = None
    context: bool = False
    """Given and not chosen: what it is now says the problem's `context`."""
    ramp: float | None = Field(default=None, gt=0)
    """No more change than this from one trial to the next, in the parameter's unit."""

    @model_validator(mode="after")
    def _bounds(self) -> Continuous:
        if not self.low < self.high:
            raise ValueError(f"the lower bound {self.low:g} is not below the upper bound {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"a logarithmic scale needs a lower bound above zero, not {self.low:g}")
        return self


class Integer(Value):
    """A whole number between two bounds, both included."""

    kind: Literal["integer"] = "integer"
    name: Name
    low: int
    high: int
    unit: str = ""
    log: bool = False
    """Search on a logarithmic scale (`low` > 0)."""
    per: Per = "sample"
    when: Condition | None = None
    context: bool = False
    """Given and not chosen: what it is now says the problem's `context`."""

    @model_validator(mode="after")
    def _bounds(self) -> Integer:
        if not self.low < self.high:
            raise ValueError(f"the lower bound {self.low} is not below the upper bound {self.high}")
        if max(abs(self.low), abs(self.high), self.high - self.low) > sys.float_info.max:
            raise ValueError("the bounds are further apart than a number with a point can say")
        if self.log and self.low <= 0:
            raise ValueError(f"a logarithmic scale needs a lower bound above zero, not {self.low}")
        return self


class Discrete(Value):
    """One of a few ordered numbers."""

    kind: Literal["discrete"] = "discrete"
    name: Name
    values: tuple[float, ...] = Field(min_length=1)
    unit: str = ""
    per: Per = "sample"
    when: Condition | None = None
    context: bool = False
    """Given and not chosen: what it is now says the problem's `context`."""

    @model_validator(mode="after")
    def _increasing(self) -> Discrete:
        if any(b <= a for a, b in zip(self.values, self.values[1:], strict=False)):
            raise ValueError("the values must increase and may not repeat")
        return self


class Categorical(Value):
    """One of a few options: without an order, in the order that they are named in, or told apart by what they are."""

    kind: Literal["categorical"] = "categorical"
    name: Name
    options: tuple[str, ...] = Field(min_length=1)
    per: Per = "sample"
    when: Condition | None = None
    context: bool = False
    """Given and not chosen: what it is now says the problem's `context`."""
    ordered: bool = False
    """The options are a scale, from the first to the last: low, medium, high."""
    descriptors: dict[str, dict[str, float]] = {}
    """By option: numbers that describe it (a solvent's polarity, a ligand's cone angle); the same for each."""
    smiles: dict[str, str] = {}
    """By option: its molecule, as SMILES. Needs the extra `[chemistry]`."""

    @property
    def unit(self) -> str:
        """An option has no unit."""
        return ""

    @model_validator(mode="after")
    def _distinct(self) -> Categorical:
        if len(set(self.options)) != len(self.options):
            raise ValueError("an option is named twice")
        for said, what in ((self.descriptors, "descriptors"), (self.smiles, "a molecule")):
            missing = [each for each in self.options if each not in said]
            unknown = [each for each in said if each not in self.options]
            if said and (missing or unknown):
                raise ValueError(f"each option needs {what}, and nothing else does: {', '.join(missing or unknown)}")
        names = [sorted(each) for each in self.descriptors.values()]
        if names and (not names[0] or any(each != names[0] for each in names)):
            raise ValueError("every option needs the same descriptors")
        return self


Parameter = Annotated[Continuous | Integer | Discrete | Categorical, Field(discriminator="kind")]


def is_same(one: Scalar, other: Scalar) -> bool:
    """Whether two values are one: numbers to within rounding."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return math.isclose(one, other, rel_tol=1e-9)
