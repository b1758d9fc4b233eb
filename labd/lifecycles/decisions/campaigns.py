"""What is decided about a campaign that starts, goes on or stops, and about what its planner answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from labd.domain import events as e
from labd.domain.effects import Effect, Record
from labd.domain.identifiers import trial_id
from labd.lifecycles.campaign import Campaign, CampaignStatus
from labd.lifecycles.decisions.batches import go_on, open_runs
from labd.lifecycles.decisions.commands import ask_of_unseen
from labd.lifecycles.decisions.deciding import decide
from labd.lifecycles.decisions.opening import is_ahead, next_run
from labd.lifecycles.decisions.planning import deadline, nobody, pause, plan, request
from labd.lifecycles.enough import enough
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.turns import turn


@decide.register(e.CampaignStarted)
@decide.register(e.ObservationAdded)
def _(event: e.CampaignStarted | e.ObservationAdded, state: Laboratory) -> Iterator[Effect]:
    campaign = state.campaigns[event.campaign]
    yield from deadline(campaign)
    yield from go_on(state, campaign, event.at)


@decide.register
def _(event: e.CampaignResumed, state: Laboratory) -> Iterator[Effect]:
    yield from ask_of_unseen(state, event.campaign, event.at)
    yield from go_on(state, state.campaigns[event.campaign], event.at)


@decide.register
def _(event: e.CampaignStopped, state: Laboratory) -> Iterator[Effect]:
    for trial in state.open_trials(event.campaign):
        yield Record(e.TrialAbandoned(at=event.at, trial=trial.id, reason="the campaign was stopped"))


@decide.register
def _(event: e.SuggestionsRequested, state: Laboratory) -> Iterator[Effect]:
    yield request(state, state.campaigns[event.campaign])


@decide.register
def _(event: e.SuggestionsMade, state: Laboratory) -> Iterator[Effect]:
    campaign = state.campaigns[event.campaign]
    met = enough(campaign, event.at)
    if met is not None and met.gives_up:
        yield from go_on(state, campaign, event.at)
    elif campaign.protocol.batch is not None:
        if campaign.request is None:
            yield from open_runs(state, campaign, event.at)
    elif is_ahead(campaign):
        yield from go_on(state, campaign, event.at)
    else:
        for number in range(event.first, event.first + len(event.suggestions)):
            yield from next_run(state, state.trials[trial_id(campaign.id, number)], event.at, "")
        if event.request is not None and event.suggestions and campaign.protocol.problem.settings.proposers:
            yield from plan(state, campaign, event.at)  # the rest may be another's turn
    if not event.suggestions:
        yield from _exhausted(state, campaign, event.at)


@decide.register
def _(event: e.PlanningFailed, state: Laboratory) -> Iterator[Effect]:
    campaign = state.campaigns[event.campaign]
    if campaign.status is not CampaignStatus.RUNNING:
        return
    if turn(campaign.proposers, campaign.standings, 1, event.at) is None:
        yield Record(pause(campaign.id, event.at, nobody(campaign)))
    else:
        yield from go_on(state, campaign, event.at)


def _exhausted(state: Laboratory, campaign: Campaign, at: datetime) -> Iterator[Effect]:
    """The planner has nothing left to propose: every point of the space was tried."""
    if campaign.status is CampaignStatus.RUNNING and not campaign.open:
        yield Record(e.CampaignFinished(at=at, campaign=campaign.id, reason="every point was tried", rule="exhausted"))
