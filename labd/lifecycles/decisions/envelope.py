"""What is decided where an order would have broken the workcell's envelope, and so was not sent."""

from __future__ import annotations

from collections.abc import Iterator

from labd.domain import events as e
from labd.domain.effects import Effect, Record
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.decisions.planning import pause
from labd.lifecycles.gates import BY_PERSON
from labd.lifecycles.laboratory import Laboratory


def held_back(event: e.RunFailed, state: Laboratory) -> Iterator[Effect]:
    """The campaign waits for a person, where its planner is led to what the workcell does not allow: more of the same
    would follow. What a person proposed fails by itself."""
    run = state.runs.get(event.run)
    own = next((each.trial for each in run.samples if each.number == event.sample), None) if run else None
    trial = state.trials[own or event.run.rpartition(".")[0]]
    running = state.campaigns[trial.campaign].status is CampaignStatus.RUNNING
    if running and trial.suggestion.method != BY_PERSON:
        reason = f"The workcell's envelope held back what was planned. {event.reason}"
        yield Record(pause(trial.campaign, event.at, reason))
