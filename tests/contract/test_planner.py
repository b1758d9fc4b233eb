"""The planner's port, on its real adapter: a process that may die."""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from labd.adapters.planner_questions.kinds import SUGGEST, Suggest
from labd.adapters.planner_questions.reviewing import Questioner
from labd.adapters.planner_worker import PlannerWorker
from labd.domain.errors import InvalidInput, Unavailable
from labd.planning import insight, suggest
from labd.ports import Reviewer
from tests.contract.planner_checks import CHECKS, PROBLEM, SLOW, observations, slow_observations

READY = """print('{"body": {"kind": "ready"}}', flush=True); """
DIES_WHEN_ASKED = (sys.executable, "-c", f"import sys; {READY} sys.stdin.readline()")
DIES_AT_ONCE = (sys.executable, "-c", "")
CHATTERS_ON_IMPORT = """
import os, sys

def chatter(event, details):
    if event == "import" and details[0] == "torch":
        print("stray", flush=True)
        os.write(1, b"stray")

sys.addaudithook(chatter)
from labd.adapters.planner_worker.child import main
main()
"""
HAS_GROWN = "from labd.adapters.planner_worker import child; child.LARGEST = 1; child.main()"
ABANDONS_ITS_WORKER = """
import asyncio, os
from dataclasses import replace
import psutil
from labd.adapters.planner_questions.kinds import SUGGEST, Suggest
from labd.adapters.planner_worker import PlannerWorker
from planner_checks import SLOW, TWO, slow_observations, two_observations

async def main():
    async with PlannerWorker() as planner:
        await planner.suggest(SLOW, [], [], 1, 0)
        idly = replace(SUGGEST, urgent=False)
        await planner.ask(idly, Suggest(problem=SLOW, count=1, seed=0))
        slow = Suggest(problem=SLOW, observations=tuple(slow_observations()), count=500, seed=0)
        hard = asyncio.create_task(planner.suggest(TWO, two_observations(), [], 500, 0))
        idle = asyncio.create_task(planner.ask(idly, slow))
        await asyncio.wait({hard, idle}, timeout=0.5)
        print(*[each.pid for each in psutil.Process().children()], flush=True)
        os._exit(0)

asyncio.run(main())
"""


async def test_it_is_what_the_port_promises() -> None:
    async with PlannerWorker() as planner:
        for check in CHECKS:
            await check(planner)


async def test_survives_being_killed_while_idle() -> None:
    async with PlannerWorker() as planner:
        await planner.suggest(PROBLEM, [], [], 1, 0)
        assert planner.pid is not None
        os.kill(planner.pid, signal.SIGKILL)
        assert (await planner.suggest(PROBLEM, [], [], 1, 0)).suggestions


async def test_a_question_on_which_three_workers_died_is_given_up() -> None:
    async with PlannerWorker(DIES_WHEN_ASKED) as planner:
        with pytest.raises(Unavailable, match="died 3 times"):
            await planner.suggest(PROBLEM, [], [], 1, 0)
        with pytest.raises(Unavailable, match="died 3 times"):
            await planner.suggest(PROBLEM, [], [], 1, 0)


async def test_a_worker_that_always_dies_as_it_starts_is_given_up() -> None:
    async with PlannerWorker(DIES_AT_ONCE) as planner:
        with pytest.raises(Unavailable, match="died 3 times"):
            await planner.suggest(PROBLEM, [], [], 1, 0)


async def test_no_suggestion_waits_for_another_kind_of_question() -> None:
    """What is not urgent has a process of its own, which gives way."""
    async with PlannerWorker() as planner:
        await planner.suggest(PROBLEM, [], [], 1, 0)
        asked = Suggest(problem=SLOW, observations=tuple(slow_observations()), count=500, seed=0)
        curious = asyncio.create_task(planner.ask(replace(SUGGEST, urgent=False), asked))
        await asyncio.sleep(0)
        assert (await planner.suggest(PROBLEM, observations(), [], 1, 0)).suggestions
        assert not curious.done()
        curious.cancel()


async def test_a_worker_that_cannot_be_started_is_unavailable() -> None:
    async with PlannerWorker(("/nonexistent/python",)) as planner:
        with pytest.raises(Unavailable, match="cannot be started"):
            await planner.suggest(PROBLEM, [], [], 1, 0)


async def test_stray_prints_do_not_disturb_the_pipe() -> None:
    async with PlannerWorker((sys.executable, "-c", CHATTERS_ON_IMPORT)) as planner:
        first = planner.pid
        assert (await planner.suggest(PROBLEM, [], [], 1, 0)).suggestions
        assert first in (None, planner.pid)


async def test_leaving_fails_what_is_open() -> None:
    async with PlannerWorker() as planner:
        asked = asyncio.create_task(planner.suggest(SLOW, slow_observations(), [], 6, 3))
        await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await asked
    with pytest.raises(Unavailable, match="not running"):
        await planner.suggest(PROBLEM, [], [], 1, 0)


async def test_a_worker_that_has_grown_too_large_makes_room_for_another() -> None:
    async with PlannerWorker((sys.executable, "-c", HAS_GROWN)) as planner:
        made = await planner.suggest(PROBLEM, observations(), [], 1, 0)
        first = planner.pid
        assert (await planner.suggest(PROBLEM, observations(), [], 1, 0)).suggestions == made.suggestions
        assert planner.pid != first


async def test_the_child_dies_with_its_parent_even_in_the_middle_of_an_answer() -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ABANDONS_ITS_WORKER, stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert parent.stdout is not None
    pids = [int(each) for each in (await parent.stdout.readline()).split()]
    assert len(pids) == 2, "one for suggestions, one for other questions"
    await parent.wait()
    left = [each for pid in pids if (each := _process(pid))]
    _, alive = await asyncio.to_thread(psutil.wait_procs, left, 10)
    assert not alive


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


async def test_what_the_model_believes_is_what_a_direct_call_answers() -> None:
    (made,) = suggest(PROBLEM, observations())
    predictions = {"7": made.predicted}
    async with PlannerWorker() as planner:
        reviewer: Reviewer = Questioner(planner)
        told = await reviewer.insight(PROBLEM, observations(), predictions, campaign="C")
        wrong = observations()[0].model_copy(update={"parameters": {"temperature": 30.0}})
        with pytest.raises(InvalidInput, match="solvent"):
            await reviewer.insight(PROBLEM, [wrong], {})
    assert told == insight(PROBLEM, observations(), predictions)
    assert told.outcomes[0].calibration is not None
