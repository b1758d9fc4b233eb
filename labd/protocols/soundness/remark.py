"""One thing that is wrong with the whole; where it stands in the file is found by the step and the keys."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from labd.domain.identifiers import StepName


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong, what to do, and which part of which step says so."""

    step: StepName | None
    """None: of no single step; `keys` then lead there from the top of the file."""
    keys: tuple[str, ...]
    message: str
    remedy: str
    severity: Literal["error", "warning"] = "error"


def enough(seconds: float) -> str:
    """A duration that is no shorter, as people would write it.

    >>> enough(59.5), enough(7262), enough(604)
    ('60 s', '2.02 h', '10.1 min')
    """
    for unit, word, digits in ((3600, "h", 100), (60, "min", 10)):
        if seconds >= 2 * unit:
            return f"{math.ceil(seconds / unit * digits - 1e-6) / digits:g} {word}"
    return f"{math.ceil(seconds - 1e-6)} s"


def span(seconds: float) -> str:
    """A duration as people say it.

    >>> span(45), span(600), span(9000), span(93600)
    ('45 s', '10 min', '2.5 h', '26 h')
    """
    if seconds < 120:
        return f"{seconds:g} s"
    if seconds < 7200:
        return f"{seconds / 60:.3g} min"
    return f"{seconds / 3600:.3g} h"
