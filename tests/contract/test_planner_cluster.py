"""The planner's port on a Dask cluster: a true scheduler and workers on loopback, that may die."""

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from labd.adapters.planner_cluster import ClusterPlanner
from labd.adapters.planner_worker import PlannerWorker
from labd.domain.errors import InvalidInput
from labd.planning import suggest
from labd.ports.planner import Planned
from tests.contract.planner_checks import CHECKS, PROBLEM, SLOW, observations, slow_observations

pytestmark = pytest.mark.needs("distributed")
SCHEDULER = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--no-dashboard", "--port")
WORKER = ("distributed.cli.dask_worker", "--host", "127.0.0.1", "--no-dashboard", "--no-nanny", "--nthreads", "1")
WARM = ("--preload", "labd.adapters.planner_cluster.remote")


class Cluster:
    """A scheduler, and workers that are added."""

    def __init__(self) -> None:
        self.address = ""
        self.scheduler: Process
        self.processes: list[Process] = []

    async def start(self, port: int = 0) -> None:
        """A scheduler, at this port or any."""
        self.scheduler, found = await self._run((*SCHEDULER, str(port)), r"Scheduler at:\s+tcp://(\S+)")
        self.address = f"dask://{found}"

    async def add_worker(self, *options: str) -> Process:
        """A worker that has registered."""
        where = self.address.replace("dask://", "tcp://")
        process, _ = await self._run((*WORKER, *WARM, *options, where), r"Registered to:\s+(\S+)")
        return process

    async def _run(self, command: tuple[str, ...], until: str) -> tuple[Process, str]:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", *command, stdout=PIPE, stderr=STDOUT)
        self.processes.append(process)
        said = ""
        while process.stdout is not None and (line := await process.stdout.readline()):
            said += line.decode()
            if found := re.search(until, said):
                return process, found[1]
        raise AssertionError(said)


@asynccontextmanager
async def cluster() -> AsyncIterator[Cluster]:
    it = Cluster()
    try:
        await it.start()
        yield it
    finally:
        for each in it.processes:
            if each.returncode is None:
                each.kill()
            await each.communicate()


def reasons(made: Planned) -> str:
    return " ".join(each.reason for each in made.suggestions)


async def test_it_is_what_the_port_promises_and_survives_the_death_of_worker_and_scheduler() -> None:
    """One cluster for all: its processes take seconds to start."""
    expected = suggest(SLOW, slow_observations(), [], 6, 3)
    async with cluster() as it, PlannerWorker() as local, ClusterPlanner(it.address, local) as planner:
        made = await planner.suggest(PROBLEM, observations(), [], 1, 0)
        assert reasons(made).endswith("Answered on the daemon's machine: the cluster has no worker.")
        (mine,) = suggest(PROBLEM, observations(), [], 1, 0)
        assert made.suggestions[0].model_copy(update={"reason": mine.reason}) == mine

        first = await it.add_worker("--resources", "GPU=1")
        for check in CHECKS:
            await check(planner)

        second = await it.add_worker()
        first.send_signal(signal.SIGSTOP)  # however quick the planner is, the question stays in its hands
        asked = asyncio.create_task(planner.suggest(SLOW, slow_observations(), [], 6, 3))
        await asyncio.wait({asked}, timeout=0.3)
        assert not asked.done(), "the question is for the worker with the GPU"
        first.kill()
        made = await asked
        assert list(made.suggestions) == expected, "the other worker has made them"

        second.send_signal(signal.SIGSTOP)
        asked = asyncio.create_task(planner.suggest(SLOW, slow_observations(), [], 6, 4))
        await asyncio.wait({asked}, timeout=0.3)
        it.scheduler.kill()
        made = await asked
        said = r"daemon's machine: (the connection to the scheduler was lost|no scheduler answers|the cluster failed)"
        assert re.search(said, reasons(made)), "which of them depends on how far the question had come"
        made = await planner.suggest(PROBLEM, observations(), [], 1, 0)
        assert "Answered on the daemon's machine: no scheduler answers" in reasons(made)

        await it.start(int(it.address.rpartition(":")[2]))
        async with asyncio.timeout(60):
            while "the cluster has no worker" not in reasons(await planner.suggest(PROBLEM, observations(), [], 1, 0)):
                pass  # it is back, though without workers: each question tries anew


@pytest.mark.parametrize("wrong", ["10.0.0.7:8786", "dask://10.0.0.7", "mqtt://a:1", "dask://a:x", "dask://a:1/b"])
def test_a_wrong_address_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput, match="not the address of a planner"):
        ClusterPlanner(wrong, PlannerWorker())
