"""The life of a campaign.

    draft ──start──> running <──resume── paused
      │               │ │ └─────pause──────^ │
      │               │ └──finish──> finished│
      └─────stop──────┴─────stop─────────────┴──> stopped

While the process is down a campaign is simply where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from labd.domain.events import CampaignDrafted
from labd.domain.identifiers import CampaignId
from labd.domain.problem import Earlier, Effort, Observation, Problem
from labd.domain.problem import Share as ProposerShare
from labd.domain.protocol import Protocol, Stopping
from labd.lifecycles.caps import Spent
from labd.lifecycles.history import Range
from labd.lifecycles.replacing import replace
from labd.lifecycles.share import Share
from labd.lifecycles.table import Table
from labd.lifecycles.turns import PLANNER, Standing, rested, shares


class CampaignStatus(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    """Loaded and checked; nothing moves."""
    RUNNING = "running"
    """Trials are suggested and run."""
    PAUSED = "paused"
    """No new step begins; what runs comes to its end."""
    FINISHED = "finished"
    """A stopping rule was met and no trial is open."""
    STOPPED = "stopped"
    """A person ended it."""


TABLE = Table(
    "campaign",
    {
        CampaignStatus.DRAFT: {"start": CampaignStatus.RUNNING, "stop": CampaignStatus.STOPPED},
        CampaignStatus.RUNNING: {
            "pause": CampaignStatus.PAUSED,
            "stop": CampaignStatus.STOPPED,
            "finish": CampaignStatus.FINISHED,
        },
        CampaignStatus.PAUSED: {"resume": CampaignStatus.RUNNING, "stop": CampaignStatus.STOPPED},
        CampaignStatus.FINISHED: {},
        CampaignStatus.STOPPED: {},
    },
)


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """A question to the planner that is not yet answered."""

    number: int
    count: int
    seed: int
    proposer: str = PLANNER.name
    """Who was asked."""


@dataclass(frozen=True, slots=True)
class EditMade:
    """A change to a running campaign, and how it was before."""

    number: int
    """Counts the campaign's edits from 1."""
    at: datetime
    by: str
    reason: str
    problem: Problem
    stopping: Stopping
    priority: int
    """As they were before it."""
    undone: bool = False
    """Whether a later edit took it back."""
    reverts: int | None = None
    """The edit that it took back."""


@dataclass(frozen=True)  # without slots: it is copied at nearly every event
class Campaign:
    """One closed loop: a protocol, its trials, and what was learnt."""

    id: CampaignId
    name: str
    protocol: Protocol
    """As it was loaded, with what a person changed since in its problem and its stopping rules."""
    seed: int
    created: datetime
    by: str
    version: int
    """The laboratory's version when this last changed."""
    status: CampaignStatus = CampaignStatus.DRAFT
    note: str = ""
    """Why it is paused, finished or stopped."""
    trials: int = 0
    """How many trials were opened."""
    open: tuple[int, ...] = ()
    """The numbers of those that are pending."""
    requests: int = 0
    """How often the planner was asked."""
    request: PlanRequest | None = None
    observations: tuple[Observation, ...] = ()
    failures: int = 0
    """Failed trials since the last one that was observed."""
    earlier: tuple[Earlier, ...] = ()
    """What it learns from of earlier campaigns, as they were when it was started."""
    little: int = 0
    """So many answers of the planner in a row have expected less improvement than is worth a trial."""
    standings: Mapping[str, Standing] = field(default_factory=dict)
    """How those stand who propose, by the name of their share."""
    told: int = 0
    """How many of the observations were added by hand."""
    started: datetime | None = None
    ended: datetime | None = None
    priority: int = 0
    """A higher one goes first where campaigns want the same instrument."""
    autonomy: int = 3
    """How much happens without a person, from 0 to 4: `labd.lifecycles.gates`."""
    by_machine: bool = False
    """Whether a machine wrote the protocol."""
    doubts: tuple[str, ...] = ()
    """What was found at load that a person must look at before it runs."""
    excluded: frozenset[str] = frozenset()
    """The observations, by trial, that the planner does not learn from."""
    rejected: tuple[int, ...] = ()
    """The numbers of the trials that a person did not want: they use up no budget."""
    edits: tuple[EditMade, ...] = ()
    spent: Spent = field(default_factory=Spent)
    """What its orders have used."""
    effort: Effort = field(default_factory=Effort)
    """What planning it took."""
    share: Share = field(default_factory=Share)
    """The instrument time that it has had of late."""
    seen: Mapping[str, Range] = field(default_factory=dict)
    """Of each number in the results of each capability of each instrument: the range of what was taken."""

    @property
    def budget_left(self) -> int | None:
        """How many trials may still be opened; None without a limit."""
        limit = self.protocol.stopping.trials
        return None if limit is None else max(limit - self.trials + len(self.rejected), 0)

    @property
    def proposers(self) -> tuple[ProposerShare, ...]:
        """Who proposes, and how much."""
        return shares(self.protocol.problem.settings)

    @property
    def learnt(self) -> tuple[Observation, ...]:
        """What the planner learns from."""
        if not self.excluded:
            return self.observations
        return tuple(each for each in self.observations if each.trial not in self.excluded)

    @property
    def best(self) -> Observation | None:
        """The observation with the best mean of the first objective: of those that keep the limits and are as true as
        they must be, if there is one; one that is only said to be no better than its mean comes after all others."""
        problem = self.protocol.problem
        objective = problem.objectives[0]
        if not objective.has_best:
            return None
        measured = [o for o in self.learnt if objective.outcome in o.outcomes]

        def merit(seen: Observation) -> tuple[bool, bool, float]:
            outcome = seen.outcomes[objective.outcome]
            return problem.counts(seen), objective.is_assured(outcome), objective.merit(outcome.mean)

        return max(measured, key=merit, default=None)

    @property
    def target_reached(self) -> bool:
        """Whether every objective that can be good enough is so in one and the same trial, which keeps the limits."""
        problem = self.protocol.problem
        wanted = [o for o in problem.objectives if o.is_attainable]

        def is_met(seen: Observation) -> bool:
            return problem.counts(seen) and all(
                each.outcome in seen.outcomes and each.is_met(seen.outcomes[each.outcome]) for each in wanted
            )

        return bool(wanted) and any(map(is_met, self.learnt))

    @property
    def expects_little(self) -> bool:
        """Whether the planner has expected too little improvement often enough in a row."""
        stopping = self.protocol.stopping
        return stopping.improvement_below is not None and self.little >= stopping.improvement_for


def drafted(event: CampaignDrafted, version: int) -> Campaign:
    """The campaign as it is born."""
    return Campaign(
        *(event.campaign, event.name, event.protocol, event.seed, event.at, event.by, version),
        priority=event.priority,
        autonomy=event.autonomy,
        by_machine=event.by_machine,
        doubts=event.doubts,
    )


def move(campaign: Campaign, trigger: str, at: datetime, note: str) -> Campaign:
    """The campaign after a person, or a stopping rule, moved it."""
    status = TABLE.next(campaign.status, trigger)
    return replace(
        campaign,
        status=status,
        note=note,
        started=campaign.started or (at if trigger == "start" else None),
        ended=at if status in TABLE.terminal else None,
        request=None if status in TABLE.terminal else campaign.request,
        failures=0 if trigger == "resume" else campaign.failures,
        standings=rested(campaign.standings) if trigger == "resume" else campaign.standings,
    )
