"""What takes its time and moves nothing: a proposer's answer and an analysis, each as what is to be written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace

from labd.domain import events as e
from labd.domain.effects import AnalyseRun, RequestSuggestions
from labd.domain.errors import InvalidInput, Unavailable
from labd.domain.identifiers import CampaignId
from labd.domain.problem import Measurement
from labd.lifecycles import Laboratory
from labd.lifecycles.plausibility import impossible
from labd.lifecycles.specimens import assembled
from labd.orchestrator.writing import Build, told
from labd.ports.planner import Planned, Planner
from labd.ports.proposing_service import ProposingService
from labd.protocols.admission import admitted

Analyse = Callable[[AnalyseRun], Awaitable[dict[str, Measurement]]]


class Questions:
    """The questions that proposers have. One that the laboratory no longer asks is withdrawn."""

    def __init__(
        self,
        planner: Planner,
        service: ProposingService | None,
        *,
        start: Callable[[Coroutine[None, None, None]], asyncio.Task[None]],
        put: Callable[[Coroutine[None, None, Build]], Coroutine[None, None, None]],
    ) -> None:
        self._planner, self._service, self._start, self._put = planner, service, start, put
        self._open: dict[tuple[CampaignId, int], asyncio.Task[None]] = {}

    def ask(self, asked: RequestSuggestions) -> None:
        """What comes of it is put into the inbox."""
        task = self._start(self._put(planned(self._planner, self._service, asked)))
        self._open[asked.campaign, asked.request] = task
        task.add_done_callback(lambda _: self._open.pop((asked.campaign, asked.request), None))

    def withdraw(self, lab: Laboratory) -> None:
        """Those to which no campaign waits for an answer."""
        for (campaign, number), task in self._open.items():
            request = lab.campaigns[campaign].request
            if request is None or request.number != number:
                task.cancel()


async def planned(planner: Planner, service: ProposingService | None, asked: RequestSuggestions) -> Build:
    """The suggestions of whose turn it is, or why there are none."""
    began = asyncio.get_running_loop().time()
    by = asked.share.name
    try:
        answer = await _proposed(planner, service, asked)
    except Exception as error:  # noqa: BLE001 - the task's boundary: recorded, and another or a person is asked
        message = told(error, "planning_failed")
        return lambda _, at: e.PlanningFailed(
            at=at, campaign=asked.campaign, request=asked.request, message=message, proposer=by
        )
    made = tuple(each.model_copy(update={"proposer": by}) for each in answer.suggestions)
    wall_s = asyncio.get_running_loop().time() - began
    return lambda lab, at: e.SuggestionsMade(
        at=at,
        campaign=asked.campaign,
        request=asked.request,
        first=lab.campaign(asked.campaign).trials + 1,
        suggestions=made,
        wall_s=wall_s,
        took=answer.took,
    )


async def _proposed(planner: Planner, service: ProposingService | None, asked: RequestSuggestions) -> Planned:
    question = (asked.problem, asked.observations, asked.pending, asked.count, asked.seed)
    if asked.share.kind != "service":
        return await planner.suggest(*question, campaign=asked.campaign)
    if service is None:
        raise Unavailable("No service can be asked here.")
    proposed = await service.propose(asked.share.url, *question, within_s=asked.share.answers_within_s)
    if not 0 < len(proposed) <= asked.count:
        raise InvalidInput(f"It proposed {len(proposed)} trials, and was asked for {asked.count}.")
    return Planned(
        [each.model_copy(update={"parameters": admitted(asked.problem, each.parameters)}) for each in proposed]
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
