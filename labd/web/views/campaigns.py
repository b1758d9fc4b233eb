"""A campaign: in a few words, with its trials, and as a table. Pure."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping

from labd.domain.problem import Observation
from labd.lifecycles import Laboratory
from labd.lifecycles.campaign import Campaign
from labd.lifecycles.run import OPEN
from labd.lifecycles.trial import TrialStatus
from labd.web.views.pieces import View, moment_text
from labd.web.views.plates import plates
from labd.web.views.proposers import proposers_view
from labd.web.views.trials import outcomes, trial_view


def summary(state: Laboratory, campaign: Campaign) -> View:
    """A campaign in a few words."""
    counts = Counter((campaign.id, trial.status) for trial in state.trials_of(campaign.id))
    return counted_summary(campaign, counts)


def counted_summary(campaign: Campaign, counts: Mapping[tuple[str, TrialStatus], int]) -> View:
    """A campaign in a few words, from trials that are counted already."""
    protocol = campaign.protocol
    objective = protocol.problem.objectives[0]
    return {
        "id": campaign.id,
        "name": campaign.name,
        "title": protocol.title or protocol.name,
        "status": campaign.status,
        "note": campaign.note,
        "priority": campaign.priority,
        "trials": campaign.trials,
        "budget": protocol.stopping.trials,
        "observed": counts.get((campaign.id, TrialStatus.OBSERVED), 0),
        "failed": counts.get((campaign.id, TrialStatus.FAILED), 0),
        "open": counts.get((campaign.id, TrialStatus.PENDING), 0),
        "planning": campaign.request is not None,
        "failing": [
            {"name": share.name, "said": each.said, "rests_until": moment_text(each.rests_until)}
            for share in campaign.proposers
            if (each := campaign.standings.get(share.name)) and each.failures and campaign.ended is None
        ],
        "effort": campaign.effort.model_dump(),
        "edits": len(campaign.edits),
        "objective": {
            "outcome": objective.outcome,
            "goal": objective.goal,
            "unit": protocol.outcomes[objective.outcome].unit,
            "target": objective.target,
        },
        "best": _best(campaign),
        "created": campaign.created.isoformat(),
        "started": moment_text(campaign.started),
        "ended": moment_text(campaign.ended),
        "version": campaign.version,
    }


def _best(campaign: Campaign) -> View | None:
    best = campaign.best
    if best is None:
        return None
    return {
        "trial": None if _is_told(best) else int(best.trial.rpartition(".")[2]),
        "value": best.outcomes[campaign.protocol.problem.objectives[0].outcome].mean,
        "parameters": best.parameters,
    }


def _is_told(observation: Observation) -> bool:
    return observation.trial.rpartition(".")[2].startswith("told")


def campaign_view(state: Laboratory, campaign: Campaign, after: int = 0) -> View:
    """One campaign with its trials; with `after`, only those that changed since that version."""
    open_runs = {trial: run for run in state.runs.values() if run.status in OPEN for trial in run.trials}
    trials = [trial for trial in state.trials_of(campaign.id) if trial.version > after]
    return {
        "campaign": summary(state, campaign) | _details(campaign),
        "trials": [trial_view(state, each, open_runs.get(each.id)) for each in trials],
        "plates": plates(state, campaign),
        "proposers": proposers_view(state, campaign),
        "told": [
            {"parameters": each.parameters, "outcomes": outcomes(each.outcomes)}
            for each in campaign.observations
            if _is_told(each)
        ],
    }


def _details(campaign: Campaign) -> View:
    protocol = campaign.protocol
    return {
        "description": protocol.description,
        "parameters": [{"unit": each.unit, **each.model_dump(mode="json")} for each in protocol.problem.parameters],
        "outcomes": {name: spec.model_dump(mode="json") for name, spec in protocol.outcomes.items()},
        "objectives": [each.model_dump(mode="json") for each in protocol.problem.objectives],
        "stopping": protocol.stopping.model_dump(mode="json"),
        "parallel": protocol.problem.settings.parallel,
        "batch": protocol.batch.model_dump(mode="json") if protocol.batch else None,
        "learns_from": [{"campaign": each.name, "observations": len(each.observations)} for each in campaign.earlier],
        "limits": [each.model_dump(mode="json") for each in protocol.problem.limits],
        "context": protocol.problem.context,
        "seed": campaign.seed,
        "autonomy": campaign.autonomy,
        "spent": {"cost": campaign.spent.cost, "materials": campaign.spent.materials},
        "protocol_hash": protocol.content_hash,
    }


def trials_csv(state: Laboratory, campaign: Campaign) -> str:
    """The trials as a table: a row each; a column for each parameter, outcome and standard error, with its unit, and
    whether the outcome is a limit that the truth lies below or above; where parameters were read back, those too; of a
    batch, the last run and the wells in it."""
    protocol = campaign.protocol
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    parameters = protocol.problem.parameters
    head = [f"{each.name} ({each.unit})" if each.unit else each.name for each in parameters]
    for name, spec in protocol.outcomes.items():
        unit = f" ({spec.unit})" if spec.unit else ""
        head += [f"{name}{unit}", f"{name} standard error{unit}", f"{name} censored"]
    back = sorted({name for trial in state.trials_of(campaign.id) for name in trial.achieved})
    units = {each.name: f" ({each.unit})" if each.unit else "" for each in parameters}
    head += [f"{name} read back{units[name]}" for name in back]
    shared = ["run", "well"] if protocol.batch else []
    rows.writerow(["trial", "status", *head, "method", "proposer", "suggested", "ended", "note", *shared])
    for trial in state.trials_of(campaign.id):
        values: list[object] = [trial.suggestion.parameters.get(each.name, "") for each in parameters]
        for name in protocol.outcomes:
            measured = (trial.outcomes or {}).get(name)
            told = measured and (measured.mean, measured.standard_error, measured.censored)
            values += [_blank(each) for each in told or (None, None, None)]
        values += [_blank(trial.achieved.get(name)) for name in back]
        rest = (
            trial.suggestion.method,
            trial.suggestion.proposer,
            trial.suggested.isoformat(),
            _blank(moment_text(trial.ended)),
            trial.said,
        )
        stood = [trial.in_runs[-1] if trial.in_runs else "", " ".join(trial.places)] if shared else []
        rows.writerow([trial.number, trial.status, *values, *rest, *stood])
    return text.getvalue()


def _blank(value: object) -> object:
    return "" if value is None else value
