"""One laboratory, running: adapters, orchestrator and page put together, and taken apart again at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from labd import __version__, analysis
from labd.adapters.broker import DAEMON_USER
from labd.adapters.driver_processes import DriverProcesses
from labd.adapters.http_proposer import HttpProposer
from labd.adapters.journal import SqlJournal
from labd.adapters.look_ahead_process import LookAheadProcess
from labd.adapters.mqtt_link import MqttLink
from labd.adapters.planner_cluster import ClusterPlanner
from labd.adapters.planner_questions.reviewing import Questioner
from labd.adapters.planner_worker import PlannerWorker
from labd.adapters.random_ids import RandomIds
from labd.adapters.screener import FunctionScreener
from labd.adapters.store import FileStore
from labd.adapters.system_clock import SystemClock
from labd.daemon.brokers import broker
from labd.domain.blob import MAXIMUM_BLOB_BYTES
from labd.domain.effects import AnalyseRun
from labd.domain.problem import Measurement
from labd.domain.workcell import Workcell
from labd.mqtt import with_credentials
from labd.orchestrator import EVERY_S, Orchestrator
from labd.ports.clock import Clock
from labd.ports.ids import Ids
from labd.ports.store import Store
from labd.reports.figures import FIGURES
from labd.reports.gantt import gantt
from labd.reports.insight_figures import INSIGHT_FIGURES
from labd.settings import LaboratoryFiles, forget_daemon, remember_daemon
from labd.web import create_app, serve


@dataclass(frozen=True)
class Setup:
    """What a daemon is made of. The defaults need nothing but this machine."""

    files: LaboratoryFiles
    workcell: Workcell
    broker: str = field(default="", repr=False)
    """The URL of a broker; empty for one of our own; `mosquitto` or `amqtt` for a certain one of our own."""
    i_know: bool = False
    """That the embedded broker is for demonstrations, and still to be used."""
    database: str = field(default="", repr=False)
    """The URL of a database; empty for SQLite in the laboratory's directory."""
    planner: str = ""
    """The address of a Dask scheduler whose workers plan; empty for a process on this machine."""
    host: str = "127.0.0.1"
    port: int | None = 8321
    """Where the page is; 0 for any free port; None for no page."""
    largest_bytes: int = MAXIMUM_BLOB_BYTES
    """Of a large result; a larger one is left to a person."""
    heartbeat_s: float = EVERY_S
    """Between two heartbeats; an instrument that misses three is silent."""
    driver_options: Mapping[str, float | int | str | bool] = field(default_factory=dict)
    """Given to every driver that the daemon starts, beside its own options."""
    clock: Clock = field(default_factory=SystemClock)
    """What the daemon takes for the time of day."""


@dataclass(frozen=True)
class Running:
    """A laboratory at work."""

    orchestrator: Orchestrator
    journal: SqlJournal
    ids: Ids
    broker_kind: str
    url: str
    """Of the page; empty without one."""


async def analyse(store: Store, asked: AnalyseRun) -> dict[str, Measurement]:
    """The outcomes of a run. Peak fitting takes milliseconds to seconds: a thread keeps the loop free."""
    return await asyncio.to_thread(
        analysis.analyse, asked.analysis, asked.outcomes, asked.parameters, asked.results, store.open
    )


@asynccontextmanager
async def laboratory(setup: Setup) -> AsyncIterator[Running]:
    """Run a laboratory for as long as the block lasts. Raises `LabError` where it cannot start."""
    files = setup.files
    files.own.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        journal = await stack.enter_async_context(SqlJournal(setup.database or f"sqlite:///{files.journal}"))
        at = await broker(stack, setup.broker, setup.workcell, files.broker, i_know=setup.i_know)
        await stack.enter_async_context(DriverProcesses(setup.workcell, at.url, files.drivers, setup.driver_options))
        planner: PlannerWorker | ClusterPlanner = await stack.enter_async_context(PlannerWorker())
        if setup.planner:
            planner = await stack.enter_async_context(ClusterPlanner(setup.planner, planner))
        ids = RandomIds()
        link = MqttLink(
            with_credentials(at.url, DAEMON_USER),
            setup.workcell.name,
            client_id=f"labd-{ids.ulid()}",
            signals=[(each.instrument, each.channel) for each in setup.workcell.interlocks.values()],
            now=setup.clock.now,
        )
        store = FileStore(files.data)
        orchestrator = Orchestrator(
            *(journal, link, planner, setup.clock, partial(analyse, store), store),
            release=__version__,
            largest_bytes=setup.largest_bytes,
            heartbeat_s=setup.heartbeat_s,
            foresight=LookAheadProcess(),
            service=HttpProposer(),
        )
        await orchestrator.open()
        group = await stack.enter_async_context(asyncio.TaskGroup())
        ready = asyncio.Event()
        _run_in(group, stack, orchestrator.run(workcell=setup.workcell, ready=ready))
        await ready.wait()
        url = ""
        if setup.port is not None:
            said = {"release": __version__, "broker": at.words}
            app = create_app(
                orchestrator,
                journal,
                ids,
                figures=FIGURES,
                draw_schedule=gantt,
                find_data=store.path,
                screener=FunctionScreener(),
                reviewer=Questioner(planner),
                draw_insight=INSIGHT_FIGURES,
                **said,
            )
            bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            _run_in(group, stack, serve(app, setup.host, setup.port, bound))
            host = f"[{setup.host}]" if ":" in setup.host else setup.host
            url = f"http://{host}:{await bound}"
            remember_daemon(files.directory, url)
            stack.callback(forget_daemon, files.directory)
        yield Running(orchestrator, journal, ids, at.kind, url)


def _run_in(group: asyncio.TaskGroup, stack: AsyncExitStack, work: Coroutine[None, None, None]) -> None:
    """Run until the stack is left. If it fails before, the group takes the whole laboratory down with it."""
    stack.callback(group.create_task(work).cancel)
