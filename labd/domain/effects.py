"""What is to be done about an event. Imperative, plain values; the shell carries them out after the commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from labd.domain.capability import Json
from labd.domain.command import Order
from labd.domain.events import Event
from labd.domain.identifiers import CampaignId, CommandId, InstrumentName, RunId, TrialId
from labd.domain.problem import Observation, Parameters, Problem, Share
from labd.domain.protocol import Analysis, OutcomeSpec

Action = Literal["pause", "resume", "cancel", "reset", "lock", "unlock"]
"""What a person does with an instrument, or with a command in hand."""


@dataclass(frozen=True, slots=True)
class Record:
    """A decision: this event belongs into the journal, in the same commit as the event that led to it."""

    event: Event


@dataclass(frozen=True, slots=True)
class SendCommand:
    """Put the order on the wire."""

    order: Order
    epoch: int


@dataclass(frozen=True, slots=True)
class SendAsk:
    """Ask the driver what became of an order."""

    instrument: InstrumentName
    command: CommandId


@dataclass(frozen=True, slots=True)
class SendAck:
    """Tell the driver that its report is on disk here."""

    instrument: InstrumentName
    command: CommandId
    content_hash: str
    repeat: bool = False
    """The report was on disk already: it is counted, and ignored."""


@dataclass(frozen=True, slots=True)
class SendControl:
    """Tell the driver what concerns its instrument as a whole, or one command in hand."""

    instrument: InstrumentName
    action: Action
    epoch: int
    command: CommandId | None = None
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PublishStop:
    """Say to the whole room, for good, that it is stopped, or released."""

    stop: str
    stopped: bool
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RequestSuggestions:
    """Ask for trials; the answer comes back as `SuggestionsMade` or `PlanningFailed`."""

    campaign: CampaignId
    request: int
    problem: Problem
    observations: tuple[Observation, ...]
    pending: tuple[Parameters, ...]
    count: int
    seed: int
    share: Share
    """Who is asked."""


@dataclass(frozen=True, slots=True)
class Specimen:
    """A sample of a batch, as the analysis gets it."""

    trial: TrialId | None
    """None: a control."""
    control: str
    parameters: Parameters
    results: dict[str, dict[str, Json]]
    """By what a step is called; those of the whole batch as this sample sees them; the means of the controls under
    `controls.<control>.<step>`."""
    complete: bool
    """Whether all results are there that the analysis needs."""
    fault: str = ""
    """Where it is not complete: why, if that is its own fault. Empty: it was not measured, and that says nothing."""


@dataclass(frozen=True, slots=True)
class AnalyseRun:
    """Turn raw results into outcomes; the answer comes back as `RunAnalysed` or `RunFailed`."""

    run: RunId
    analysis: tuple[Analysis, ...]
    outcomes: dict[str, OutcomeSpec]
    parameters: Parameters
    results: dict[str, dict[str, Json]]
    samples: tuple[Specimen, ...] = ()
    """Of a batch: each sample is analysed by itself. Empty for one trial alone."""


@dataclass(frozen=True, slots=True)
class LookAhead:
    """Plan what is to come, beside everything else; the answer, if there is one, comes back as `StepsForeseen`."""


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Wake the laboratory with `TimerFired(timer)` at this moment; the same name again moves it."""

    timer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """That moment no longer matters."""

    timer: str


Effect = (
    Record
    | SendCommand
    | SendAsk
    | SendAck
    | SendControl
    | PublishStop
    | RequestSuggestions
    | AnalyseRun
    | LookAhead
    | SetTimer
    | CancelTimer
)
