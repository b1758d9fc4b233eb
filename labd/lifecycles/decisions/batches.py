"""What is decided about batches: which trials share the next run, and what those of a run that is over come to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from labd.domain import events as e
from labd.domain.effects import Effect, Record
from labd.domain.errors import LabError
from labd.domain.identifiers import run_id
from labd.lifecycles.campaign import Campaign, CampaignStatus
from labd.lifecycles.decisions.opening import first_runs, is_ahead
from labd.lifecycles.decisions.planning import open_batches, pause, plan, shared_runs
from labd.lifecycles.enough import enough
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.transport import place_labware
from labd.lifecycles.trial import Trial
from labd.protocols import compile_batch, lay_out


def go_on(state: Laboratory, campaign: Campaign, at: datetime) -> Iterator[Effect]:
    """End, pause, ask for more; and where nothing of that is to be done first, run the trials that wait. What was made
    ready waits for no answer."""
    if is_ahead(campaign):
        yield from first_runs(state, campaign, at)
    decided = list(plan(state, campaign, at))
    yield from decided
    waits = bool(decided) or campaign.request is not None
    if not waits or campaign.protocol.problem.settings.ahead:
        yield from open_runs(state, campaign, at, whole=waits)


def open_runs(state: Laboratory, campaign: Campaign, at: datetime, *, whole: bool = False) -> Iterator[Effect]:
    """Runs for the trials that wait, as many as may be open at once; only `whole` ones, where others may yet come into
    the rest. Who shares a run has the same values per batch; a trial that cannot be run as it stands fails."""
    if campaign.status is not CampaignStatus.RUNNING or campaign.protocol.batch is None:
        return
    if campaign.failures >= campaign.protocol.stopping.consecutive_failures:
        yield Record(pause(campaign.id, at, f"{campaign.failures} runs gave nothing, one after the other"))
        return
    met = enough(campaign, at)
    if whole and met is not None and met.gives_up:
        return
    room = campaign.protocol.problem.settings.parallel - open_batches(state, campaign)
    for trials in shared_runs(campaign.protocol, state.waiting_trials(campaign.id))[: max(room, 0)]:
        if whole and len(trials) < campaign.protocol.batch.trials:
            continue
        try:
            yield Record(_run_of(state, campaign, trials, at))
        except LabError as error:
            yield _not_begun(state, campaign, trials, error, at)
            return  # who is left is looked at again after this


def _run_of(state: Laboratory, campaign: Campaign, trials: Sequence[Trial], at: datetime) -> e.RunStarted:
    """The run of these trials. Raises `LabError` where it cannot be compiled."""
    if state.workcell is None:
        raise LabError("There is no workcell.", "Load one with `labd serve --workcell FILE`.")
    protocol, leader = campaign.protocol, trials[0]
    run = run_id(leader.id, leader.runs + 1)
    points = {trial.id: trial.suggestion.parameters for trial in trials}
    samples = lay_out(protocol, tuple(points), f"{campaign.seed}/{run}")
    steps = compile_batch(protocol, state.workcell, points, samples, run)
    return e.RunStarted(
        at=at,
        run=run,
        trial=leader.id,
        steps=steps,
        samples=samples,
        labware=place_labware(protocol, run),
    )


def _not_begun(state: Laboratory, campaign: Campaign, trials: Sequence[Trial], error: LabError, at: datetime) -> Record:
    """What becomes of trials that could not be run together: the first fails that could not be run alone either. Where
    none is to blame, a person is asked."""
    for trial in trials:
        try:
            _run_of(state, campaign, [trial], at)
        except LabError as alone:
            return Record(e.TrialFailed(at=at, trial=trial.id, reason=str(alone)))
    return Record(pause(campaign.id, at, f"The next {len(trials)} trials cannot share a run: {error}"))
