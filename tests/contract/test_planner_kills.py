"""The worker is killed at random moments while BoTorch is at work: no suggestion is lost, and none is another."""

import asyncio
import os
import random
import signal
import time

import pytest

from labd.adapters.planner_worker import PlannerWorker
from labd.planning import suggest
from labd.ports.planner import Planned
from tests.contract.planner_checks import TWO, two_observations

COUNT = 3
"""So many suggestions at once."""


async def killed_at_random(kills: int, seed: int) -> None:
    chance = random.Random(seed)
    began = time.perf_counter()
    expected = suggest(TWO, two_observations(), [], COUNT, 0)
    takes_s = time.perf_counter() - began
    assert all("pareto" in each.method for each in expected), "this is not BoTorch's"
    async with PlannerWorker() as planner:
        await planner.suggest(TWO, [], [], 1, 0)
        done = 0
        while done < kills:
            asked: asyncio.Task[Planned] = asyncio.create_task(planner.suggest(TWO, two_observations(), [], COUNT, 0))
            await asyncio.wait({asked}, timeout=chance.uniform(0, takes_s))
            if planner.pid is not None and not asked.done():
                os.kill(planner.pid, signal.SIGKILL)
                done += 1
            assert list((await asked).suggestions) == expected


async def test_a_kill_in_the_middle_of_botorch_costs_seconds_and_no_suggestion() -> None:
    await killed_at_random(1, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_many_kills_in_the_middle_of_botorch_cost_no_suggestion() -> None:
    await killed_at_random(25, seed=2)
