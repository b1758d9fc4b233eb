"""A laboratory with its page on a loopback port: a true orchestrator, over ports that the test holds in its hand."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from labd.adapters.random_ids import RandomIds
from labd.adapters.system_clock import SystemClock
from labd.domain import events as e
from labd.domain.command import Order, Outcome
from labd.domain.effects import AnalyseRun
from labd.domain.problem import Measurement, Observation, Parameters, Problem, Suggestion
from labd.domain.protocol import Protocol
from labd.orchestrator import Orchestrator
from labd.ports.instrument_link import Connected, Inbound, Message
from labd.ports.journal import Recorded
from labd.web import create_app, serve
from labd.web.figures import Draw
from labd.wire.messages import Ack, Answer, Ask, Birth, Command, Control, Report, State, content_hash
from tests.scenery import WORKCELL, descriptor, protocol


class ListJournal:
    """A journal in memory."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []

    async def append(self, events: Sequence[e.Event]) -> Sequence[Recorded]:
        new = [Recorded(place, event) for place, event in enumerate(events, len(self.events) + 1)]
        self.events += new
        return new

    async def read(self, after: int = 0) -> AsyncIterator[Recorded]:
        for each in self.events[after:]:
            yield each

    async def latest_snapshot(self) -> tuple[int, str] | None:
        return None

    async def save_snapshot(self, sequence: int, state: str) -> None:
        raise AssertionError("so long a laboratory is no matter for this test")

    async def outcome_hash(self, command: str) -> str | None:
        return None


class Instruments:
    """The link, and at its other end the instruments: they do nothing unless the test says so."""

    def __init__(self) -> None:
        self._arriving: asyncio.Queue[Inbound] = asyncio.Queue()
        self._arriving.put_nowait(Connected())
        self.orders: asyncio.Queue[Order] = asyncio.Queue()
        """What was ordered and not yet looked at."""

    async def inbound(self) -> AsyncIterator[Inbound]:
        while True:
            yield await self._arriving.get()

    async def send(self, instrument: str, body: Command | Ack | Ask | Control) -> None:
        if isinstance(body, Command):
            self.orders.put_nowait(body.order)

    def say(self, instrument: str, body: Birth | State | Report | Answer) -> None:
        self._arriving.put_nowait(Message(instrument, body))

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


class Thirds:
    """A planner that proposes one third, and nothing else."""

    async def suggest(
        self,
        problem: Problem,
        observations: Sequence[Observation],
        pending: Sequence[Parameters],
        count: int,
        seed: int,
    ) -> Sequence[Suggestion]:
        return [Suggestion(parameters={"share": 1 / 3}, method="thirds", reason="It is a third.")] * count


class Served:
    """What a test holds."""

    def __init__(self) -> None:
        self.journal = ListJournal()
        self.instruments = Instruments()
        self.lab = Orchestrator(self.journal, self.instruments, Thirds(), SystemClock(), _analyse, release="0.0.test")
        self.url = ""
        self.serving: asyncio.Task[None]

    async def draft(self, name: str, of: Protocol | None = None, *, start: bool = False) -> str:
        """The id of a new campaign."""
        key = RandomIds().ulid()
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
    "pareto": lambda view: None,
}


@asynccontextmanager
async def served(*, workcell: bool = True) -> AsyncIterator[Served]:
    """A laboratory that runs, and its page on any free port."""
    it = Served()
    await it.lab.open()
    ready, bound = asyncio.Event(), asyncio.get_running_loop().create_future()
    app = create_app(it.lab, it.journal, RandomIds(), figures=FIGURES, release="0.0.test")
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
