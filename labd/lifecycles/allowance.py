"""Whether the orders that are decided at once may leave, as far as their campaigns' caps go."""

from __future__ import annotations

from datetime import datetime

from labd.domain import events as e
from labd.domain.identifiers import CampaignId
from labd.domain.step_events import StepSkipped
from labd.lifecycles.campaign import Campaign
from labd.lifecycles.caps import Spent, beyond, has_caps, spent_by
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import Run

Decided = e.CommandIssued | e.RunFailed | StepSkipped


class Allowance:
    """Counts along, while nothing of it is in the state yet."""

    def __init__(self, state: Laboratory, at: datetime) -> None:
        self._state, self._at = state, at
        self._taken: dict[CampaignId, Spent] = {}
        self._held: set[CampaignId] = set()

    def judged(self, event: Decided) -> Decided | e.CampaignPaused | None:
        """The event, or in its place that its campaign waits for a person: the order would go beyond a cap. None where
        the campaign is held by another one, or may be: it is looked at again after that."""
        run = self._state.runs[event.order.run if isinstance(event, e.CommandIssued) else event.run]
        campaign = self._state.campaign_of(run)
        if campaign.id in self._held:
            return None
        why = self._lacks(campaign, run, event) if isinstance(event, e.CommandIssued) else ""
        if why or (isinstance(event, e.RunFailed) and event.breach):
            self._held.add(campaign.id)
        return e.CampaignPaused(at=self._at, campaign=campaign.id, by="labd", reason=why) if why else event

    def _lacks(self, campaign: Campaign, run: Run, event: e.CommandIssued) -> str:
        """Why the order cannot be paid for; empty where it can: then it is. What is begun is cleaned up, whatever that
        takes."""
        name, stopping = event.order.step, campaign.protocol.stopping
        if run.graph.phase[name] == "clean_up" or not has_caps(stopping):
            return ""
        more = spent_by(self._state.workcell, run.steps[name].plan.role, event)
        taken = self._taken.get(campaign.id, Spent()).plus(more)
        if why := beyond(stopping, campaign.spent.plus(taken)):
            return f"{name} was not ordered: {why}. Raise the cap, or stop the campaign"
        self._taken[campaign.id] = taken
        return ""
