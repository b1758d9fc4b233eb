"""The protocol file as it is written."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from labd.protocols.written.batch import BatchWritten, LabwareUseWritten
from labd.protocols.written.constraints import ConstraintWritten
from labd.protocols.written.goals import (
    AnalysisWritten,
    HazardWritten,
    ObjectiveWritten,
    OutcomeLimitWritten,
    OutcomeWritten,
    StoppingWritten,
)
from labd.protocols.written.parameters import ParameterWritten
from labd.protocols.written.part import Written
from labd.protocols.written.planner import CostWritten, FidelityWritten, PlannerWritten
from labd.protocols.written.scalars import Name
from labd.protocols.written.steps import StepWritten, TemplateWritten


class ProtocolWritten(Written):
    """What one trial is, step by step, and what is learnt from it."""

    protocol: Name
    """The protocol's name."""
    title: str = ""
    """What the page calls it."""
    description: str = ""
    """For whoever reads it."""
    version: str = "1"
    """Which version of the protocol this is; in quotes."""
    workcell: Name | None = None
    """The workcell that it is written for."""
    parameters: Annotated[dict[Name, ParameterWritten], Field(min_length=1)]
    """What is varied from trial to trial."""
    constants: dict[Name, str | int | float] = {}
    """Quantities and texts that expressions use by name; what is in quotes is a text."""
    constraints: list[ConstraintWritten] = []
    """What every point keeps: sums, formulas, and values that are not tried together."""
    pool: list[dict[str, Any]] | str | None = None
    """The only points that may be tried: each has a value for every parameter. A list; or (`pool: |`) a table in CSV,
    whose header has the parameters with their units in brackets."""
    labware: dict[Name, LabwareUseWritten] = {}
    """What each run takes of plates, racks and vials, by a name of the protocol's own."""
    batch: BatchWritten | None = None
    """Trials that share a run; without it each trial has runs of its own."""
    templates: dict[Name, TemplateWritten] = {}
    """Steps that are done as one, in several places."""
    preparation: dict[Name, StepWritten] = {}
    """What is done before: `steps` without `after` wait for all of it."""
    steps: Annotated[dict[Name, StepWritten], Field(min_length=1)]
    """What is done in a run: a graph by `after`."""
    clean_up: dict[Name, StepWritten] = {}
    """What is done at the end, whatever became of the rest; the outcomes do not wait for it."""
    outcomes: Annotated[dict[Name, OutcomeWritten], Field(min_length=1)]
    """What a trial measures."""
    analysis: list[AnalysisWritten] = []
    """How results become outcomes."""
    objectives: Annotated[list[ObjectiveWritten], Field(min_length=1)]
    """What is wanted."""
    limits: list[OutcomeLimitWritten] = []
    """What outcomes must keep."""
    stopping: StoppingWritten | None = None
    """When it is enough."""
    planner: PlannerWritten | None = None
    """How many trials at once, how it begins, who proposes."""
    cost: CostWritten | None = None
    """What a trial costs, for the planner."""
    fidelity: FidelityWritten | None = None
    """Which parameter says how true a measurement is."""
    context: dict[Name, Any] = {}
    """What the parameters are now that are given and not chosen; `labd edit CAMPAIGN context.NAME=VALUE` later."""
    hazard: HazardWritten | None = None
    """How dangerous it is, by its own account."""
    runs_per_trial: Annotated[int, Field(ge=1, le=10)] = 1
    """How many runs a trial may take until one of them succeeds."""
