"""What stands where in the runs of a batch: the wells of a plate, whose each is, and how it is. Pure."""

from __future__ import annotations

from labd.domain.samples import Sample
from labd.lifecycles import Laboratory
from labd.lifecycles.campaign import Campaign
from labd.lifecycles.run import OPEN, Run, StepStatus
from labd.lifecycles.samples import place_of
from labd.lifecycles.step import UNDER_WAY
from labd.lifecycles.trial import Trial, TrialStatus
from labd.web.views.pieces import View


def plates(state: Laboratory, campaign: Campaign) -> list[View]:
    """The open runs of a campaign with batches, well by well; where none is open the last, as its trials know it."""
    if campaign.protocol.batch is None:
        return []
    runs = [run for run in state.runs.values() if run.status in OPEN and state.campaign_of(run).id == campaign.id]
    if runs:
        return [_open_plate(state, run) for run in runs]
    placed = [trial for trial in state.trials_of(campaign.id) if trial.places]
    if not placed:
        return []
    last = max(placed, key=_started).in_runs[-1]
    mine = [trial for trial in placed if trial.in_runs[-1] == last]
    return [{"run": last, "open": False, "wells": [each for trial in mine for each in _closed_wells(campaign, trial)]}]


def _started(trial: Trial) -> tuple[int, ...]:
    """The later its last run, the greater: by the trial that leads it, and by how many it led."""
    return tuple(int(part) for part in trial.in_runs[-1].split(".")[1:])


def _open_plate(state: Laboratory, run: Run) -> View:
    return {"run": run.id, "open": True, "wells": [_well(state, run, each) for each in run.samples]}


def _well(state: Laboratory, run: Run, sample: Sample) -> View:
    trial = state.trials[sample.trial] if sample.trial else None
    return {
        "well": place_of(sample),
        "sample": sample.number,
        "trial": trial.number if trial else None,
        "control": sample.control,
        "replicate": sample.replicate,
        "status": _status(run, sample),
        "note": run.dropped.get(sample.number, ""),
        "outcome": None,
    }


def _status(run: Run, sample: Sample) -> str:
    """How the sample is, in one of the words that its steps have."""
    if sample.number in run.dropped:
        return StepStatus.FAILED
    mine = [step for step in run.steps.values() if step.plan.sample == sample.number]
    if any(step.status in UNDER_WAY for step in mine):
        return StepStatus.ACTIVE
    settled = all(run.is_settled(step.plan.name) for step in mine)
    return StepStatus.DONE if settled and mine else StepStatus.WAITING


def _closed_wells(campaign: Campaign, trial: Trial) -> list[View]:
    outcome = campaign.protocol.problem.objectives[0].outcome
    measured = (trial.outcomes or {}).get(outcome)
    return [
        {
            "well": place,
            "sample": None,
            "trial": trial.number,
            "control": "",
            "replicate": replicate,
            "status": StepStatus.WAITING if trial.status is TrialStatus.PENDING else trial.status,
            "note": trial.reason,
            "outcome": measured.mean if measured else None,
        }
        for replicate, place in enumerate(trial.places, 1)
    ]
