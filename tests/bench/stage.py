"""What the benchmarks share: a workcell of no-op instruments, a protocol, a planner that costs nothing."""

import asyncio
import gc
import statistics
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from labd import __version__
from labd.adapters.journal import SqlJournal
from labd.adapters.mqtt_link import MqttLink
from labd.adapters.random_ids import RandomIds
from labd.adapters.system_clock import SystemClock
from labd.daemon.running import analyse
from labd.daemon.serving import SELDOM
from labd.domain import events as e
from labd.domain.capability import Capability, Slot
from labd.domain.problem import Continuous, Objective, PlannerSettings, Problem, Suggestion
from labd.domain.protocol import Analysis, OutcomeSpec, Protocol, Stopping
from labd.domain.steps import Step
from labd.domain.workcell import DriverProcess, Role, Workcell, WorkcellInstrument
from labd.orchestrator import Orchestrator
from labd.ports.instrument_link import Inbound, InstrumentLink, Message, Passing
from labd.ports.planner import Planned
from labd.simulation.store import SimulatedStore
from labd.wire.decoding import ToAll, ToDriver
from labd.wire.messages import Ack, Command, Report

NOOP = Capability(name="noop", arguments={"number": Slot(type="integer")}, results={"x": Slot()})
PROCESS = DriverProcess(type="tests.bench.noop:Noop")


def workcell(instruments: int, driver: DriverProcess | None = PROCESS) -> Workcell:
    """So many instruments that do nothing: processes of their own, or, without a driver, somebody else's."""
    return Workcell(
        name="bench",
        roles={"worker": Role(capabilities=(NOOP,))},
        instruments={
            f"worker_{i}": WorkcellInstrument(roles=("worker",), driver=driver) for i in range(1, instruments + 1)
        },
    )


def protocol(*, steps: int, trials: int | None, parallel: int = 1) -> Protocol:
    """A chain of so many steps, `parallel` trials at a time."""
    return Protocol(
        name="chain",
        problem=Problem(
            parameters=(Continuous(name="x", low=0, high=1),),
            objectives=(Objective(outcome="y"),),
            settings=PlannerSettings(parallel=parallel),
        ),
        steps=tuple(
            Step(
                name=f"s{i}",
                role="worker",
                capability="noop",
                arguments={"number": i},
                after=(f"s{i - 1}",) if i else (),
            )
            for i in range(steps)
        ),
        analysis=(Analysis(function="value", inputs={"measurements": "s0.x"}, outcomes={"y": "value"}),),
        outcomes={"y": OutcomeSpec()},
        stopping=Stopping(trials=trials),
    )


class TimedLink:
    """A link that notes when what passes."""

    def __init__(self, link: MqttLink) -> None:
        self._link = link
        self.reported: dict[str, float] = {}
        self.commanded: dict[str, float] = {}
        self.acknowledged: dict[str, float] = {}

    async def inbound(self) -> AsyncGenerator[Inbound | Passing]:
        async for each in self._link.inbound():
            if isinstance(each, Message) and isinstance(each.body, Report) and each.body.outcome is not None:
                self.reported[each.body.command] = time.perf_counter()
            yield each

    async def send(self, instrument: str, body: ToDriver) -> None:
        if isinstance(body, Command):
            self.commanded[body.order.command] = time.perf_counter()
        if isinstance(body, Ack):
            self.acknowledged[body.command] = time.perf_counter()
        await self._link.send(instrument, body)

    async def tell_all(self, body: ToAll) -> None:
        await self._link.tell_all(body)


class CountingLink:
    """A link that counts the results that are on disk: their acknowledgements leave after the commit."""

    def __init__(self, link: MqttLink) -> None:
        self._link = link
        self.sent: Counter[type[ToDriver]] = Counter()

    def inbound(self) -> AsyncGenerator[Inbound | Passing]:
        return self._link.inbound()

    async def send(self, instrument: str, body: ToDriver) -> None:
        self.sent[type(body)] += 1
        await self._link.send(instrument, body)

    async def tell_all(self, body: ToAll) -> None:
        await self._link.tell_all(body)


class OnePoint:
    """A planner that costs nothing."""

    async def suggest(
        self, problem: object, observations: object, pending: object, count: int, seed: int, campaign: str = ""
    ) -> Planned:
        return Planned([Suggestion(parameters={"x": 0.5}, method="fixed")] * count)


@asynccontextmanager
async def laboratory(journal: SqlJournal, link: InstrumentLink, room: Workcell) -> AsyncIterator[Orchestrator]:
    """The real orchestrator on these, with that room, for as long as the block lasts."""
    gc.set_threshold(*SELDOM)  # as `labd serve` does
    store = SimulatedStore()
    lab = Orchestrator(journal, link, OnePoint(), SystemClock(), partial(analyse, store), store, release=__version__)
    await lab.open()
    ready = asyncio.Event()
    running = asyncio.create_task(lab.run(workcell=room, ready=ready))
    try:
        await ready.wait()
        yield lab
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def all_idle(lab: Orchestrator, instruments: int) -> None:
    """Until so many instruments have said that they are there."""
    revision = 0
    while sum(each.status == "idle" for each in lab.state.instruments.values()) < instruments:
        revision = await lab.changed(revision)


async def start(lab: Orchestrator, written: Protocol) -> str:
    """Draft and start a campaign; its id."""
    key = RandomIds().ulid()
    await lab.submit(lambda _, at: e.CampaignDrafted(at=at, campaign=key, name=written.name, protocol=written))
    await lab.submit(lambda _, at: e.CampaignStarted(at=at, campaign=key))
    return key


async def finished(lab: Orchestrator, key: str) -> None:
    """Until the campaign has come to its end."""
    revision = 0
    while (status := lab.state.campaign(key).status) != "finished":
        assert status != "paused", lab.state.campaign(key).note
        revision = await lab.changed(revision)


def percentile(values: list[float], percent: int) -> float:
    """Of at least two values."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
