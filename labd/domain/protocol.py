"""A protocol: what one trial is, step by step, and what is learnt from it."""

from __future__ import annotations

import hashlib
import json

from pydantic import Field

from labd.domain.capability import Json
from labd.domain.problem import Name, Problem
from labd.domain.value import Value


class Step(Value):
    """One thing that an instrument does in a run. A string `${...}` in `arguments` is an expression."""

    name: Name
    role: Name
    capability: Name
    instrument: Name | None = None
    """By name instead of any that fills the role."""
    arguments: dict[str, Json] = {}
    after: tuple[Name, ...] = ()
    """The steps that must have succeeded before."""
    retries: int = Field(default=0, ge=0, le=20)
    """How often the step is ordered again after the instrument said that it failed."""
    timeout_s: float | None = Field(default=None, gt=0)
    """Overdue after this; by default the capability's maximum."""


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
    consecutive_failures: int = Field(default=5, ge=1)
    """The campaign pauses itself and asks for a person."""


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
    analysis: tuple[Analysis, ...] = ()
    outcomes: dict[Name, OutcomeSpec] = Field(min_length=1)
    stopping: Stopping = Stopping()
    runs_per_trial: int = Field(default=1, ge=1, le=10)
    """How many runs a trial may take until one of them succeeds."""

    @property
    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON: two protocols with the same hash do the same."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class PlannedStep(Value):
    """A step of one run with its arguments worked out, as far as they do not wait for earlier results."""

    name: Name
    role: Name
    capability: Name
    instrument: Name | None = None
    arguments: dict[str, Json] = {}
    """Values in the capability's units; an expression over results stays `${...}` until its step is ready."""
    after: tuple[Name, ...] = ()
    retries: int = 0
    typical_s: float = 1.0
    timeout_s: float = 3600.0
