"""The two files as operators write them: the keys, what each may hold, and what it means.

From these classes come the check of the file's shape, the JSON Schema for editors, and the reference in `docs/`.
"""

from labd.protocols.written.batch import BatchWritten, ControlWritten, LabwareUseWritten, WellsWritten
from labd.protocols.written.constraints import ConstraintWritten
from labd.protocols.written.envelope import InterlockWritten, LimitWritten, RateWritten
from labd.protocols.written.goals import AnalysisWritten, ObjectiveWritten, OutcomeLimitWritten, StoppingWritten
from labd.protocols.written.parameters import (
    CategoricalWritten,
    ContinuousWritten,
    DiscreteWritten,
    IntegerWritten,
    ParameterWritten,
)
from labd.protocols.written.part import Written
from labd.protocols.written.planner import CostWritten, FidelityWritten, PlannerWritten, ProposerWritten
from labd.protocols.written.protocol import ProtocolWritten
from labd.protocols.written.room import StockWritten
from labd.protocols.written.scalars import NAME, Duration, Name, Quantity, Span, Unit
from labd.protocols.written.steps import GapWritten, RepeatWritten, StepWritten, TemplateWritten
from labd.protocols.written.workcell import CapabilityWritten, ResultWritten, SlotWritten, WorkcellWritten

__all__ = [
    "NAME",
    "AnalysisWritten",
    "BatchWritten",
    "CapabilityWritten",
    "CategoricalWritten",
    "ConstraintWritten",
    "ContinuousWritten",
    "ControlWritten",
    "CostWritten",
    "DiscreteWritten",
    "Duration",
    "FidelityWritten",
    "GapWritten",
    "IntegerWritten",
    "InterlockWritten",
    "LabwareUseWritten",
    "LimitWritten",
    "Name",
    "ObjectiveWritten",
    "OutcomeLimitWritten",
    "ParameterWritten",
    "PlannerWritten",
    "ProposerWritten",
    "ProtocolWritten",
    "Quantity",
    "RateWritten",
    "RepeatWritten",
    "ResultWritten",
    "SlotWritten",
    "Span",
    "StepWritten",
    "StockWritten",
    "StoppingWritten",
    "TemplateWritten",
    "Unit",
    "WellsWritten",
    "WorkcellWritten",
    "Written",
]
