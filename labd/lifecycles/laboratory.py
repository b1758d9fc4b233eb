"""The whole laboratory as one value: what the journal folds to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from labd.domain import events as e
from labd.domain.errors import NotFound
from labd.domain.identifiers import CampaignId, CommandId, InstrumentName, RunId, TrialId, trial_id
from labd.domain.workcell import Workcell
from labd.lifecycles.campaign import Campaign
from labd.lifecycles.command import Command
from labd.lifecycles.instrument import Instrument
from labd.lifecycles.run import Run
from labd.lifecycles.trial import Trial, TrialStatus

QUARANTINE_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Laboratory:
    """Everything that the daemon knows, minus what only the journal need remember (the commands of closed runs)."""

    version: int = 0
    """How many events were folded: the journal's sequence."""
    epoch: int = 0
    workcell: Workcell | None = None
    linked: bool = False
    """Whether the broker is reached."""
    campaigns: dict[CampaignId, Campaign] = field(default_factory=dict)
    trials: dict[TrialId, Trial] = field(default_factory=dict)
    runs: dict[RunId, Run] = field(default_factory=dict)
    commands: dict[CommandId, Command] = field(default_factory=dict)
    instruments: dict[InstrumentName, Instrument] = field(default_factory=dict)
    quarantined: int = 0
    """How many messages were ever quarantined; all of them are in the journal."""
    quarantine: tuple[e.MessageQuarantined, ...] = ()
    """The newest few, shortened, the newest last."""

    def campaign(self, key: str) -> Campaign:
        """The campaign of that id or name; the newest, if names repeat. Raises `NotFound`."""
        if key in self.campaigns:
            return self.campaigns[key]
        named = [each for each in self.campaigns.values() if each.name == key]
        if not named:
            known = ", ".join(each.name for each in self.campaigns.values()) or "none is loaded"
            raise NotFound(f"There is no campaign {key!r}.", f"Campaigns: {known}.")
        return named[-1]

    def trials_of(self, campaign: CampaignId) -> Iterator[Trial]:
        """The trials of a campaign, by number."""
        for number in range(1, self.campaigns[campaign].trials + 1):
            yield self.trials[trial_id(campaign, number)]

    def open_trials(self, campaign: CampaignId) -> list[Trial]:
        """The trials that are pending."""
        return [each for each in self.trials_of(campaign) if each.status is TrialStatus.PENDING]

    def campaign_of(self, run: Run) -> Campaign:
        """The campaign to which a run belongs."""
        return self.campaigns[self.trials[run.trial].campaign]
