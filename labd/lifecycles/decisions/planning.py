"""Whether a campaign ends, pauses or asks its planner for more: no rule, but what rules of several rooms come to."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from datetime import datetime

from labd.domain import events as e
from labd.domain.effects import Effect, Record, RequestSuggestions, SetTimer
from labd.domain.identifiers import trial_id
from labd.domain.problem import Observation, Problem, Scalar, Share
from labd.domain.protocol import Protocol
from labd.lifecycles.campaign import Campaign, CampaignStatus
from labd.lifecycles.caps import ends
from labd.lifecycles.enough import enough
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import OPEN
from labd.lifecycles.trial import Trial
from labd.lifecycles.turns import PLANNER, Standing, turn


def plan(state: Laboratory, campaign: Campaign, at: datetime) -> Iterator[Effect]:
    """End, pause or go on: what a campaign does when something in it has come to an end."""
    if campaign.status is not CampaignStatus.RUNNING or campaign.request is not None:
        return
    stopping, left = campaign.protocol.stopping, campaign.budget_left
    met = enough(campaign, at)
    if met is not None:
        for trial in state.open_trials(campaign.id) if met.gives_up else ():
            if not state.has_begun(trial):
                yield Record(e.TrialAbandoned(at=at, trial=trial.id, reason=met.reason))
        if not campaign.open:
            yield Record(e.CampaignFinished(at=at, campaign=campaign.id, reason=met.reason, rule=met.rule))
        return
    if campaign.failures >= stopping.consecutive_failures:
        yield Record(pause(campaign.id, at, f"{campaign.failures} trials failed one after the other"))
        return
    count = _room(state, campaign)
    count = count if left is None else min(count, left)
    if count > 0:
        yield ask(campaign, count, at)


HOURS = "hours/"
FILLERS = frozenset({"sobol", "grid", "random"})
"""The kinds of proposers that are strategies of the planner."""


def deadline(campaign: Campaign) -> Iterator[Effect]:
    """The moment at which its hours are over, if they are limited."""
    moment = ends(campaign.protocol.stopping, campaign.started)
    if moment is not None and campaign.ended is None:
        yield SetTimer(f"{HOURS}{campaign.id}", moment)


def ask(campaign: Campaign, count: int, at: datetime) -> Record:
    """The next question, to whose turn it is; one that is not answered yet is no longer waited for. Of a batch one
    proposer fills the runs. Where nobody can be asked, the campaign waits for a person."""
    whose = turn(campaign.proposers, campaign.standings, count, at)
    if whose is None:
        return Record(pause(campaign.id, at, nobody(campaign)))
    share, alone = whose
    number = campaign.requests + 1
    return Record(
        e.SuggestionsRequested(
            at=at,
            campaign=campaign.id,
            request=number,
            count=alone if campaign.protocol.batch is None else count,
            seed=_seed(campaign, number),
            proposer=share.name,
        )
    )


def nobody(campaign: Campaign) -> str:
    """Why nobody can be asked."""
    standings = {share.name: campaign.standings.get(share.name, Standing()) for share in campaign.proposers}
    said = [f"{name}: {each.said}" for name, each in standings.items() if each.failures]
    if len(standings) == 1:
        ((name, alone),) = standings.items()
        return f"The {name} could not answer: {alone.said}"
    return f"Nobody can propose: {'; '.join(said)}"


def _room(state: Laboratory, campaign: Campaign) -> int:
    """For how many more trials there is room, those that are made ready included; of batches for whole runs, and in
    those that trials already wait for."""
    protocol = campaign.protocol
    parallel = protocol.problem.settings.parallel
    ahead = protocol.problem.settings.ahead
    if protocol.batch is None:
        return parallel + ahead - len(campaign.open)
    waiting = shared_runs(protocol, state.waiting_trials(campaign.id))
    fit = protocol.batch.trials
    runs = parallel + math.ceil(ahead / fit) - open_batches(state, campaign)
    if runs < len(waiting):
        return 0
    shared = any(each.per == "batch" for each in protocol.problem.parameters)
    return (runs - len(waiting)) * fit + (0 if shared else sum(fit - len(each) for each in waiting))


def open_batches(state: Laboratory, campaign: Campaign) -> int:
    """How many runs of the campaign are open."""
    return sum(run.status in OPEN and state.campaign_of(run).id == campaign.id for run in state.runs.values())


def shared_runs(protocol: Protocol, waiting: Sequence[Trial]) -> list[list[Trial]]:
    """The trials that wait, by the run that each goes into: those with the same values per batch together, as many as
    fit, the oldest first."""
    fit = protocol.batch.trials if protocol.batch else 1
    batchwide = [each.name for each in protocol.problem.parameters if each.per == "batch"]
    alike: dict[tuple[Scalar | None, ...], list[Trial]] = {}
    for trial in waiting:
        alike.setdefault(tuple(trial.suggestion.parameters.get(each) for each in batchwide), []).append(trial)
    return [group[first : first + fit] for group in alike.values() for first in range(0, len(group), fit)]


def _seed(campaign: Campaign, request: int) -> int:
    digest = hashlib.sha256(f"{campaign.seed}/{request}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def request(state: Laboratory, campaign: Campaign) -> RequestSuggestions:
    """What the planner is asked for, as the journal has it: the same again upon a restart."""
    asked = campaign.request
    if asked is None:
        raise AssertionError("a request is made before it is sent")
    unwanted = (state.trials[trial_id(campaign.id, number)] for number in campaign.rejected)
    share = next((each for each in campaign.proposers if each.name == asked.proposer), PLANNER)
    return RequestSuggestions(
        campaign=campaign.id,
        request=asked.number,
        problem=_problem_for(share, campaign),
        observations=(
            *campaign.learnt,
            *(Observation(trial=each.id, parameters=each.suggestion.parameters) for each in unwanted),
        ),
        pending=tuple(trial.suggestion.parameters for trial in state.open_trials(campaign.id)),
        count=asked.count,
        seed=asked.seed,
        share=share,
    )


def _problem_for(share: Share, campaign: Campaign) -> Problem:
    """The problem as it is put to a proposer, with what was learnt earlier. The planner knows all that fill the space
    as strategies, by their names."""
    problem = campaign.protocol.problem
    settings = problem.settings
    if share.kind in FILLERS:
        settings = settings.model_copy(update={"strategy": share.kind})
    return problem.model_copy(update={"settings": settings, "earlier": campaign.earlier})


def pause(campaign: str, at: datetime, reason: str) -> e.CampaignPaused:
    """The campaign waits for a person, and says why."""
    return e.CampaignPaused(at=at, campaign=campaign, by="labd", reason=reason)
