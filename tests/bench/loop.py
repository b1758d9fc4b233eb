"""How long labd itself takes between two steps, and what a command costs over a raw round trip on the same broker.

`next_command_ms`: from a step's final report leaving the link into the daemon, to the next step's command being handed
to the link: reception, life cycles, scheduling and the journal's commit on disk. `round_trip_ratio_p50`: from a command
being handed to the link to its final report coming out of it, through a real driver process with its durable ledger,
divided by client-broker-client-broker-client with two bare connections of the same transport.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from pathlib import Path

from labd import __version__
from labd.adapters.broker import EmbeddedBroker
from labd.adapters.driver_processes import DriverProcesses
from labd.adapters.journal import SqlJournal
from labd.adapters.mqtt_link import MqttLink
from labd.adapters.random_ids import RandomIds
from labd.adapters.system_clock import SystemClock
from labd.daemon.running import analyse
from labd.domain import events as e
from labd.domain.capability import Capability, Slot
from labd.domain.problem import Continuous, Objective, Problem, Suggestion
from labd.domain.protocol import Analysis, OutcomeSpec, Protocol, Step, Stopping
from labd.domain.workcell import DriverProcess, Role, Workcell, WorkcellInstrument
from labd.mqtt import Arrived, MqttTransport, Up
from labd.orchestrator import Orchestrator
from labd.ports.instrument_link import Inbound, Message
from labd.wire.messages import Ack, Ask, Command, Control, Report

STEPS, TRIALS = 10, 50
WARM_UP = 50
ROUND_TRIPS = 500

NOOP = Capability(name="noop", arguments={"number": Slot(type="integer")}, results={"x": Slot()})
WORKCELL = Workcell(
    name="bench",
    roles={"worker": Role(capabilities=(NOOP,))},
    instruments={"worker_1": WorkcellInstrument(roles=("worker",), driver=DriverProcess(type="tests.bench.noop:Noop"))},
)
PROTOCOL = Protocol(
    name="chain",
    problem=Problem(parameters=(Continuous(name="x", low=0, high=1),), objectives=(Objective(outcome="y"),)),
    steps=tuple(
        Step(
            name=f"s{i}",
            role="worker",
            capability="noop",
            arguments={"number": i},
            after=(f"s{i - 1}",) if i else (),
        )
        for i in range(STEPS)
    ),
    analysis=(Analysis(function="value", inputs={"measurements": "s0.x"}, outcomes={"y": "value"}),),
    outcomes={"y": OutcomeSpec()},
    stopping=Stopping(trials=TRIALS),
)


class TimedLink:
    """A link that notes when what passes."""

    def __init__(self, link: MqttLink) -> None:
        self._link = link
        self.reported: dict[str, float] = {}
        self.commanded: dict[str, float] = {}

    async def inbound(self) -> AsyncGenerator[Inbound]:
        async for each in self._link.inbound():
            if isinstance(each, Message) and isinstance(each.body, Report) and each.body.outcome is not None:
                self.reported[each.body.command] = time.perf_counter()
            yield each

    async def send(self, instrument: str, body: Command | Ack | Ask | Control) -> None:
        if isinstance(body, Command):
            self.commanded[body.order.command] = time.perf_counter()
        await self._link.send(instrument, body)


class OnePoint:
    """A planner that costs nothing."""

    async def suggest(self, *_: object) -> list[Suggestion]:
        return [Suggestion(parameters={"x": 0.5}, method="fixed")]


async def measure() -> dict[str, object]:
    """The figures, as `python -m tests.bench loop` prints them."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        async with EmbeddedBroker(directory / "broker") as broker:
            raw_ms = await raw_round_trips(broker.url)
            link = TimedLink(MqttLink(broker.url, WORKCELL.name, client_id="bench-daemon"))
            async with (
                SqlJournal(f"sqlite+aiosqlite:///{directory / 'lab.sqlite'}") as journal,
                DriverProcesses(WORKCELL, broker.url, directory / "drivers", {}),
            ):
                await run_chain(journal, link)
            kind = broker.kind
    between = [
        1e3 * (at - link.reported[before]) for command, at in link.commanded.items() if (before := predecessor(command))
    ][WARM_UP:]
    round_trips = [1e3 * (link.reported[command] - at) for command, at in link.commanded.items()][WARM_UP:]
    return {
        "next_command_ms_p50": round(percentile(between, 50), 3),
        "next_command_ms_p99": round(percentile(between, 99), 3),
        "round_trip_ratio_p50": round(percentile(round_trips, 50) / percentile(raw_ms, 50), 2),
        "broker": kind,
        "round_trip_ms_p50": round(percentile(round_trips, 50), 3),
        "raw_round_trip_ms_p50": round(percentile(raw_ms, 50), 3),
        "steps": len(between),
    }


def predecessor(command: str) -> str | None:
    """The command of the step before, in the same run."""
    run, step, attempt = command.rsplit(".", 2)
    return f"{run}.s{int(step[1:]) - 1}.{attempt}" if step != "s0" else None


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


async def run_chain(journal: SqlJournal, link: TimedLink) -> None:
    ids = RandomIds()
    lab = Orchestrator(journal, link, OnePoint(), SystemClock(), analyse, release=__version__)
    await lab.open()
    ready = asyncio.Event()
    running = asyncio.create_task(lab.run(ready=ready))
    await ready.wait()
    await lab.submit(lambda _, at: e.WorkcellLoaded(at=at, workcell=WORKCELL))
    key = ids.ulid()
    await lab.submit(lambda _, at: e.CampaignDrafted(at=at, campaign=key, name="chain", protocol=PROTOCOL))
    await lab.submit(lambda _, at: e.CampaignStarted(at=at, campaign=key))
    revision = 0
    while (status := lab.state.campaign(key).status) != "finished":
        assert status != "paused", lab.state.campaign(key).note
        revision = await lab.changed(revision)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def raw_round_trips(url: str) -> list[float]:
    """There and back between two bare connections, in ms: the floor."""
    here = MqttTransport(url, client_id="bench-here", subscriptions=["bench/back"])
    there = MqttTransport(url, client_id="bench-there", subscriptions=["bench/out"])
    payload = b"x" * 400

    async def echo() -> None:
        async for each in there.events():
            if isinstance(each, Arrived):
                await there.publish("bench/back", each.payload)

    echoing = asyncio.create_task(echo())
    times: list[float] = []
    began = 0.0
    async for each in here.events():
        if isinstance(each, Arrived):
            times.append(1e3 * (time.perf_counter() - began))
        if isinstance(each, Up):
            await asyncio.sleep(0.5)  # until the other side has subscribed as well
        if len(times) >= ROUND_TRIPS:
            break
        began = time.perf_counter()
        await here.publish("bench/out", payload)
    echoing.cancel()
    await asyncio.gather(echoing, return_exceptions=True)
    return times[WARM_UP:]
