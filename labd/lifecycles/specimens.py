"""What the analysis of a batch is given, sample by sample, and what its answers come to, trial by trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from labd.analysis.replicates import mean_reading, over_replicates
from labd.domain import events as e
from labd.domain.effects import AnalyseRun, Specimen
from labd.domain.identifiers import TrialId
from labd.domain.problem import Measurement, Parameters
from labd.domain.protocol import Protocol
from labd.domain.samples import Sample
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.plausibility import impossible
from labd.lifecycles.run import Run
from labd.lifecycles.samples import Results, results_by_sample

OF_PARAMETERS = "parameters"
"""An input `parameters.loading` is no result."""


def specimens(state: Laboratory, run: Run) -> Iterator[Specimen]:
    """The samples of a batch as the analysis gets them, with the means of the controls; none without a batch."""
    protocol = state.campaign_of(run).protocol
    seen = results_by_sample(run, run.samples)
    means = control_means(run.samples, seen)
    needed = _needed(protocol)
    shared = state.trials[run.trial].suggestion.parameters
    for sample in run.samples:
        results = {**seen[sample.number], **means}
        complete = all(_is_there(each, results) for each in needed) and (
            bool(needed) or sample.number not in run.dropped
        )
        yield Specimen(
            trial=sample.trial,
            control=sample.control,
            parameters=_parameters(state, sample, shared),
            results=results,
            complete=complete,
            fault="" if complete else run.dropped.get(sample.number, ""),
        )


def _parameters(state: Laboratory, sample: Sample, shared: Parameters) -> Parameters:
    """Of a trial those of its suggestion; of a control its own, and those of the batch that it shares."""
    if sample.trial:
        return state.trials[sample.trial].suggestion.parameters
    return {**shared, **sample.parameters}


def control_means(samples: Sequence[Sample], seen: Mapping[int, Results]) -> Results:
    """The means over the samples of each control, by `controls.<control>.<step>` and result."""
    by_control: dict[str, list[Results]] = {}
    for each in samples:
        if each.control:
            by_control.setdefault(each.control, []).append(seen[each.number])
    means: Results = {}
    for control, found in by_control.items():
        every = dict.fromkeys((called, name) for each in found for called, given in each.items() for name in given)
        for step, result in every:
            values = [each[step][result] for each in found if result in each.get(step, {})]
            mean = mean_reading(values)
            if mean is not None:
                means.setdefault(f"controls.{control}.{step}", {})[result] = mean
    return means


def _needed(protocol: Protocol) -> set[tuple[str, str]]:
    """The results that the analysis takes: step and result."""
    inputs = (reference.rpartition(".") for each in protocol.analysis for reference in each.inputs.values())
    return {(step, result) for step, _, result in inputs if step != OF_PARAMETERS}


def _is_there(needed: tuple[str, str], results: Results) -> bool:
    step, result = needed
    return result in results.get(step, {})


def assembled(asked: AnalyseRun, found: Sequence[Mapping[str, Measurement] | str], at: datetime) -> e.RunAnalysed:
    """What a batch came to. `found` has, for each sample that was complete, its outcomes, or why it has none."""
    answers = iter(found)
    outcomes: dict[TrialId, list[Mapping[str, Measurement]]] = {}
    controls: dict[str, list[Mapping[str, Measurement]]] = {}
    faults: dict[TrialId, list[str]] = {}
    for each in asked.samples:
        answer = next(answers) if each.complete else each.fault
        reason = answer if isinstance(answer, str) else impossible(answer, asked.outcomes)
        if each.trial is None:
            if not isinstance(answer, str):
                controls.setdefault(each.control, []).append(answer)
        elif isinstance(answer, str) or reason:
            faults.setdefault(each.trial, []).append(reason)
        else:
            outcomes.setdefault(each.trial, []).append(answer)
    by_trial = {trial: over_replicates(each) for trial, each in outcomes.items()}
    return e.RunAnalysed(
        at=at,
        run=asked.run,
        outcomes=next(iter(by_trial.values()), {}),
        by_trial=by_trial,
        controls={name: over_replicates(each) for name, each in controls.items()},
        failed={
            trial: "; ".join(dict.fromkeys(reasons))
            for trial, reasons in faults.items()
            if trial not in by_trial and all(reasons)
        },
    )
