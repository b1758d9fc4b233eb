"""What is decided about a person's edits: the planner is asked anew, trials that wait are compiled anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from labd.domain import edits
from labd.domain.effects import Effect, Record
from labd.domain.errors import InvalidInput
from labd.domain.identifiers import TrialId
from labd.domain.problem import Problem, is_same
from labd.lifecycles.decisions.approvals import after_edit
from labd.lifecycles.decisions.batches import go_on
from labd.lifecycles.decisions.deciding import decide
from labd.lifecycles.decisions.opening import is_ahead, next_run
from labd.lifecycles.decisions.planning import ask, deadline
from labd.lifecycles.gates import BY_PERSON
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.trial import Trial
from labd.protocols.admission import admits


@decide.register
def _(event: edits.CampaignEdited, state: Laboratory) -> Iterator[Effect]:
    campaign = state.campaigns[event.campaign]
    yield from after_edit(state, campaign, event.at)
    yield from deadline(campaign)
    if event.problem is not None:
        for trial in state.open_trials(campaign.id):
            if not state.has_begun(trial):
                yield from _fitting(event.problem, trial, event.at)
    if campaign.request is not None and event.problem is not None:
        yield ask(campaign, campaign.request.count, event.at)
    else:
        yield from go_on(state, campaign, event.at)


def _fitting(problem: Problem, trial: Trial, at: datetime) -> Iterator[Effect]:
    """A trial that waits is given up where it may not be tried now, or was proposed for what was given before; a
    person's point is tried in what is given now."""
    suggestion = trial.suggestion
    point = {**suggestion.parameters, **problem.context}
    given = [name for name, value in problem.context.items() if not is_same(suggestion.parameters[name], value)]
    was = ", ".join(f"{name} was {suggestion.parameters[name]} and is {problem.context[name]}" for name in given)
    why = outside(problem, trial)
    if why or (given and suggestion.method != BY_PERSON):
        reason = why or f"proposed for what was given before: {was}"
        yield Record(edits.TrialRejected(at=at, trial=trial.id, by="labd", reason=reason))
    elif given:
        yield Record(edits.TrialEdited(at=at, trial=trial.id, by="labd", parameters=point, reason=was))


def outside(problem: Problem, trial: Trial) -> str:
    """Why a trial is outside of what the problem now allows; empty where it is within."""
    try:
        admits(problem, trial.suggestion.parameters)
    except InvalidInput as error:
        return f"outside of what may be tried now: {error.message}"
    return ""


@decide.register
def _(event: edits.TrialRejected, state: Laboratory) -> Iterator[Effect]:
    yield from go_on(state, state.campaigns[state.trials[event.trial].campaign], event.at)


@decide.register
def _(event: edits.TrialEdited, state: Laboratory) -> Iterator[Effect]:
    trial = state.trials[event.trial]
    campaign = state.campaigns[trial.campaign]
    if campaign.protocol.batch is None and not is_ahead(campaign):
        yield from next_run(state, trial, event.at, "")
    else:
        yield from go_on(state, campaign, event.at)


@decide.register(edits.ObservationExcluded)
@decide.register(edits.ObservationIncluded)
@decide.register(edits.ObservationCorrected)
def _(
    event: edits.ObservationExcluded | edits.ObservationIncluded | edits.ObservationCorrected, state: Laboratory
) -> Iterator[Effect]:
    campaign = state.campaigns[_campaign_of(event.trial)]
    if campaign.request is not None:
        yield ask(campaign, campaign.request.count, event.at)
    else:
        yield from go_on(state, campaign, event.at)


def _campaign_of(key: TrialId) -> str:
    return key.partition(".")[0]
