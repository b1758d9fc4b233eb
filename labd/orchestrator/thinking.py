"""What takes its time and moves nothing: the planner's answer and an analysis, each as what is to be written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace

from labd.domain import events as e
from labd.domain.effects import AnalyseRun, RequestSuggestions
from labd.domain.identifiers import CampaignId
from labd.domain.problem import Measurement
from labd.lifecycles import Laboratory
from labd.lifecycles.plausibility import impossible
from labd.lifecycles.specimens import assembled
from labd.orchestrator.writing import Build, told
from labd.ports.planner import Planner

Analyse = Callable[[AnalyseRun], Awaitable[dict[str, Measurement]]]


class Questions:
    """The questions that the planner has. One that the laboratory no longer asks is withdrawn."""

    def __init__(
        self,
        planner: Planner,
        *,
        start: Callable[[Coroutine[None, None, None]], asyncio.Task[None]],
        put: Callable[[Coroutine[None, None, Build]], Coroutine[None, None, None]],
    ) -> None:
        self._planner, self._start, self._put = planner, start, put
        self._open: dict[tuple[CampaignId, int], asyncio.Task[None]] = {}

    def ask(self, asked: RequestSuggestions) -> None:
        """What comes of it is put into the inbox."""
        task = self._start(self._put(planned(self._planner, asked)))
        self._open[asked.campaign, asked.request] = task
        task.add_done_callback(lambda _: self._open.pop((asked.campaign, asked.request), None))

    def withdraw(self, lab: Laboratory) -> None:
        """Those to which no campaign waits for an answer."""
        for (campaign, number), task in self._open.items():
            request = lab.campaigns[campaign].request
            if request is None or request.number != number:
                task.cancel()


async def planned(planner: Planner, asked: RequestSuggestions) -> Build:
    """The planner's suggestions, or why it cannot."""
    began = asyncio.get_running_loop().time()
    try:
        question = (asked.problem, asked.observations, asked.pending, asked.count, asked.seed)
        answer = await planner.suggest(*question, campaign=asked.campaign)
    except Exception as error:  # noqa: BLE001 - the task's boundary: recorded, and a person is asked
        message = told(error, "planning_failed")
        return lambda _, at: e.PlanningFailed(at=at, campaign=asked.campaign, request=asked.request, message=message)
    wall_s = asyncio.get_running_loop().time() - began
    return lambda lab, at: e.SuggestionsMade(
        at=at,
        campaign=asked.campaign,
        request=asked.request,
        first=lab.campaign(asked.campaign).trials + 1,
        suggestions=tuple(answer.suggestions),
        wall_s=wall_s,
        took=answer.took,
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
