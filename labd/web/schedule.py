"""Who did what when, of late, and who does it now: the bars behind the screen of the schedule.

The state forgets what is over, and the journal remembers it: what was appended since somebody last asked is read then,
once for all who ask.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from labd.domain import events as e
from labd.domain.identifiers import RunId, StepName
from labd.domain.step_events import PersonAnswered, PersonAsked
from labd.domain.steps import PERSON
from labd.lifecycles import Laboratory
from labd.lifecycles.command import OUT, Command
from labd.lifecycles.run import StepStatus
from labd.orchestrator import Orchestrator
from labd.ports.journal import Journal
from labd.web.figures import Draw
from labd.web.views import View
from labd.web.views.pieces import whose

READ_AT_MOST = 10_000
"""So many events before the present are read when somebody asks for the first time."""
BARS_AT_MOST = 20_000
HOURS_AT_MOST = 72
NUMBER = re.compile(r"__\d+")
"""Which sample, or which turn: the steps that differ in nothing else have one colour."""


class Past:
    """The steps that are over, in the order of their ends."""

    def __init__(self, orchestrator: Orchestrator, journal: Journal) -> None:
        self._orchestrator, self._journal = orchestrator, journal
        self._bars: deque[View] = deque(maxlen=BARS_AT_MOST)
        self._out: dict[str, e.CommandIssued] = {}
        self._asked: dict[tuple[RunId, StepName], datetime] = {}
        self._place: int | None = None
        self._lock = asyncio.Lock()

    async def since(self, moment: datetime) -> list[View]:
        """The bars that end after a moment."""
        async with self._lock:
            version = self._orchestrator.state.version
            if self._place is None:
                self._place = max(version - READ_AT_MOST, 0)
            if version > self._place:
                async for sequence, event in self._journal.read(self._place):
                    self._place = sequence
                    self._take(event)
        return [bar for bar in self._bars if datetime.fromisoformat(bar["end"]) > moment]

    def _take(self, event: e.Event) -> None:
        match event:
            case e.CommandIssued():
                self._out[event.order.command] = event
            case e.CommandFinished() | e.CommandResolved():
                issued = self._out.pop(event.command, None)
                if issued is not None:
                    self._bars.extend(_bars(self._orchestrator.state, issued, event.at, "done"))
            case PersonAsked():
                self._asked[event.run, event.step] = event.at
            case PersonAnswered():
                began = self._asked.pop((event.run, event.step), None)
                if began is not None:
                    state = self._orchestrator.state
                    self._bars.append(_bar(state, PERSON, event.run, event.step, began, event.at, "done"))
            case _:
                pass


def _bars(state: Laboratory, issued: e.CommandIssued, end: datetime, status: str) -> Iterator[View]:
    order = issued.order
    for instrument in (order.instrument, *issued.holds):
        how = status if instrument == order.instrument else "held"
        yield _bar(state, instrument, order.run, order.step, issued.at, end, how)


def _bar(
    state: Laboratory, instrument: str, run: RunId, step: StepName, begin: datetime, end: datetime, status: str
) -> View:
    return {
        **whose(state, run),
        "instrument": instrument,
        "run": run,
        "step": NUMBER.sub("", step),
        "begin": begin.isoformat(),
        "end": end.isoformat(),
        "status": status,
    }


def _running(state: Laboratory, at: datetime) -> Iterator[View]:
    """What is out, until it is expected to be over, or until now where it should be already."""
    for command in state.commands.values():
        if command.status in OUT:
            issued = e.CommandIssued(at=command.issued, order=command.order)
            yield from _bars(state, issued, max(_expected(state, command), at), "running")
    for run in state.runs.values():
        for name, step in run.steps.items():
            if step.plan.prompt is not None and step.status is StepStatus.ACTIVE and step.began is not None:
                yield _bar(state, PERSON, run.id, name, step.began, at, "running")


def _reserved(state: Laboratory, at: datetime) -> Iterator[View]:
    """What is kept for steps to come: from now on, for as long as each usually takes."""
    for run in state.runs.values():
        for name, instrument in run.reserved.items():
            if run.steps[name].status is StepStatus.WAITING:
                end = at + timedelta(seconds=run.steps[name].plan.typical_s)
                yield _bar(state, instrument, run.id, name, at, end, "reserved")


def _expected(state: Laboratory, command: Command) -> datetime:
    order = command.order
    run = state.runs.get(order.run)
    typical_s = run.steps[order.step].plan.typical_s if run else 0.0
    return command.issued + timedelta(seconds=typical_s)


def schedule_router(orchestrator: Orchestrator, journal: Journal, draw: Draw) -> APIRouter:
    """What can be asked of the schedule; `draw` makes a figure of it."""
    router = APIRouter(prefix="/api/v1")
    past = Past(orchestrator, journal)

    @router.get("/schedule")
    async def read_schedule(hours: Annotated[float, Query(gt=0, le=HOURS_AT_MOST)] = 8.0) -> Response:
        """Who did what in the last hours, and who does what now, with a plotly figure of it."""
        at = datetime.now(UTC)
        since = at - timedelta(hours=hours)
        view = _view(orchestrator.state, await past.since(since), since, at)
        return JSONResponse(view | {"figure": await asyncio.to_thread(draw, view)})

    return router


def _view(state: Laboratory, done: list[View], since: datetime, at: datetime) -> View:
    running = list(_running(state, at))
    bars = [*done, *running, *_reserved(state, at)]
    names = [*state.instruments, *({PERSON} & {bar["instrument"] for bar in bars})]
    begin = min((datetime.fromisoformat(bar["begin"]) for bar in bars), default=since)
    begin = max(begin, since)
    end = max((datetime.fromisoformat(bar["end"]) for bar in bars), default=at)
    return {
        "from": begin.isoformat(),
        "to": max(end, at).isoformat(),
        "now": at.isoformat(),
        "instruments": names,
        "bars": bars,
        "rows": [_row(name, bars, running, begin, at) for name in names],
    }


def _row(name: str, bars: list[View], running: list[View], begin: datetime, at: datetime) -> View:
    """An instrument in the table: what it does now, and how busy it was."""
    doing = next((bar for bar in running if bar["instrument"] == name), None)
    kept = next((bar for bar in bars if bar["instrument"] == name and bar["status"] == "reserved"), None)
    busy_s = sum(
        max((min(_moment(bar["end"]), at) - max(_moment(bar["begin"]), begin)).total_seconds(), 0.0)
        for bar in bars
        if bar["instrument"] == name
    )
    whole_s = max((at - begin).total_seconds(), 1e-9)
    return {"instrument": name, "doing": doing, "reserved": kept, "busy": min(busy_s / whole_s, 1.0)}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
