"""The life of a trial.

    pending ──observed──> observed
       ├──────failed────> failed        it used up its runs: the planner learns that the point failed
       └────abandoned───> abandoned     given up for a reason that says nothing about the point

A late result still counts: an abandoned trial whose last run ends well after all becomes observed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from labd.domain.blob import Blob
from labd.domain.identifiers import CampaignId, RunId, StepName, TrialId
from labd.domain.problem import Measurement, Suggestion
from labd.lifecycles.replacing import replace
from labd.lifecycles.table import Table


class TrialStatus(StrEnum):
    """Where a trial stands."""

    PENDING = "pending"
    """A run is open, or about to be."""
    OBSERVED = "observed"
    """It has its outcomes."""
    FAILED = "failed"
    """Its runs are used up."""
    ABANDONED = "abandoned"
    """Given up; says nothing about the point."""


TABLE = Table(
    "trial",
    {
        TrialStatus.PENDING: {
            "observe": TrialStatus.OBSERVED,
            "fail": TrialStatus.FAILED,
            "abandon": TrialStatus.ABANDONED,
        },
        TrialStatus.ABANDONED: {"observe": TrialStatus.OBSERVED},
        TrialStatus.FAILED: {},
        TrialStatus.OBSERVED: {},
    },
)

CLOSED = frozenset({TrialStatus.OBSERVED, TrialStatus.FAILED, TrialStatus.ABANDONED})
"""A trial in one of these no longer counts as pending for the planner."""


@dataclass(frozen=True, slots=True)
class Attached:
    """Data that a step of a trial gave."""

    step: StepName
    result: str
    """Where in the result the reference stands."""
    blob: Blob


@dataclass(frozen=True, slots=True)
class Trial:
    """One evaluation of a suggestion."""

    id: TrialId
    campaign: CampaignId
    number: int
    suggestion: Suggestion
    suggested: datetime
    version: int
    """The laboratory's version when this last changed: a page asks for what is newer than it knows."""
    status: TrialStatus = TrialStatus.PENDING
    in_runs: tuple[RunId, ...] = ()
    """The runs that it took part in; of a batch it shares them with other trials."""
    places: tuple[str, ...] = ()
    """Where its samples stand in the last of these, if it is a batch: their wells, or their numbers."""
    used: int = 0
    """How many of these came to nothing by its own fault: so many of the protocol's runs per trial are gone."""
    outcomes: dict[str, Measurement] | None = None
    achieved: dict[str, float] = field(default_factory=dict)
    """The parameters that were read back, as they truly were."""
    reason: str = ""
    ended: datetime | None = None
    flags: tuple[str, ...] = ()
    """Why nothing was learnt from it, although it has outcomes."""
    notes: tuple[str, ...] = ()
    """What else a person should know of it: what of its clean-up failed."""
    data: tuple[Attached, ...] = ()
    """Of all its runs, in the order in which they came."""

    @property
    def said(self) -> str:
        """All that a person should know of it, in one line."""
        flags = (f"{each.replace('_', ' ')}: nothing is learnt from it" for each in self.flags)
        return "; ".join([*flags, *filter(None, [self.reason]), *self.notes])

    @property
    def runs(self) -> int:
        """How many runs it took part in."""
        return len(self.in_runs)


def close(trial: Trial, trigger: str, at: datetime, reason: str, outcomes: dict[str, Measurement] | None) -> Trial:
    """The trial with its end."""
    status = TABLE.next(trial.status, trigger)
    return replace(trial, status=status, ended=at, reason=reason, outcomes=outcomes)
