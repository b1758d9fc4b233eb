"""The samples of a run: what is known of each, which are given up, and what the run of a batch comes to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from labd.domain.capability import Json, Reading
from labd.domain.identifiers import StepName, TrialId
from labd.domain.samples import Sample
from labd.domain.steps import PlannedStep
from labd.lifecycles.run import Run, altered, measured
from labd.protocols.expansion import step_of

Results = dict[str, dict[str, Json]]
"""By what a step is called, and by result."""
_WELL = re.compile(r"[A-Z]{1,2}[0-9]{1,2}")
_NUMBER = re.compile(r"[0-9]+")


def results_for(run: Run, sample: int | None) -> Results:
    """The results that a step may speak of which is done for this sample, or for the run as a whole (None).

    A sample sees its own and those of the whole run, where these are by well its own entry. The whole run sees those of
    the samples by number: `weigh__3`. Of several steps that are called the same the last is meant."""
    if sample is not None:
        return results_by_sample(run, [run.samples[sample - 1]])[sample]
    return {
        plan.called if plan.sample is None else step_of(plan.called, plan.sample): result
        for plan, result in _as_they_were_given(run)
    }


def results_by_sample(run: Run, of: Sequence[Sample]) -> dict[int, Results]:
    """By number, for some of its samples: the results as that sample sees them."""
    known: dict[int, Results] = {each.number: {} for each in of}
    for plan, result in _as_they_were_given(run):
        if plan.sample is None:
            for each in of:
                known[each.number][plan.called] = dict(of_place(result, place_of(each)))
        elif plan.sample in known:
            known[plan.sample][plan.called] = result
    return known


def with_turns(run: Run, sample: int | None) -> Results:
    """`results_for`, and those of the steps of loops by their own names, too: `wash__2__aspirate`. What a stand-in gave
    is what the step would have given that it stands in for."""
    known = results_for(run, sample)
    for step in run.steps.values():
        plan = step.plan
        if step.result is None or not plan.alias or plan.sample not in (None, sample):
            continue
        meant = run.steps[plan.instead_of].plan if plan.instead_of else plan
        known[meant.template or meant.name] = step.result
    return known


def _as_they_were_given(run: Run) -> Iterator[tuple[PlannedStep, dict[str, Json]]]:
    """The results and their steps, the last that was done last, where that matters: where several are called the
    same."""
    steps = list(run.steps.values())
    if run.graph.called_alike:
        steps.sort(key=lambda step: step.ended or run.started)
    for step in steps:
        if step.result is not None:
            yield step.plan, step.result


def place_of(sample: Sample) -> str:
    """Under which key results by well speak of the sample: its well, or its number where samples are only counted."""
    return sample.well or str(sample.number)


def of_place(result: Mapping[str, Json], place: str) -> Iterable[tuple[str, Json]]:
    """A result of the whole run as one sample sees it: what is by well is the sample's own entry, if it has one.

    >>> dict(of_place({"od": {"A1": 0.5, "A2": 0.7}, "gain": 2.0}, "A2")), dict(of_place({"od": {"A1": 0.5}}, "A2"))
    ({'od': 0.7, 'gain': 2.0}, {})
    """
    for name, value in result.items():
        if not _is_by_well(value, place):
            yield name, value
        elif isinstance(value, dict) and place in value:
            yield name, value[place]


def _is_by_well(value: Json, place: str) -> bool:
    """Whether each entry is named like the place. Part of a plate, down to nothing of it, is by well, too."""
    if not isinstance(value, dict) or Reading.is_meant(value):
        return False
    kind = _NUMBER if _NUMBER.fullmatch(place) else _WELL
    return all(kind.fullmatch(key) for key in value)


def samples_of(run: Run, trial: TrialId) -> tuple[Sample, ...]:
    """The samples of one of the run's trials: its replicates."""
    return tuple(each for each in run.samples if each.trial == trial)


def trial_of(run: Run, step: StepName) -> TrialId | None:
    """The trial of the sample that the step is done for; none where it is done for a control, or for a whole batch."""
    number = run.steps[step].plan.sample
    if not run.samples:
        return run.trial
    return run.samples[number - 1].trial if number else None


def concerned(run: Run, step: StepName) -> tuple[TrialId, ...]:
    """The trials that a step is about: one, or all of the run; none where it is for a control."""
    if run.samples and run.steps[step].plan.sample is None:
        return run.trials
    own = trial_of(run, step)
    return (own,) if own else ()


def drop(run: Run, numbers: Iterable[int], reason: str) -> Run:
    """The run without these samples: what waits of them never begins. With the last sample of a trial gone the rest is
    pointless, and does not begin either."""
    dropped = {**dict.fromkeys(numbers, reason), **run.dropped}
    if all(each.number in dropped for each in run.samples if each.trial):
        everything = dict.fromkeys((each.number for each in run.samples), "no sample is left")
        return break_off(altered(run, dropped={**everything, **dropped}), "no sample is left")
    return measured(altered(run, dropped=dropped))


def break_off(run: Run, reason: str) -> Run:
    """The run, of which no further step begins. What is out comes to its end; then it is measured as far as it came."""
    return measured(altered(run, broken=run.broken or reason))
