"""What takes its time and moves nothing: the planner's answer and an analysis, each as what is to be written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from labd.domain import events as e
from labd.domain.effects import AnalyseRun, RequestSuggestions
from labd.domain.problem import Measurement
from labd.lifecycles.plausibility import impossible
from labd.orchestrator.writing import Build, told
from labd.ports.planner import Planner

Analyse = Callable[[AnalyseRun], Awaitable[dict[str, Measurement]]]


async def planned(planner: Planner, asked: RequestSuggestions) -> Build:
    """The planner's suggestions, or why it cannot."""
    began = asyncio.get_running_loop().time()
    try:
        made = tuple(await planner.suggest(asked.problem, asked.observations, asked.pending, asked.count, asked.seed))
    except Exception as error:  # noqa: BLE001 - the task's boundary: recorded, and a person is asked
        message = told(error, "planning_failed")
        return lambda _, at: e.PlanningFailed(at=at, campaign=asked.campaign, request=asked.request, message=message)
    wall_s = asyncio.get_running_loop().time() - began
    return lambda lab, at: e.SuggestionsMade(
        at=at,
        campaign=asked.campaign,
        request=asked.request,
        first=lab.campaign(asked.campaign).trials + 1,
        suggestions=made,
        wall_s=wall_s,
    )


async def analysed(analyse: Analyse, asked: AnalyseRun) -> Build:
    """The outcomes of a run, or why there are none."""
    try:
        outcomes = await analyse(asked)
    except Exception as error:  # noqa: BLE001 - the task's boundary: recorded, and the run has failed
        reason = told(error, "analysis_failed")
        return lambda _, at: e.RunFailed(at=at, run=asked.run, reason=reason)
    doubt = impossible(outcomes, asked.outcomes)
    return lambda _, at: e.RunAnalysed(at=at, run=asked.run, outcomes=outcomes, doubt=doubt)
