"""What is measured in one run: a sample, a batch of them, a plate with its wells."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from labd.domain.identifiers import TrialId
from labd.domain.problem import Name, Scalar
from labd.domain.value import Value

ControlKind = Literal["control", "blank", "standard"]


class Control(Value):
    """Samples whose values are known beforehand: they belong to no trial, and the analysis holds the others to them."""

    name: Name
    kind: ControlKind = "control"
    parameters: dict[Name, Scalar] = {}
    """Values of all parameters per sample, in the parameters' own units, and as a control may have them: a blank's
    zero need not lie within the bounds of the search. What is missing is the lowest value, or the first option."""
    count: int = Field(default=1, ge=1, le=384)
    wells: tuple[str, ...] = ()
    """Where they stand; empty: anywhere. As many as `count` otherwise."""


class Batch(Value):
    """Trials that share a run: a furnace full of crucibles, a plate."""

    size: int = Field(ge=1, le=1536)
    """How many samples go in, controls and replicates among them."""
    labware: Name | None = None
    """The labware of the protocol in whose wells the samples are; None: they are only counted."""
    wells: tuple[str, ...] = ()
    """The wells in use, by row; `size` of them. Empty without labware."""
    controls: tuple[Control, ...] = ()
    replicates: int = Field(default=1, ge=1, le=96)
    """Of each trial, in each run."""
    layout: Literal["randomised", "in_order"] = "randomised"
    """How trials, replicates and controls are laid out over the wells; drawn from the campaign's seed."""

    @property
    def trials(self) -> int:
        """How many trials fit into one run."""
        return max((self.size - sum(each.count for each in self.controls)) // self.replicates, 1)


class Sample(Value):
    """One sample of a run."""

    number: int = Field(ge=1)
    trial: TrialId | None = None
    """None: a control."""
    control: str = ""
    replicate: int = 1
    well: str = ""
    """`A1`; empty where samples are only counted."""
    parameters: dict[Name, Scalar] = {}
    """Of a control; a trial's are its suggestion's."""


class RunLabware(Value):
    """Labware of one run."""

    labware: str
    """Its id: `<run>.<name>`."""
    name: Name
    type: Name
    location: Name
    """Where it stands when the run begins."""
