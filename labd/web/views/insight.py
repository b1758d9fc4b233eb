"""Why a trial was suggested, and what the model believes of a campaign. Pure."""

from __future__ import annotations

from labd.domain.problem import Insight
from labd.lifecycles.campaign import Campaign
from labd.lifecycles.trial import Trial
from labd.web.views.pieces import View


def explanation_view(trial: Trial) -> View:
    """Why it was suggested; `explanation` is null where no model spoke."""
    made = trial.suggestion
    why = made.explanation
    said = None
    if why is not None:
        said = why.model_dump(mode="json")
        said["nearest"] = [{"called": called(each.trial), **each.model_dump()} for each in why.nearest]
    return {
        "number": trial.number,
        "method": made.method,
        "proposer": made.proposer,
        "reason": made.reason,
        "parameters": made.parameters,
        "predicted": {name: each.model_dump() for name, each in made.predicted.items()},
        "acquisition": made.acquisition,
        "exploration": made.exploration,
        "improvement": made.improvement,
        "importance": made.importance,
        "explanation": said,
    }


def insight_view(campaign: Campaign, insight: Insight) -> View:
    """What the model believes, with trials called as the page calls them."""
    view: View = insight.model_dump(mode="json")
    units = {name: spec.unit for name, spec in campaign.protocol.outcomes.items()}
    for outcome in view["outcomes"]:
        outcome["unit"] = units.get(outcome["outcome"], "")
        for each in outcome["leverage"]:
            each["called"] = called(each["trial"])
        for each in (outcome["calibration"] or {"scores": ()})["scores"]:
            each["called"] = called(each["trial"])
    view["card"]["doubted"] = [called(each) for each in insight.card.doubted]
    if view["best"] is not None:
        view["best"]["called"] = called(view["best"]["trial"])
    return view


def called(trial: str) -> str:
    """A trial as a person calls it.

    >>> called("01JD3Z.7"), called("01JD3Z.told2")
    ('trial 7', 'told by hand 2')
    """
    number = trial.rpartition(".")[2]
    return f"told by hand {number.removeprefix('told')}" if number.startswith("told") else f"trial {number}"
