"""Where a run truly was: the parameters as the instruments read them back.

A set point that was not reached is no reason to reject what was measured: it is learnt where it was measured. The
suggestion stays as it was made.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean
from typing import NamedTuple

from labd.domain.capability import Json, Slot
from labd.domain.identifiers import TrialId
from labd.domain.problem import Continuous
from labd.domain.protocol import Protocol
from labd.domain.workcell import Workcell
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import Run
from labd.lifecycles.samples import results_by_sample, results_for, samples_of
from labd.protocols.expansion import PER_WELL, per_well
from labd.protocols.quantities import convert, same_dimension


class ReadBack(NamedTuple):
    """One parameter as it was reached, in its own unit."""

    parameter: str
    value: float
    warning: str
    """What to say to a person where it is further from what was ordered than the workcell tolerates; else empty."""


def read_back(state: Laboratory, run: Run, trial: TrialId) -> Iterator[ReadBack]:
    """The parameters of a trial that results of the run read back: continuous ones that an argument takes as they are.
    Of several samples of the trial the mean.

    Of a pool nothing is read back: it can only be tried again as it stands."""
    protocol = state.campaign_of(run).protocol
    if protocol.problem.pool is not None or state.workcell is None:
        return
    read = list(_read_backs(protocol, state.workcell))
    mine = samples_of(run, trial)
    results = (list(results_by_sample(run, mine).values()) if mine else [results_for(run, None)]) if read else []
    for step, name, slot, parameter in read:
        found = [each.get(step, {}).get(name) for each in results]
        values = [float(each) for each in found if isinstance(each, int | float) and not isinstance(each, bool)]
        if values:
            yield _reached(state, trial, parameter, fmean(values), slot)


def _read_backs(protocol: Protocol, workcell: Workcell) -> Iterator[tuple[str, str, Slot, Continuous]]:
    """Step, result and its slot, and the parameter that it reads back."""
    continuous = {f"${{{each.name}}}": each for each in protocol.problem.parameters if isinstance(each, Continuous)}
    for step in protocol.steps:
        role = workcell.roles.get(step.role)
        capability = role.capability(step.capability) if role else None
        for name, slot in capability.results.items() if capability else ():
            parameter = continuous.get(_as_it_is(step.arguments.get(slot.reads_back)))
            if parameter is not None and same_dimension(parameter.unit, slot.unit):
                yield step.alias or step.name, name, slot, parameter


def _as_it_is(written: Json) -> str:
    """The expression that an argument is, whether for the whole run or for each well; empty where it is none."""
    if isinstance(written, dict) and per_well(written):
        written = written[PER_WELL]
    return written.replace(" ", "") if isinstance(written, str) else ""


def _reached(state: Laboratory, trial: TrialId, parameter: Continuous, value: float, slot: Slot) -> ReadBack:
    aim = float(state.trials[trial].suggestion.parameters[parameter.name])
    ordered = convert(aim, parameter.unit, slot.unit)
    far = slot.tolerance is not None and abs(value - ordered) > slot.tolerance
    warning = f"{parameter.name} was {value:.6g} {slot.unit}".rstrip() + f", not {ordered:.6g}" if far else ""
    return ReadBack(parameter.name, convert(value, slot.unit, parameter.unit), warning)
