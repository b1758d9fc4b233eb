"""`value`: a result is the outcome as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labd.analysis.errors import AnalysisError
from labd.analysis.function import AnalysisFunction, reading
from labd.domain.analysis import Signature
from labd.domain.capability import Json, Reading, Slot
from labd.domain.problem import Measurement


def value(inputs: Mapping[str, Json], settings: Mapping[str, Any]) -> dict[str, Measurement]:
    """The number that was reported, under the name `value`; of an object, each of its entries under its own name.

    With the setting `key`, the entry of that name alone. An entry that is no number is an error only where a protocol
    asks for it: the others are still measurements, as are the wells of a plate of which some are missing. A reading
    that is a limit gives a censored outcome. Raises `AnalysisError`.

    >>> value({"measurements": {"yield": 71.5, "turnover": "OVRFLW"}}, {})
    {'yield': Measurement(mean=71.5, standard_error=None, censored=None)}
    """
    reported = inputs["measurements"]
    error = settings.get("standard_error")
    if "key" in settings:
        if not isinstance(reported, dict) or settings["key"] not in reported:
            raise AnalysisError(f"The result has no entry {settings['key']!r}.", "Name one of its entries as `key`.")
        reported = reported[settings["key"]]
    if not isinstance(reported, dict) or Reading.is_meant(reported):
        return {"value": _measurement(reported, "The result", error)}
    measured = {}
    for name, entry in reported.items():
        try:
            measured[name] = _measurement(entry, f"The result {name}", error)
        except AnalysisError:
            continue
    if not measured:
        raise AnalysisError(f"No entry of the result is a number: {str(reported)[:80]}.", "Look at the report.")
    return measured


def _measurement(entry: Json, what: str, error: float | None) -> Measurement:
    said = reading(entry, what)
    return Measurement(mean=said.value, standard_error=error, censored=said.censored)


VALUE = AnalysisFunction(
    Signature(
        inputs=("measurements",),
        outcomes=("value",),
        settings={
            "key": Slot(type="string", optional=True, description="the entry of an object to take"),
            "standard_error": Slot(low=0, optional=True, description="known of the method, in the outcome's unit"),
        },
        open_outcomes=True,
    ),
    value,
)
