"""A laboratory with its page on a loopback port: a true orchestrator, over ports that the test holds in its hand."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from labd.adapters.http_proposer import HttpProposer
from labd.adapters.system_clock import SystemClock
from labd.domain import events as e
from labd.domain.command import Order, Outcome
from labd.domain.effects import AnalyseRun
from labd.domain.problem import (
    Explanation,
    Insight,
    Measurement,
    Neighbour,
    Observation,
    Parameters,
    Prediction,
    Problem,
    Suggestion,
)
from labd.domain.protocol import Protocol
from labd.orchestrator import Orchestrator
from labd.ports.foresight import Foresight
from labd.ports.instrument_link import Message
from labd.ports.planner import Planned
from labd.reports.gantt import gantt
from labd.reports.insight_figures import INSIGHT_FIGURES
from labd.simulation.ids import CountedIds
from labd.simulation.journal import SimulatedJournal
from labd.simulation.link import SimulatedLink
from labd.simulation.store import SimulatedStore
from labd.web import create_app, serve
from labd.web.figures import Draw
from labd.wire.messages import Answer, Birth, Command, Report, State, content_hash
from tests.scenery import WORKCELL, descriptor, protocol

PROTOCOL = """
protocol: mixing
parameters:
  share: {type: continuous, low: 0, high: 1}
steps:
  mix: {role: mixer, capability: mix, arguments: {sample: "${run.id}", share: "${share}"}}
  read: {role: meter, capability: read, arguments: {sample: "${run.id}"}, after: [mix]}
outcomes:
  signal: {}
analysis:
  - function: value
    inputs: {measurements: read.signal}
    outcomes: {signal: value}
objectives:
  - maximise: signal
"""
"""`tests.scenery.protocol`, as an operator writes it."""


class Instruments(SimulatedLink):
    """The link, and at its other end the instruments: they do nothing unless the test says so."""

    async def next_order(self) -> Order:
        """What is ordered next."""
        while True:
            sent = await self.sent.get()
            if isinstance(sent.body, Command):
                return sent.body.order

    def say(self, instrument: str, body: Birth | State | Report | Answer) -> None:
        self.arrive(Message(instrument, body))

    def wake(self) -> None:
        """All instruments are here, and idle."""
        for name in WORKCELL.instruments:
            self.say(name, Birth(descriptor=descriptor(name)))
            self.say(name, State(session="S1", sequence=1, status="idle"))

    def progress(self, order: Order, share: float, note: str) -> None:
        """The instrument has accepted the order, and is so far."""
        self.say(order.instrument, self._report(order, accepted=True, progress=share, note=note))

    def finish(self, order: Order, outcome: Outcome) -> None:
        """The instrument says what became of the order."""
        digest = content_hash(order.command, outcome)
        self.say(order.instrument, self._report(order, outcome=outcome, content_hash=digest))

    def _report(self, order: Order, **content: object) -> Report:
        fixed = {"command": order.command, "session": "S1", "sequence": 2, "device_time": datetime.now(UTC)}
        return Report.model_validate(fixed | content)


WHY = Explanation(
    attributions={"share": 2.0},
    difference=2.0,
    effects={"signal": {"share": -0.25}},
    compared_with={"share": 0.5},
    nearest=(Neighbour(trial="C.told1", distance=0.3),),
    active=("share is at its lower bound, 0.3333",),
    caveats=("Learnt from 1 measurement of 1 parameter.",),
)


class Thirds:
    """A planner that proposes one third, and nothing else."""

    async def suggest(
        self,
        problem: Problem,
        observations: Sequence[Observation],
        pending: Sequence[Parameters],
        count: int,
        seed: int,
        campaign: str = "",
    ) -> Planned:
        made = Suggestion(parameters={"share": 1 / 3}, method="thirds", reason="It is a third.", explanation=WHY)
        return Planned([made] * count)


class Believes:
    """What the model believes, asked of it in a thread."""

    def __init__(self) -> None:
        self.asked = 0

    async def insight(
        self,
        problem: Problem,
        observations: Sequence[Observation],
        predictions: Mapping[str, Mapping[str, Prediction]],
        campaign: str = "",
    ) -> Insight:
        from labd.planning import insight

        self.asked += 1
        return await asyncio.to_thread(insight, problem, observations, predictions)


def nowhere(sha256: str) -> Path:
    """No large result is here."""
    return Path("nowhere") / sha256


class Served:
    """What a test holds."""

    def __init__(self, foresight: Foresight | None = None) -> None:
        self.journal = SimulatedJournal()
        self.store = SimulatedStore()
        self.ids = CountedIds()
        self.believes = Believes()
        self.instruments = Instruments()
        self.lab = Orchestrator(
            *(self.journal, self.instruments, Thirds(), SystemClock(), _analyse, self.store),
            release="0.0.test",
            foresight=foresight,
            service=HttpProposer(),
        )
        self.url = ""
        self.directory = Path()
        self.serving: asyncio.Task[None]

    async def events(self) -> list[e.Event]:
        """What the journal holds."""
        return [each.event async for each in self.journal.read()]

    async def draft(self, name: str, of: Protocol | None = None, *, start: bool = False) -> str:
        """The id of a new campaign."""
        key = self.ids.ulid()
        await self.lab.submit(
            lambda _, at: e.CampaignDrafted(at=at, campaign=key, name=name, protocol=of or protocol())
        )
        if start:
            await self.lab.submit(lambda _, at: e.CampaignStarted(at=at, campaign=key))
        return key


async def _analyse(asked: AnalyseRun) -> dict[str, Measurement]:
    signal = asked.results["read"]["signal"]
    assert isinstance(signal, float)
    return {"signal": Measurement(mean=signal)}


FIGURES: Mapping[str, Draw] = {
    "trace": lambda view: {"data": [{"y": [each["number"] for each in view["trials"]]}], "layout": {}},
    "pareto": lambda view: {"data": list(view["campaign"]["outcomes"]), "layout": {}},
}


@asynccontextmanager
async def served(*, workcell: bool = True, foresight: Foresight | None = None) -> AsyncIterator[Served]:
    """A laboratory that runs, and its page on any free port."""
    it = Served(foresight)
    await it.lab.open()
    ready, bound = asyncio.Event(), asyncio.get_running_loop().create_future()
    app = create_app(
        *(it.lab, it.journal, it.ids),
        figures=FIGURES,
        draw_schedule=gantt,
        release="0.0.test",
        find_data=nowhere,
        reviewer=it.believes,
        draw_insight=INSIGHT_FIGURES,
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(it.lab.run(ready=ready))
        it.serving = group.create_task(serve(app, "127.0.0.1", 0, bound))
        await ready.wait()
        if workcell:
            await it.lab.submit(lambda _, at: e.WorkcellLoaded(at=at, workcell=WORKCELL))
        it.url = f"http://127.0.0.1:{await bound}"
        try:
            yield it
        finally:
            it.serving.cancel()
            running.cancel()
