"""What takes its time and moves nothing: the planner's answer and an analysis, each as what is to be written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from labd.domain import events as e
from labd.domain.effects import AnalyseRun, RequestSuggestions
from labd.domain.problem import Measurement
from labd.lifecycles.plausibility import impossible
from labd.lifecycles.specimens import assembled
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
    """The outcomes of a run, or why there are none; of a batch, of each sample."""
    if asked.samples:
        alone = [replace(asked, parameters=each.parameters, results=each.results, samples=()) for each in asked.samples]
        found = [await _outcomes(analyse, one) for one, each in zip(alone, asked.samples, strict=True) if each.complete]
        return lambda _, at: assembled(asked, found, at)
    outcomes = await _outcomes(analyse, asked)
    if isinstance(outcomes, str):
        return lambda _, at: e.RunFailed(at=at, run=asked.run, reason=outcomes)
    doubt = impossible(outcomes, asked.outcomes)
    return lambda _, at: e.RunAnalysed(at=at, run=asked.run, outcomes=outcomes, doubt=doubt)


async def _outcomes(analyse: Analyse, asked: AnalyseRun) -> dict[str, Measurement] | str:
    """The outcomes of one sample, or why there are none."""
    try:
        return await analyse(asked)
    except Exception as error:  # noqa: BLE001 - the task's boundary: recorded, and the run has failed
        return told(error, "analysis_failed")
