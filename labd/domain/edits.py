"""Events of a person's hand in a running campaign. Each says who and why, and what was before, so that it can be taken
back where physics allows."""

from __future__ import annotations

from typing import Literal

from labd.domain.happened import ByPerson
from labd.domain.identifiers import CampaignId, TrialId
from labd.domain.problem import Measurement, Problem, Scalar
from labd.domain.protocol import Stopping


class CampaignEdited(ByPerson):
    """What the campaign is after, or how far it may go, is another from now on."""

    kind: Literal["campaign_edited"] = "campaign_edited"
    campaign: CampaignId
    problem: Problem | None = None
    """Bounds, constraints, objectives, planner settings: the whole of it as it is from now on."""
    stopping: Stopping | None = None
    priority: int | None = None
    reverts: int | None = None
    """The edit, counted from 1, that this takes back."""


class TrialRejected(ByPerson):
    """A person does not want a suggestion tried: nothing of it has begun. It says nothing about the point."""

    kind: Literal["trial_rejected"] = "trial_rejected"
    trial: TrialId


class TrialEdited(ByPerson):
    """A person changed a suggestion of which nothing has begun."""

    kind: Literal["trial_edited"] = "trial_edited"
    trial: TrialId
    parameters: dict[str, Scalar]


class TrialsReordered(ByPerson):
    """A person said in which order the trials that wait are begun."""

    kind: Literal["trials_reordered"] = "trials_reordered"
    campaign: CampaignId
    order: tuple[TrialId, ...]
    """The first to begin first; what is not named comes behind, in the order in which it was."""


class ObservationExcluded(ByPerson):
    """The planner no longer learns from this trial; its outcomes stay where they are."""

    kind: Literal["observation_excluded"] = "observation_excluded"
    trial: TrialId
    """Or the id of what was told, `<campaign>.told1`."""


class ObservationIncluded(ByPerson):
    """The planner learns from it (again)."""

    kind: Literal["observation_included"] = "observation_included"
    trial: TrialId


class ObservationCorrected(ByPerson):
    """A person corrected the outcomes of a trial; what was reported stays in the journal."""

    kind: Literal["observation_corrected"] = "observation_corrected"
    trial: TrialId
    outcomes: dict[str, Measurement]


Edit = (
    CampaignEdited
    | TrialRejected
    | TrialEdited
    | TrialsReordered
    | ObservationExcluded
    | ObservationIncluded
    | ObservationCorrected
)
