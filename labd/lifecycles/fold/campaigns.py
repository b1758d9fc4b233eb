"""What events make of campaigns, and of the trials that suggestions open in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from labd.domain import events as e
from labd.domain.errors import TransitionError
from labd.domain.identifiers import CampaignId, trial_id
from labd.domain.problem import Observation, Suggestion
from labd.lifecycles import campaign as campaigns
from labd.lifecycles import turns
from labd.lifecycles.campaign import Campaign
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.replacing import replace
from labd.lifecycles.trial import Trial


def put_campaign(state: Laboratory, campaign: Campaign) -> Laboratory:
    """The state with this campaign in it."""
    return replace(state, campaigns={**state.campaigns, campaign.id: replace(campaign, version=state.version)})


def change_campaign(state: Laboratory, key: CampaignId, change: Callable[[Campaign], Campaign]) -> Laboratory:
    """The state with one campaign changed. Raises `NotFound`."""
    return put_campaign(state, change(state.campaign(key)))


def move_campaign(
    state: Laboratory,
    event: e.CampaignStarted | e.CampaignPaused | e.CampaignResumed | e.CampaignStopped | e.CampaignFinished,
    trigger: str,
) -> Laboratory:
    """The campaign in its next state. Raises `TransitionError`."""
    if trigger in ("start", "resume") and state.safety.stopped and state.safety.pressed is not None:
        raise TransitionError(
            f"The laboratory is stopped by {state.safety.pressed.text}.",
            "Release it first: `labd release --reason WHY`.",
        )
    earlier = event.earlier if isinstance(event, e.CampaignStarted) else None

    def change(campaign: Campaign) -> Campaign:
        moved = campaigns.move(campaign, trigger, event.at, event.reason)
        return moved if earlier is None else replace(moved, earlier=earlier)

    return change_campaign(state, event.campaign, change)


def answered(campaign: Campaign, request: int) -> None:
    """Raises `TransitionError` unless the campaign waits for the answer to this request."""
    if campaign.request is None or campaign.request.number != request:
        raise TransitionError(
            f"Campaign {campaign.name} does not wait for an answer to request {request}.",
            "It was answered already, or the campaign has ended.",
        )


def open_trials(state: Laboratory, event: e.SuggestionsMade) -> Laboratory:
    """The campaign with a trial for each suggestion. Raises `TransitionError`."""
    campaign = state.campaign(event.campaign)
    if campaign.status in campaigns.TABLE.terminal:
        raise TransitionError(
            f"Campaign {campaign.name} is {campaign.status}: it takes no more suggestions.",
            "Load the protocol again, as another campaign.",
        )
    if event.first != campaign.trials + 1:
        raise TransitionError(
            f"The next trial of {campaign.name} is {campaign.trials + 1}, not {event.first}.",
            "Somebody else suggested in the meantime: suggest again.",
        )
    if event.request is not None:
        answered(campaign, event.request)
        standings = turns.answered(campaign.standings, campaign.request.proposer if campaign.request else "")
        little = _little(campaign, event.suggestions)
        campaign = replace(campaign, request=None, little=little, standings=standings)
    made_by = [each.proposer for each in event.suggestions]
    opened = {
        trial_id(campaign.id, number): Trial(
            trial_id(campaign.id, number), campaign.id, number, suggestion, event.at, state.version
        )
        for number, suggestion in enumerate(event.suggestions, event.first)
    }
    state = replace(state, trials=state.trials | opened)
    return put_campaign(
        state,
        replace(
            campaign,
            trials=campaign.trials + len(opened),
            effort=campaign.effort + event.took if event.took else campaign.effort,
            open=(*campaign.open, *range(event.first, event.first + len(opened))),
            standings=turns.credited(campaign.proposers, campaign.standings, made_by),
        ),
    )


def not_answered(campaign: Campaign, event: e.PlanningFailed) -> Campaign:
    """The campaign, which waits for that answer no longer. Raises `TransitionError`."""
    answered(campaign, event.request)
    asked = campaign.request.proposer if campaign.request else event.proposer
    standings = turns.failed(campaign.standings, asked, event.message, event.at)
    return replace(campaign, request=None, standings=standings)


def _little(campaign: Campaign, made: Sequence[Suggestion]) -> int:
    """How often in a row too little was expected, with this answer: by the best of its suggestions, since the others
    were made with that one under way. Where no model spoke, nothing was expected."""
    least = campaign.protocol.stopping.improvement_below
    expected = [each.improvement for each in made if each.improvement is not None]
    if least is None or not expected:
        return campaign.little
    return campaign.little + 1 if max(expected) < least else 0


def tell(state: Laboratory, event: e.ObservationAdded) -> Laboratory:
    """The campaign with an observation that was made elsewhere."""

    def change(campaign: Campaign) -> Campaign:
        told = Observation(
            trial=f"{campaign.id}.told{campaign.told + 1}", parameters=event.parameters, outcomes=event.outcomes
        )
        return replace(campaign, observations=(*campaign.observations, told), told=campaign.told + 1, little=0)

    return change_campaign(state, event.campaign, change)
