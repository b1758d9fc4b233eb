"""Where a run truly was: the parameters as the instruments read them back.

A set point that was not reached is no reason to reject what was measured: it is learnt where it was measured. The
suggestion stays as it was made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from labd.domain.capability import Slot
from labd.domain.problem import Continuous
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import Run
from labd.protocols.quantities import convert, same_dimension


class ReadBack(NamedTuple):
    """One parameter as it was reached, in its own unit."""

    parameter: str
    value: float
    warning: str
    """What to say to a person where it is further from what was ordered than the workcell tolerates; else empty."""


def read_back(state: Laboratory, run: Run) -> Iterator[ReadBack]:
    """The parameters that results of the run read back: continuous ones that an argument takes as they are.

    Of a pool nothing is read back: it can only be tried again as it stands."""
    protocol = state.campaign_of(run).protocol
    if protocol.problem.pool is not None or state.workcell is None:
        return
    continuous = {f"${{{each.name}}}": each for each in protocol.problem.parameters if isinstance(each, Continuous)}
    for step in protocol.steps:
        role = state.workcell.roles.get(step.role)
        capability = role.capability(step.capability) if role else None
        for name, slot in capability.results.items() if capability else ():
            written = step.arguments.get(slot.reads_back)
            parameter = continuous.get(written.replace(" ", "")) if isinstance(written, str) else None
            value = run.results.get(step.name, {}).get(name)
            comparable = parameter is not None and same_dimension(parameter.unit, slot.unit)
            if parameter and comparable and isinstance(value, int | float) and not isinstance(value, bool):
                yield _reached(state, run, parameter, float(value), slot)


def _reached(state: Laboratory, run: Run, parameter: Continuous, value: float, slot: Slot) -> ReadBack:
    aim = float(state.trials[run.trial].suggestion.parameters[parameter.name])
    ordered = convert(aim, parameter.unit, slot.unit)
    far = slot.tolerance is not None and abs(value - ordered) > slot.tolerance
    warning = f"{parameter.name} was {value:.6g} {slot.unit}".rstrip() + f", not {ordered:.6g}" if far else ""
    return ReadBack(parameter.name, convert(value, slot.unit, parameter.unit), warning)
