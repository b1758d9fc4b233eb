"""What shares a run, and in what it stands, as it is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from labd.protocols.written.part import Written
from labd.protocols.written.scalars import Name


class LabwareUseWritten(Written):
    """Labware that each run takes."""

    type: Name
    """One of the workcell's types of labware."""
    start: Name
    """The location, or the group of locations, where a fresh one stands when the run begins."""


class WellsWritten(Written):
    """A rectangle of wells."""

    rows: str | None = None
    """`B-G` or `C`; without it all rows."""
    columns: str | int | None = None
    """`2-11` or `3`; without it all columns."""


class ControlWritten(Written):
    """Samples whose values are known beforehand: they belong to no trial."""

    kind: Literal["control", "blank", "standard"] = "control"
    """What it is to the analysis."""
    count: Annotated[int, Field(ge=1, le=384)] = 1
    """How many of them in each run."""
    parameters: dict[str, Any] = {}
    """Values of parameters per sample; what is missing is the lowest value, or the first option. A control's numbers
    need not lie within the bounds of the search."""
    wells: list[str] | WellsWritten = []
    """Where they stand; without it anywhere."""


class BatchWritten(Written):
    """Trials that share a run: a furnace full of crucibles, a plate."""

    size: Annotated[int, Field(ge=1, le=1536)] | None = None
    """How many samples go in, controls and replicates among them; by default one for each well."""
    labware: Name | None = None
    """The labware of the protocol in whose wells the samples are."""
    wells: list[str] | WellsWritten = []
    """The wells in use, as a list or a rectangle; by default all."""
    replicates: Annotated[int, Field(ge=1, le=96)] = 1
    """Of each trial, in each run."""
    controls: dict[Name, ControlWritten] = {}
    """Controls, blanks and standards, by name."""
    layout: Literal["randomised", "in_order"] = "randomised"
    """How trials, replicates and controls are laid out over the wells."""
