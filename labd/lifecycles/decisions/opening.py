"""What is decided about the runs of single trials: which begin now, and which are ready and wait for a place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from labd.domain import events as e
from labd.domain.effects import Effect, Record
from labd.domain.errors import LabError
from labd.domain.identifiers import run_id
from labd.lifecycles.campaign import Campaign, CampaignStatus
from labd.lifecycles.enough import enough
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.transport import place_labware
from labd.lifecycles.trial import Trial
from labd.protocols import compile_run


def is_ahead(campaign: Campaign) -> bool:
    """Whether trials are made ready before there is a place for them, each with runs of its own."""
    return campaign.protocol.batch is None and campaign.protocol.problem.settings.ahead > 0


def first_runs(state: Laboratory, campaign: Campaign, at: datetime) -> Iterator[Effect]:
    """Runs of the trials that were made ready, as many as may be under way at once, in their order."""
    settings = campaign.protocol.problem.settings
    met = enough(campaign, at)
    if campaign.status is not CampaignStatus.RUNNING or (met is not None and met.gives_up):
        return
    if campaign.failures >= campaign.protocol.stopping.consecutive_failures:
        return  # it is about to pause
    waiting = state.waiting_trials(campaign.id)
    under_way = len(campaign.open) - len(waiting)
    for trial in waiting[: max(settings.parallel - under_way, 0)]:
        yield from next_run(state, trial, at, "interrupted")


def next_run(state: Laboratory, trial: Trial, at: datetime, reason: str) -> Iterator[Effect]:
    """One more run of the trial, compiled anew; without one left, or where it cannot be compiled, the trial fails."""
    campaign = state.campaigns[trial.campaign]
    if trial.used >= campaign.protocol.runs_per_trial:
        yield Record(e.TrialFailed(at=at, trial=trial.id, reason=reason))
        return
    run = run_id(trial.id, trial.runs + 1)
    try:
        if state.workcell is None:
            raise LabError("There is no workcell.", "Load one with `labd serve --workcell FILE`.")
        steps = compile_run(campaign.protocol, state.workcell, trial.suggestion.parameters, run, trial.id)
    except LabError as error:
        yield Record(e.TrialFailed(at=at, trial=trial.id, reason=str(error)))
        return
    labware = place_labware(campaign.protocol, run)
    yield Record(e.RunStarted(at=at, run=run, trial=trial.id, steps=steps, labware=labware))
