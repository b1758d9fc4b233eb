"""What a person's edits make of a campaign: what it is after, which trials wait, what the planner learns from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from labd.domain import edits
from labd.domain.errors import NotFound, TransitionError
from labd.domain.identifiers import CampaignId, TrialId, trial_id
from labd.domain.problem import Measurement
from labd.lifecycles import campaign as campaigns
from labd.lifecycles import trial as trials
from labd.lifecycles.campaign import Campaign, EditMade
from labd.lifecycles.fold.campaigns import change_campaign
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.register import Register
from labd.lifecycles.replacing import replace
from labd.lifecycles.run import Run
from labd.lifecycles.trial import Trial, TrialStatus


def on_edit(state: Laboratory, event: edits.Edit) -> Laboratory:
    """The state after the edit. Raises `TransitionError` or `NotFound` where it cannot be made now."""
    match event:
        case edits.CampaignEdited():
            return change_campaign(state, event.campaign, lambda c: _edited(c, event))
        case edits.TrialRejected():
            return _rejected(state, event)
        case edits.TrialEdited():
            return _moved(state, event)
        case edits.TrialsReordered():
            return _reordered(state, event)
        case edits.ObservationExcluded():
            return _learning(state, event.trial, learn=False)
        case edits.ObservationIncluded():
            return _learning(state, event.trial, learn=True)
        case edits.ObservationCorrected():
            return _corrected(state, event)
        case _:
            assert_never(event)


def _edited(campaign: Campaign, event: edits.CampaignEdited) -> Campaign:
    if campaign.status in campaigns.TABLE.terminal:
        raise TransitionError(
            f"Campaign {campaign.name} is {campaign.status}: it is not edited any more.", "Load the protocol again."
        )
    before = EditMade(
        *(len(campaign.edits) + 1, event.at, event.by, event.reason),
        problem=campaign.protocol.problem,
        stopping=campaign.protocol.stopping,
        priority=campaign.priority,
        reverts=event.reverts,
    )
    made = tuple(replace(each, undone=True) if each.number == event.reverts else each for each in campaign.edits)
    changes = {"problem": event.problem, "stopping": event.stopping}
    protocol = campaign.protocol.model_copy(update={key: each for key, each in changes.items() if each is not None})
    priority = campaign.priority if event.priority is None else event.priority
    return replace(campaign, protocol=protocol, priority=priority, edits=(*made, before), little=0)


# --- trials that wait


def untouched(state: Laboratory, key: TrialId) -> Trial:
    """The trial, of which nothing has begun. Raises `NotFound` and `TransitionError`."""
    trial = state.trials.get(key)
    if trial is None:
        raise NotFound(f"There is no trial {key!r}.", "`labd trials` lists them.")
    begun = state.has_begun(trial)
    if trial.status is not TrialStatus.PENDING or begun:
        how = "has begun" if begun else f"is {trial.status}"
        raise TransitionError(
            f"Trial {trial.number} {how}: it is not edited any more.", "Its outcomes can be excluded or corrected."
        )
    return trial


def _rejected(state: Laboratory, event: edits.TrialRejected) -> Laboratory:
    trial = untouched(state, event.trial)
    why = f"rejected by {event.by}" + (f": {event.reason}" if event.reason else "")
    closed = replace(trials.close(trial, "abandon", event.at, why, None), version=state.version)
    state = _without_runs(replace(state, trials=state.trials | {trial.id: closed}), trial)
    return change_campaign(
        state,
        trial.campaign,
        lambda c: replace(
            c,
            open=tuple(each for each in c.open if each != trial.number),
            rejected=(*c.rejected, trial.number),
        ),
    )


def _moved(state: Laboratory, event: edits.TrialEdited) -> Laboratory:
    trial = untouched(state, event.trial)
    suggestion = trial.suggestion.model_copy(
        update={
            "parameters": event.parameters,
            "method": "person",
            "proposer": event.by,
            "reason": f"{trial.suggestion.method} proposed another point; changed by {event.by}"
            + (f": {event.reason}" if event.reason else "."),
            "predicted": {},
            "acquisition": None,
            "exploration": None,
            "improvement": None,
            "explanation": None,
        }
    )
    changed = replace(trial, suggestion=suggestion, version=state.version)
    return _without_runs(replace(state, trials=state.trials | {trial.id: changed}), changed)


def _without_runs(state: Laboratory, trial: Trial) -> Laboratory:
    """Without the runs of a trial of which nothing has begun: they are compiled anew, under the same ids. Who would
    have shared them waits again."""
    gone = state.runs_of(trial)
    keys = {run.id for run in gone}
    sharing = {key: state.trials[key] for run in gone for key in run.trials}
    left = {
        key: replace(each, in_runs=tuple(it for it in each.in_runs if it not in keys), version=state.version)
        for key, each in sharing.items()
    }
    return replace(state, runs=state.runs.without(keys), trials=state.trials | left)


def _reordered(state: Laboratory, event: edits.TrialsReordered) -> Laboratory:
    """The runs in which the scheduler looks through them: those that are named first, in the places that they had; and
    so the trials, of which some wait without a run."""
    wanted = {key: place for place, key in enumerate(event.order)}
    for key in event.order:
        untouched(state, key)
    runs = list(state.runs.values())
    places = [place for place, run in enumerate(runs) if _waits(state, run, event.campaign)]
    ordered = sorted((runs[place] for place in places), key=lambda run: wanted.get(run.trial, len(wanted)))
    for place, run in zip(places, ordered, strict=True):
        runs[place] = run
    state = replace(state, runs=Register({run.id: run for run in runs}))
    return change_campaign(state, event.campaign, lambda c: replace(c, open=_first(state, c, wanted)))


def _first(state: Laboratory, campaign: Campaign, wanted: Mapping[TrialId, int]) -> tuple[int, ...]:
    """The numbers of the open trials; of those that nothing has begun of, the wanted ones first."""
    begun = {trial.number for trial in state.open_trials(campaign.id) if state.has_begun(trial)}
    waiting = [number for number in campaign.open if number not in begun]
    waiting.sort(key=lambda number: wanted.get(trial_id(campaign.id, number), len(wanted)))
    return tuple(number if number in begun else waiting.pop(0) for number in campaign.open)


def _waits(state: Laboratory, run: Run, campaign: CampaignId) -> bool:
    mine = state.trials[run.trial].campaign == campaign
    return mine and not run.has_begun


# --- what is learnt from


def _learning(state: Laboratory, key: str, *, learn: bool) -> Laboratory:
    campaign = _campaign_of(state, key)
    is_excluded = key in campaign.excluded
    if learn and not is_excluded:
        raise TransitionError(f"The planner learns from {key} already.")
    if is_excluded and not learn:
        raise TransitionError(f"{key} is excluded already.", "`labd include` takes it in again.")
    excluded = campaign.excluded - {key} if learn else campaign.excluded | {key}
    state = _touched(state, key)
    return change_campaign(state, campaign.id, lambda c: replace(c, excluded=excluded, little=0))


def _corrected(state: Laboratory, event: edits.ObservationCorrected) -> Laboratory:
    campaign = _campaign_of(state, event.trial)
    state = _touched(state, event.trial, event.outcomes)
    observations = tuple(
        each.model_copy(update={"outcomes": event.outcomes, "failed": False}) if each.trial == event.trial else each
        for each in campaign.observations
    )
    return change_campaign(state, campaign.id, lambda c: replace(c, observations=observations, little=0))


def _touched(state: Laboratory, key: str, outcomes: dict[str, Measurement] | None = None) -> Laboratory:
    """The trial, if it is one, as seen anew; with other outcomes, if there are."""
    trial = state.trials.get(key)
    if trial is None:
        return state
    changed = replace(trial, version=state.version, outcomes=trial.outcomes if outcomes is None else outcomes)
    return replace(state, trials=state.trials | {key: changed})


def _campaign_of(state: Laboratory, key: str) -> Campaign:
    """The campaign with an observation of that name. Raises `NotFound`."""
    campaign = state.campaigns.get(key.partition(".")[0])
    if campaign is None or all(each.trial != key for each in campaign.observations):
        raise NotFound(f"There is no observation {key!r}.", "Only what was observed can be excluded or corrected.")
    return campaign
