"""`specific_signal`: what a well of a plate gives for each unit of what grew in it, above blank and control."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from labd.analysis.errors import AnalysisError
from labd.analysis.function import AnalysisFunction, number
from labd.domain.analysis import Signature
from labd.domain.capability import Json, Slot
from labd.domain.problem import Measurement

_INPUTS = ("signal", "amount", "blank_signal", "blank_amount", "control_signal", "control_amount")


def specific_signal(inputs: Mapping[str, Json], settings: Mapping[str, Any]) -> dict[str, Measurement]:
    """`specific_signal`: fluorescence by optical density, activity by protein, and the like.

    With S the signal and A the amount of a sample, of blanks (b: everything but what is looked at) and of a control
    (c: which has not what makes the signal), the last two as means over their wells:

        specific_signal = (S - S_b) / (A - A_b) - (S_c - S_b) / (A_c - A_b)

    With the setting `repeatability`, the relative standard deviation of a net reading, the standard error is that of
    the sample's own ratio, in quadrature; replicates tell it better. Raises `AnalysisError` where no more than
    `least_amount` is above the blank, in the sample or the control: nothing grew, and the ratio means nothing.

    >>> wells = {"signal": 1050.0, "amount": 0.55, "blank_signal": 50.0, "blank_amount": 0.05}
    >>> specific_signal({**wells, "control_signal": 150.0, "control_amount": 1.05}, {"least_amount": 0.1})
    {'specific_signal': Measurement(mean=1900.0, standard_error=None, censored=None)}
    """
    read = {name: number(inputs[name], f"The {name.replace('_', ' ')}") for name in _INPUTS}
    least = float(settings["least_amount"])
    ratio = _ratio(read, "", "sample", least)
    error = math.sqrt(2) * abs(ratio) * settings["repeatability"] if "repeatability" in settings else None
    difference = ratio - _ratio(read, "control_", "control", least)
    return {"specific_signal": Measurement(mean=difference, standard_error=error)}


def _ratio(read: Mapping[str, float], prefix: str, what: str, least: float) -> float:
    amount = read[f"{prefix}amount"] - read["blank_amount"]
    if amount <= least:
        raise AnalysisError(
            f"The {what} has {amount:.4g} above the blank, no more than {least:g}.", "Nothing grew there: look at it."
        )
    return (read[f"{prefix}signal"] - read["blank_signal"]) / amount


SPECIFIC_SIGNAL = AnalysisFunction(
    Signature(
        inputs=_INPUTS,
        outcomes=("specific_signal",),
        settings={
            "least_amount": Slot(low=0, description="above the blank: with less, the ratio means nothing"),
            "repeatability": Slot(
                low=0, optional=True, description="relative standard deviation of a net reading, known of the method"
            ),
        },
    ),
    specific_signal,
)
