"""Several samples of the same: the mean of a control's readings, the outcomes of a trial over its replicates."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from labd.domain.capability import Json, Reading
from labd.domain.problem import Censored, Measurement


def mean_reading(values: Sequence[Json]) -> Json:
    """The mean of what several samples gave: of numbers, of readings, and of traces of one length number by number;
    None where it has none.

    >>> mean_reading([1.0, 2.0]), mean_reading([[1, 2], [3, 4]]), mean_reading([1.0, "OVRFLW"])
    (1.5, [2.0, 3.0], None)
    >>> mean_reading([{"value": 0.5, "censored": "below"}, 1.5])
    {'value': 1.0, 'censored': 'below'}
    """
    traces = [each for each in values if isinstance(each, list)]
    if traces and len(traces) == len(values):
        points = [mean_reading(each) for each in zip(*traces, strict=False)]
        alike = len({len(each) for each in traces}) == 1
        return points if alike and all(isinstance(each, float) for each in points) else None
    readings = [_reading(each) for each in values]
    found = [each for each in readings if each is not None]
    if not found or len(found) < len(values):
        return None
    limits = {each.censored for each in found if each.censored}
    mean = statistics.fmean(each.value for each in found)
    if len(limits) > 1:
        return None
    return {"value": mean, "censored": limits.pop()} if limits else mean


def _reading(value: Json) -> Reading | None:
    if Reading.is_meant(value):
        return Reading.model_validate(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return Reading(value=value)


def over_replicates(outcomes: Sequence[Mapping[str, Measurement]]) -> dict[str, Measurement]:
    """The outcomes of a trial from those of its samples: each the mean over those that have it.

    >>> over_replicates([{"od": Measurement(mean=1.0)}, {"od": Measurement(mean=2.0)}, {}])["od"].standard_error
    0.5
    """
    names = dict.fromkeys(name for each in outcomes for name in each)
    found = {name: _combined([each[name] for each in outcomes if name in each]) for name in names}
    return {name: each for name, each in found.items() if each is not None}


def _combined(measured: Sequence[Measurement]) -> Measurement | None:
    """The mean, with its standard error: the greater of what the samples scatter and what each is known to; two that
    agree by chance are no proof of precision. With a sample beyond a limit the mean is beyond the mean of what is
    given; None where some lie above and some below theirs, for then it can lie anywhere."""
    if len(measured) == 1:
        return measured[0]
    limits: set[Censored] = {each.censored for each in measured if each.censored}
    if len(limits) > 1:
        return None
    mean = statistics.fmean(each.mean for each in measured)
    if limits:
        return Measurement(mean=mean, censored=limits.pop())
    scatter = statistics.stdev(each.mean for each in measured) / math.sqrt(len(measured))
    own = [each.standard_error for each in measured if each.standard_error is not None]
    known = math.hypot(*own) / len(measured) if len(own) == len(measured) else 0.0
    return Measurement(mean=mean, standard_error=max(scatter, known) or None)
