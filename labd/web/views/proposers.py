"""Who proposes in a campaign: what each has proposed, and what came of it. Pure."""

from __future__ import annotations

from labd.domain.problem import Share
from labd.lifecycles import Laboratory
from labd.lifecycles.campaign import Campaign
from labd.lifecycles.trial import Trial, TrialStatus
from labd.lifecycles.turns import Standing
from labd.web.views.pieces import View, moment_text


def proposers_view(state: Laboratory, campaign: Campaign) -> list[View]:
    """A row for each share, and for each who proposed without one."""
    shares = {each.name: each for each in campaign.proposers}
    by: dict[str, list[Trial]] = {name: [] for name in shares}
    for trial in state.trials_of(campaign.id):
        by.setdefault(trial.suggestion.proposer, []).append(trial)
    return [_row(campaign, name, shares.get(name), trials) for name, trials in by.items()]


def _row(campaign: Campaign, name: str, share: Share | None, trials: list[Trial]) -> View:
    whole = sum(each.share for each in campaign.proposers)
    standing = campaign.standings.get(name, Standing())
    return {
        "name": name,
        "kind": share.kind if share else "person",
        "share": share.share / whole if share else 0.0,
        "suggested": len(trials),
        "observed": sum(each.status is TrialStatus.OBSERVED for each in trials),
        "failed": sum(each.status is TrialStatus.FAILED for each in trials),
        "best": _best(campaign, trials),
        "failures": standing.failures,
        "rests_until": moment_text(standing.rests_until),
        "said": standing.said if standing.failures else "",
    }


def _best(campaign: Campaign, trials: list[Trial]) -> float | None:
    """The best value of the first objective in these trials, as far as they are learnt from; None where there is none.
    Those that break a limit come after all others."""
    problem = campaign.protocol.problem
    objective = problem.objectives[0]
    mine = {each.id for each in trials}
    seen = [each for each in campaign.learnt if each.trial in mine and objective.outcome in each.outcomes]
    counting = [each for each in seen if problem.counts(each)] or seen
    if not counting or not objective.has_best:
        return None
    return max((each.outcomes[objective.outcome].mean for each in counting), key=objective.merit)
