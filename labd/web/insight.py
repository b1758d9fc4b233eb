"""Why a trial was suggested, and what the model believes of a campaign."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from labd.domain.errors import NotFound, Unavailable
from labd.domain.identifiers import CampaignId, trial_id
from labd.domain.problem import Insight, Observation, Problem
from labd.lifecycles import Laboratory
from labd.lifecycles.campaign import Campaign
from labd.orchestrator import Orchestrator
from labd.ports.reviewer import Reviewer
from labd.web.figures import Draw
from labd.web.views import View, campaign_view
from labd.web.views.insight import explanation_view, insight_view

Known = tuple[Problem, tuple[Observation, ...]]


class Insights:
    """Asks once for all who look, and again when there is something new to learn from."""

    def __init__(self, reviewer: Reviewer) -> None:
        self._reviewer = reviewer
        self._told: dict[CampaignId, tuple[Known, Insight]] = {}
        self._locks: dict[CampaignId, asyncio.Lock] = {}

    async def of(self, state: Laboratory, campaign: Campaign) -> Insight:
        """What the model believes of the campaign as it is now. Raises `LabError` where it cannot be asked."""
        async with self._locks.setdefault(campaign.id, asyncio.Lock()):
            problem = campaign.protocol.problem.model_copy(update={"earlier": campaign.earlier})
            known = problem, tuple(campaign.learnt)
            kept = self._told.get(campaign.id)
            if kept is None or kept[0] != known:
                expected = {each.id: each.suggestion.predicted for each in state.trials_of(campaign.id)}
                kept = known, await self._reviewer.insight(*known, expected, campaign=campaign.id)
                self._told[campaign.id] = kept
        return kept[1]


def insight_router(orchestrator: Orchestrator, reviewer: Reviewer | None, draw: Mapping[str, Draw]) -> APIRouter:
    """What can be asked about it; `draw` makes figures of a campaign's view with its insight."""
    router = APIRouter(prefix="/api/v1")
    insights = None if reviewer is None else Insights(reviewer)

    @router.get("/campaigns/{key}/insight")
    async def read_insight(key: str) -> Response:
        """What the model believes of the campaign: what matters, slices, the optimum, whether it was right, and the
        model's card; with figures."""
        if insights is None:
            raise Unavailable("Here nobody tells what the model believes.", "Ask the daemon of a laboratory.")
        state = orchestrator.state
        campaign = state.campaign(key)
        view = insight_view(campaign, await insights.of(state, campaign))
        shown: View = {"campaign": campaign_view(state, campaign)["campaign"], "insight": view}
        return JSONResponse(view | {"figures": await asyncio.to_thread(_drawn, draw, shown)})

    @router.get("/campaigns/{key}/trials/{number}/explanation")
    async def read_explanation(key: str, number: int) -> Response:
        """Why that trial was suggested."""
        state = orchestrator.state
        campaign = state.campaign(key)
        trial = state.trials.get(trial_id(campaign.id, number))
        if trial is None:
            raise NotFound(f"{campaign.name} has no trial {number}.", f"It has {campaign.trials} so far.")
        return JSONResponse(explanation_view(trial))

    return router


def _drawn(draw: Mapping[str, Draw], shown: View) -> dict[str, View]:
    if not shown["insight"]["outcomes"]:
        return {}
    return {name: each(shown) for name, each in draw.items()}
