"""A protocol: what one trial is, step by step, and what is learnt from it."""

from __future__ import annotations

import hashlib
import json

from pydantic import Field

from labd.domain.capability import Json
from labd.domain.hazard import Hazard
from labd.domain.problem import Name, Problem
from labd.domain.samples import Batch
from labd.domain.steps import Step
from labd.domain.value import Value


class Analysis(Value):
    """A named function that turns raw results into outcomes."""

    function: Name
    inputs: dict[str, str] = {}
    """By the function's argument: `step.result`."""
    outcomes: dict[str, str] = {}
    """By outcome of the protocol: the function's own name for it; empty means the same names."""
    settings: dict[str, Json] = {}


class OutcomeSpec(Value):
    """A quantity that a trial measures."""

    unit: str = ""
    low: float | None = None
    """Physically impossible below."""
    high: float | None = None
    """Physically impossible above."""


class Stopping(Value):
    """When a campaign has done enough."""

    trials: int | None = Field(default=None, ge=1)
    hours: float | None = Field(default=None, gt=0)
    """Since it was started."""
    cost: float | None = Field(default=None, gt=0)
    """The sum of what its orders cost, by the workcell's `cost` of each capability and stock."""
    materials: dict[Name, float] = {}
    """By stock: no more than so much in all, in the stock's unit."""
    improvement_below: float | None = Field(default=None, gt=0)
    """When the planner expects less than this from the best trial that it can think of, in the objective's unit."""
    improvement_for: int = Field(default=3, ge=1, le=1000)
    """So many answers in a row."""
    consecutive_failures: int = Field(default=5, ge=1)
    """The campaign pauses itself and asks for a person."""


class LabwareUse(Value):
    """Labware that each run takes."""

    type: Name
    """One of the workcell's labware types."""
    start: Name
    """The location, or the group of locations, where a fresh one stands when the run begins."""


class Protocol(Value):
    """A protocol as it was checked and loaded: complete, in its own units, and never changed."""

    name: Name
    title: str = ""
    description: str = ""
    version: str = "1"
    workcell: Name | None = None
    problem: Problem
    constants: dict[Name, float | int | str] = {}
    constant_units: dict[Name, str] = {}
    steps: tuple[Step, ...] = Field(min_length=1)
    labware: dict[Name, LabwareUse] = {}
    batch: Batch | None = None
    """Trials share runs; None: each trial has runs of its own."""
    analysis: tuple[Analysis, ...] = ()
    outcomes: dict[Name, OutcomeSpec] = Field(min_length=1)
    stopping: Stopping = Stopping()
    runs_per_trial: int = Field(default=1, ge=1, le=10)
    """How many runs a trial may take until one of them succeeds."""
    hazard: Hazard = Hazard()

    @property
    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON: two protocols with the same hash do the same."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
