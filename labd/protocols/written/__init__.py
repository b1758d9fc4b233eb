"""The two files as operators write them: the keys, what each may hold, and what it means.

From these classes come the check of the file's shape, the JSON Schema for editors, and the reference in `docs/`.
"""

from labd.protocols.written.goals import AnalysisWritten, ObjectiveWritten
from labd.protocols.written.parameters import CategoricalWritten, ContinuousWritten, DiscreteWritten, IntegerWritten
from labd.protocols.written.part import Written
from labd.protocols.written.protocol import ProtocolWritten
from labd.protocols.written.scalars import NAME, Duration, Name, Quantity, Unit
from labd.protocols.written.steps import StepWritten
from labd.protocols.written.workcell import CapabilityWritten, ResultWritten, SlotWritten, WorkcellWritten

__all__ = [
    "NAME",
    "AnalysisWritten",
    "CapabilityWritten",
    "CategoricalWritten",
    "ContinuousWritten",
    "DiscreteWritten",
    "Duration",
    "IntegerWritten",
    "Name",
    "ObjectiveWritten",
    "ProtocolWritten",
    "Quantity",
    "ResultWritten",
    "SlotWritten",
    "StepWritten",
    "Unit",
    "WorkcellWritten",
    "Written",
]
