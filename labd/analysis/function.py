"""What an analysis function is: its signature, and a pure computation on plain values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from labd.analysis.errors import AnalysisError
from labd.domain.analysis import Signature
from labd.domain.capability import Json, Reading
from labd.domain.problem import Measurement

Compute = Callable[[Mapping[str, Json], Mapping[str, Any]], Mapping[str, Measurement]]
"""From inputs and settings, both by the function's own names, to outcomes. Raises `AnalysisError`."""


@dataclass(frozen=True, slots=True)
class AnalysisFunction:
    """A named function: what it takes and gives, and how it computes it."""

    signature: Signature
    compute: Compute


def reading(value: Json, what: str) -> Reading:
    """The value as a number that may be a limit: `{"value": 12.0, "censored": "above"}`. Raises `AnalysisError`.

    >>> reading({"value": 12.0, "censored": "above"}, "the mass").censored
    'above'
    """
    if not Reading.is_meant(value):
        return Reading(value=number(value, what))
    try:
        said = Reading.model_validate(value, strict=True)
    except ValidationError as error:
        raise AnalysisError(f"{what} is {str(value)[:40]}, which is no reading.", "Look at the report.") from error
    if said.unit:
        raise AnalysisError(f"{what} is in {said.unit}, which nobody expects here.", "Report it in its own unit.")
    return said


def number(value: object, what: str) -> float:
    """The value as a finite number. Raises `AnalysisError` for `"OVRFLW"`, NaN, null and whatever else is none.

    >>> number(3, "the area")
    3.0
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise AnalysisError(f"{what} is {str(value)[:40]!r}, which is no number.", "Look at the instrument's report.")
    return float(value)
