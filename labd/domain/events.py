"""What has happened. Past tense, immutable, versioned: the journal holds these and nothing else.

An event carries its own time and whatever was drawn (ids, seeds), so that the fold over the journal needs neither
clock nor chance. A class is never changed in a way that an old journal could not be read: `labd.adapters.journal`
upgrades older payloads.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from labd.domain.approvals import ApprovalEvent
from labd.domain.command import Resolution
from labd.domain.command_events import (
    CommandAccepted,
    CommandFinished,
    CommandIssued,
    CommandMissed,
    CommandResolved,
)
from labd.domain.edits import Edit
from labd.domain.happened import ByPerson, Happened
from labd.domain.hearsay import InstrumentContested, InstrumentDescribed, InstrumentFellSilent, InstrumentStateReported
from labd.domain.identifiers import CampaignId, InstrumentName, RunId, TrialId
from labd.domain.interventions import (
    CancelRequested,
    InstrumentLocked,
    InstrumentPaused,
    InstrumentReset,
    InstrumentResumed,
    InstrumentUnlocked,
    LaboratoryReleased,
    LaboratoryStopped,
)
from labd.domain.problem import Earlier, Effort, Measurement, Scalar, Suggestion
from labd.domain.protocol import Protocol
from labd.domain.room_events import RoomEvent
from labd.domain.samples import RunLabware, Sample
from labd.domain.step_events import StepEvent
from labd.domain.steps import PlannedStep
from labd.domain.workcell import Workcell

__all__ = [
    "ByPerson",
    "CancelRequested",
    "CommandAccepted",
    "CommandFinished",
    "CommandIssued",
    "CommandMissed",
    "CommandResolved",
    "Happened",
    "InstrumentContested",
    "InstrumentDescribed",
    "InstrumentFellSilent",
    "InstrumentLocked",
    "InstrumentPaused",
    "InstrumentReset",
    "InstrumentResumed",
    "InstrumentStateReported",
    "InstrumentUnlocked",
    "LaboratoryReleased",
    "LaboratoryStopped",
]
"""Of what is declared elsewhere; all that is declared here belongs to it, too."""


# --- the daemon and the room


class DaemonStarted(Happened):
    """A daemon took the laboratory over. Commands of an older epoch are refused by the drivers."""

    kind: Literal["daemon_started"] = "daemon_started"
    epoch: int = Field(ge=1)
    version: str


class EpochRaised(Happened):
    """An instrument has obeyed a newer epoch than this journal knows: the journal was restored from an old backup, and
    what happened since is not in it. The daemon goes on above that epoch."""

    kind: Literal["epoch_raised"] = "epoch_raised"
    instrument: InstrumentName
    epoch: int = Field(ge=1)


class WorkcellLoaded(Happened):
    """The room as it is from now on."""

    kind: Literal["workcell_loaded"] = "workcell_loaded"
    workcell: Workcell


class LinkConnected(Happened):
    """The daemon reached the broker (again): what was out meanwhile is asked about."""

    kind: Literal["link_connected"] = "link_connected"


class LinkLost(Happened):
    """The daemon lost the broker."""

    kind: Literal["link_lost"] = "link_lost"


class MessageQuarantined(Happened):
    """Something arrived that could not be taken. It is kept for a person; the daemon goes on."""

    kind: Literal["message_quarantined"] = "message_quarantined"
    topic: str
    reason: str
    excerpt: str = ""
    """The beginning of the payload, as text."""
    size_bytes: int = 0


class TimerFired(Happened):
    """A moment that an effect asked for has come."""

    kind: Literal["timer_fired"] = "timer_fired"
    timer: str


# --- campaigns


class CampaignDrafted(ByPerson):
    """A protocol was loaded as a campaign; nothing moves yet."""

    kind: Literal["campaign_drafted"] = "campaign_drafted"
    campaign: CampaignId
    name: str
    protocol: Protocol
    seed: int = 0
    priority: int = 0
    """A higher one goes first where campaigns want the same instrument."""
    autonomy: int = Field(default=3, ge=0, le=4)
    """How much happens without a person: 0: nothing is ordered; 1: each step is released; 2: each trial is approved;
    3: trials run by themselves; 4: so do protocols that a machine wrote, within their caps."""
    by_machine: bool = False
    """Whether a machine wrote the protocol."""
    doubts: tuple[str, ...] = ()
    """What was found at load that a person must look at before it runs."""


class CampaignStarted(ByPerson):
    """A person let the campaign run."""

    kind: Literal["campaign_started"] = "campaign_started"
    campaign: CampaignId
    earlier: tuple[Earlier, ...] = ()
    """What it learns from of earlier campaigns, as they were at this moment."""


class CampaignPaused(ByPerson):
    """No new steps until it is resumed; what runs on the instruments comes to its end."""

    kind: Literal["campaign_paused"] = "campaign_paused"
    campaign: CampaignId


class CampaignResumed(ByPerson):
    """The campaign goes on."""

    kind: Literal["campaign_resumed"] = "campaign_resumed"
    campaign: CampaignId


class CampaignStopped(ByPerson):
    """A person ended the campaign: open trials are abandoned; a result that still arrives is kept."""

    kind: Literal["campaign_stopped"] = "campaign_stopped"
    campaign: CampaignId


class CampaignFinished(Happened):
    """A stopping rule was met and no trial is open any more."""

    kind: Literal["campaign_finished"] = "campaign_finished"
    campaign: CampaignId
    reason: str
    rule: Literal["trials", "hours", "cost", "material", "target", "improvement", "exhausted"] | None = None
    """Which one; None in journals of older releases."""


class SuggestionsRequested(Happened):
    """The planner was asked. The request, with its seed, can be repeated after a crash: same question, same answer."""

    kind: Literal["suggestions_requested"] = "suggestions_requested"
    campaign: CampaignId
    request: int
    count: int = Field(ge=1)
    seed: int
    proposer: str = "planner"
    """Whose turn it is, by the name of its share."""


class SuggestionsMade(Happened):
    """Somebody proposed trials: the planner, answering a request, or a person."""

    kind: Literal["suggestions_made"] = "suggestions_made"
    campaign: CampaignId
    request: int | None = None
    first: int = Field(ge=1)
    """The number of the first trial that this opens; the others follow."""
    suggestions: tuple[Suggestion, ...]
    wall_s: float = 0.0
    """From the question to the answer."""
    took: Effort | None = None
    """What the planner's process spent on it; None: nobody measured it."""


class PlanningFailed(Happened):
    """Who was asked could not answer: the turn passes to another proposer. Where there is none, the campaign pauses and
    asks for a person."""

    kind: Literal["planning_failed"] = "planning_failed"
    campaign: CampaignId
    request: int
    message: str
    proposer: str = "planner"


class ObservationAdded(ByPerson):
    """A person told the campaign of an experiment that was done elsewhere."""

    kind: Literal["observation_added"] = "observation_added"
    campaign: CampaignId
    parameters: dict[str, Scalar]
    outcomes: dict[str, Measurement]


# --- trials and runs


class StepsForeseen(Happened):
    """A look ahead has planned what is to come: within a campaign, what it begins earlier has its turn earlier."""

    kind: Literal["steps_foreseen"] = "steps_foreseen"
    starts_s: dict[str, float]
    """By `<run>/<step>`: in how many seconds it was to begin."""


class RunStarted(Happened):
    """A trial opened a run; the protocol was compiled into steps."""

    kind: Literal["run_started"] = "run_started"
    run: RunId
    trial: TrialId
    """Of a batch: the first of its trials, which gives the run its id."""
    steps: tuple[PlannedStep, ...]
    samples: tuple[Sample, ...] = ()
    """What a batch measures, where each stands, and of which trial it is. Empty: one sample, of the trial."""
    labware: tuple[RunLabware, ...] = ()


class RunAnalysed(Happened):
    """The raw results of a run became outcomes."""

    kind: Literal["run_analysed"] = "run_analysed"
    run: RunId
    outcomes: dict[str, Measurement]
    """Of a batch: those of its first trial, if it has any."""
    doubt: str = ""
    """Why the outcomes cannot be true: they are held for a person. Empty where they are taken."""
    by_trial: dict[TrialId, dict[str, Measurement]] = {}
    """Of a batch: the trials that were measured, over their replicates. What is missing goes into another run."""
    controls: dict[str, dict[str, Measurement]] = {}
    """Of a batch: by control."""
    failed: dict[TrialId, str] = {}
    """Of a batch: the trials that came to nothing by their own fault, and why: one of their runs is used up. What is in
    neither was not measured, for a reason that says nothing about it."""


class RunResolved(ByPerson):
    """A person said what is to become of the outcomes of a run that were held, because they cannot be true."""

    kind: Literal["run_resolved"] = "run_resolved"
    run: RunId
    resolution: Resolution
    outcomes: dict[str, Measurement] = {}
    """With `done`: the outcomes, complete, as the person took or corrected them."""


class RunFailed(Happened):
    """A run came to nothing: a step failed for good, or its results could not be analysed. A batch keeps what was
    measured: no further step begins, and when nothing is out any more it is analysed as far as it came."""

    kind: Literal["run_failed"] = "run_failed"
    run: RunId
    reason: str
    sample: int | None = None
    """Of a batch: the sample that came to nothing alone; the run goes on for the others."""
    breach: bool = False
    """Whether its next order would have broken the workcell's envelope: it was not sent."""


class TrialObserved(Happened):
    """The trial has its outcomes."""

    kind: Literal["trial_observed"] = "trial_observed"
    trial: TrialId
    outcomes: dict[str, Measurement]
    achieved: dict[str, float] = {}
    """The parameters that were read back, as they truly were: the outcomes are learnt there."""
    note: str = ""
    """What a person should know: a set point that was missed."""
    flags: tuple[Literal["timing_violation"], ...] = ()
    """Why the planner does not learn from it, although it has outcomes."""


class TrialFailed(Happened):
    """The trial has used up its runs. The planner learns that this point failed."""

    kind: Literal["trial_failed"] = "trial_failed"
    trial: TrialId
    reason: str


class TrialAbandoned(Happened):
    """The trial was given up for a reason that says nothing about the point."""

    kind: Literal["trial_abandoned"] = "trial_abandoned"
    trial: TrialId
    reason: str


Event = Annotated[
    DaemonStarted
    | EpochRaised
    | WorkcellLoaded
    | LinkConnected
    | LinkLost
    | MessageQuarantined
    | TimerFired
    | LaboratoryStopped
    | LaboratoryReleased
    | InstrumentDescribed
    | InstrumentStateReported
    | InstrumentFellSilent
    | InstrumentContested
    | InstrumentLocked
    | InstrumentUnlocked
    | InstrumentPaused
    | InstrumentResumed
    | InstrumentReset
    | CampaignDrafted
    | CampaignStarted
    | CampaignPaused
    | CampaignResumed
    | CampaignStopped
    | CampaignFinished
    | SuggestionsRequested
    | SuggestionsMade
    | PlanningFailed
    | ObservationAdded
    | StepsForeseen
    | RunStarted
    | RunAnalysed
    | RunResolved
    | RunFailed
    | TrialObserved
    | TrialFailed
    | TrialAbandoned
    | CommandIssued
    | CommandAccepted
    | CommandMissed
    | CommandFinished
    | CancelRequested
    | CommandResolved
    | Edit
    | ApprovalEvent
    | RoomEvent
    | StepEvent,
    Field(discriminator="kind"),
]
