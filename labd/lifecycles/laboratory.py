"""The whole laboratory as one value: what the journal folds to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from labd.domain import events as e
from labd.domain.errors import NotFound
from labd.domain.identifiers import CampaignId, CommandId, InstrumentName, RunId, TrialId, trial_id
from labd.domain.workcell import Workcell
from labd.lifecycles.approval import ApprovalState
from labd.lifecycles.campaign import Campaign
from labd.lifecycles.command import Command
from labd.lifecycles.instrument import Instrument
from labd.lifecycles.interlock import InterlockState
from labd.lifecycles.matter import Labware
from labd.lifecycles.register import Register
from labd.lifecycles.run import OPEN, Run
from labd.lifecycles.safety import Safety
from labd.lifecycles.stock import StockState
from labd.lifecycles.trial import Trial

QUARANTINE_SHOWN = 20


@dataclass(frozen=True)  # without slots: it is copied at nearly every event
class Laboratory:
    """Everything that the daemon knows, minus what only the journal need remember (the commands of closed runs)."""

    version: int = 0
    """How many events were folded: the journal's sequence."""
    epoch: int = 0
    workcell: Workcell | None = None
    linked: bool = False
    """Whether the broker is reached."""
    safety: Safety = field(default_factory=Safety)
    """Whether it is stopped."""
    campaigns: dict[CampaignId, Campaign] = field(default_factory=dict)
    trials: Register[TrialId, Trial] = field(default_factory=Register)
    runs: Register[RunId, Run] = field(default_factory=Register)
    commands: Register[CommandId, Command] = field(default_factory=Register)
    instruments: Register[InstrumentName, Instrument] = field(default_factory=Register)
    labware: Register[str, Labware] = field(default_factory=Register)
    """What stands in the room or is expected, by id."""
    removed: Register[str, Labware] = field(default_factory=Register)
    """What has left the room, by id, with where it has been."""
    stock: Register[str, StockState] = field(default_factory=Register)
    approvals: Register[str, ApprovalState] = field(default_factory=Register)
    """What persons were asked to allow, by id."""
    interlocks: Register[str, InterlockState] = field(default_factory=Register)
    """Those of the workcell, by name."""
    foreseen: dict[str, float] = field(default_factory=dict)
    """By `<run>/<step>`: when a look ahead would begin it; only which comes first counts."""
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
        return [self.trials[trial_id(campaign, number)] for number in self.campaigns[campaign].open]

    def runs_of(self, trial: Trial) -> list[Run]:
        """The runs of a trial that are not over for good."""
        return [self.runs[key] for key in trial.in_runs if key in self.runs]

    def waiting_trials(self, campaign: CampaignId) -> list[Trial]:
        """The trials that are pending and in no run: for batches, those that go into the next one."""
        return [
            trial
            for trial in self.open_trials(campaign)
            if not any(run.status in OPEN or trial.id in run.owed for run in self.runs_of(trial))
        ]

    def has_begun(self, trial: Trial) -> bool:
        """Whether anything was ordered, or answered, for the trial."""
        return any(run.has_begun for run in self.runs_of(trial))

    def campaign_of(self, run: Run) -> Campaign:
        """The campaign to which a run belongs."""
        return self.campaigns[self.trials[run.trial].campaign]
