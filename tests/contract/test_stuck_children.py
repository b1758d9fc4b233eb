"""Child processes that are stuck, or cannot be started at present: nobody waits for them for ever."""

import asyncio
import sys
from pathlib import Path

import pytest

from labd.adapters.driver_processes import DriverProcesses
from labd.adapters.planner_worker import PlannerWorker
from labd.domain.capability import Capability
from labd.domain.errors import Unavailable
from labd.domain.problem import Continuous, Objective, Problem
from labd.domain.workcell import DriverProcess, Role, Workcell, WorkcellInstrument

PROBLEM = Problem(parameters=(Continuous(name="x", low=0, high=1),), objectives=(Objective(outcome="y"),))
STUCK = (sys.executable, "-c", "import sys; sys.stdin.readlines()")
WORKCELL = Workcell(
    name="bench",
    roles={"oven": Role(capabilities=(Capability(name="heat"),))},
    instruments={"oven": WorkcellInstrument(roles=("oven",), driver=DriverProcess(type="nowhere:Oven"))},
)


async def test_a_planner_that_is_stuck_is_given_up_and_started_anew() -> None:
    async with PlannerWorker(STUCK, answers_within_s=0.2) as planner:
        with pytest.raises(Unavailable, match="did not answer within"):
            await planner.suggest(PROBLEM, [], [], 1, 1)
        first = planner.pid
        with pytest.raises(Unavailable, match="did not answer within"):
            await planner.suggest(PROBLEM, [], [], 1, 1)
        assert planner.pid != first or first is None


async def test_a_driver_that_cannot_be_started_now_is_started_later(tmp_path: Path) -> None:
    place = tmp_path / "drivers"
    async with asyncio.timeout(30), DriverProcesses(WORKCELL, "mqtt://127.0.0.1:1", place, {}) as processes:
        place.rmdir()  # before the first attempt: there is no room for its log
        (keeper,) = (task for task in asyncio.all_tasks() if task.get_name() == "driver oven")
        await asyncio.wait({keeper}, timeout=0.1)
        assert not processes.pids
        assert not keeper.done()
        place.mkdir()
        while not (place / "oven.log").exists():
            await asyncio.wait({keeper}, timeout=0.05)
        assert not keeper.done()
