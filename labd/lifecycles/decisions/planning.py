"""Whether a campaign ends, pauses or asks its planner for more: no rule, but what rules of several rooms come to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

from labd.domain import events as e
from labd.domain.effects import Effect, Record, RequestSuggestions
from labd.domain.identifiers import trial_id
from labd.domain.problem import Observation
from labd.lifecycles.campaign import Campaign, CampaignStatus
from labd.lifecycles.laboratory import Laboratory


def plan(state: Laboratory, campaign: Campaign, at: datetime) -> Iterator[Effect]:
    """End, pause or go on: what a campaign does when something in it has come to an end."""
    if campaign.status is not CampaignStatus.RUNNING or campaign.request is not None:
        return
    stopping = campaign.protocol.stopping
    open_trials = len(campaign.open)
    left = campaign.budget_left
    if campaign.target_reached or left == 0:
        if not open_trials:
            reason = "the target was reached" if campaign.target_reached else f"{campaign.trials} trials were made"
            yield Record(e.CampaignFinished(at=at, campaign=campaign.id, reason=reason))
        return
    if campaign.failures >= stopping.consecutive_failures:
        yield Record(pause(campaign.id, at, f"{campaign.failures} trials failed one after the other"))
        return
    count = campaign.protocol.problem.settings.parallel - open_trials
    count = count if left is None else min(count, left)
    if count > 0:
        yield ask(campaign, count, at)


def ask(campaign: Campaign, count: int, at: datetime) -> Record:
    """The next question to the planner; one that is not answered yet is no longer waited for."""
    number = campaign.requests + 1
    seed = _seed(campaign, number)
    return Record(e.SuggestionsRequested(at=at, campaign=campaign.id, request=number, count=count, seed=seed))


def _seed(campaign: Campaign, request: int) -> int:
    digest = hashlib.sha256(f"{campaign.seed}/{request}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def request(state: Laboratory, campaign: Campaign) -> RequestSuggestions:
    """What the planner is asked for, as the journal has it: the same again upon a restart."""
    asked = campaign.request
    if asked is None:
        raise AssertionError("a request is made before it is sent")
    unwanted = (state.trials[trial_id(campaign.id, number)] for number in campaign.rejected)
    return RequestSuggestions(
        campaign=campaign.id,
        request=asked.number,
        problem=campaign.protocol.problem,
        observations=(
            *campaign.learnt,
            *(Observation(trial=each.id, parameters=each.suggestion.parameters) for each in unwanted),
        ),
        pending=tuple(trial.suggestion.parameters for trial in state.open_trials(campaign.id)),
        count=asked.count,
        seed=asked.seed,
    )


def pause(campaign: str, at: datetime, reason: str) -> e.CampaignPaused:
    """The campaign waits for a person, and says why."""
    return e.CampaignPaused(at=at, campaign=campaign, by="labd", reason=reason)
