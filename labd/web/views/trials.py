"""A trial: what was suggested, where its run is, what it gave. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from labd.domain.problem import Measurement
from labd.lifecycles import Laboratory
from labd.lifecycles.run import Run
from labd.lifecycles.samples import samples_of
from labd.lifecycles.trial import Attached, Trial
from labd.web.views.pieces import View, command_of, moment_text


def trial_view(state: Laboratory, trial: Trial, run: Run | None) -> View:
    """A trial, with the steps of its run where one is open."""
    suggestion = trial.suggestion
    return {
        "number": trial.number,
        "id": trial.id,
        "status": trial.status,
        "parameters": suggestion.parameters,
        "achieved": trial.achieved,
        "method": suggestion.method,
        "proposer": suggestion.proposer,
        "reason": suggestion.reason,
        "predicted": {name: each.model_dump() for name, each in suggestion.predicted.items()},
        "exploration": suggestion.exploration,
        "importance": suggestion.importance,
        "begun": state.has_begun(trial),
        "excluded": trial.id in state.campaigns[trial.campaign].excluded,
        "outcomes": None if trial.outcomes is None else outcomes(trial.outcomes),
        "flags": list(trial.flags),
        "note": trial.said,
        "runs": trial.runs,
        "run": trial.in_runs[-1] if trial.in_runs else None,
        "wells": list(trial.places),
        "suggested": trial.suggested.isoformat(),
        "ended": moment_text(trial.ended),
        "version": trial.version,
        "steps": [] if run is None else [_trial_step(state, run, name) for name in _own_steps(run, trial)],
        "data": [attached(each) for each in trial.data],
    }


def attached(each: Attached) -> View:
    """Data that a step of a trial gave."""
    return {
        "step": each.step,
        "result": each.result,
        "sha256": each.blob.sha256,
        **each.blob.model_dump(exclude={"blob"}),
        "url": f"/api/v1/data/{each.blob.sha256}",
    }


def _own_steps(run: Run, trial: Trial) -> list[str]:
    """The steps that are done for the trial: of a batch those of its samples, and those of all."""
    mine = {None, *(each.number for each in samples_of(run, trial.id))}
    return [name for name, step in run.steps.items() if step.plan.sample in mine]


def _trial_step(state: Laboratory, run: Run, name: str) -> View:
    command = command_of(state, run, name)
    return {
        "name": name,
        "status": run.steps[name].status,
        "instrument": command.order.instrument if command else None,
    }


def outcomes(measured: Mapping[str, Measurement]) -> View:
    """What was measured, by outcome."""
    return {name: each.model_dump() for name, each in measured.items()}
