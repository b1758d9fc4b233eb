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
from labd.domain.problem import Categorical, Continuous, Measurement, Objective, Observation, Parameters, Problem
from labd.planning import insight, suggest
from labd.ports import Planner, Reviewer

PROBLEM = Problem(
    parameters=(
        Continuous(name="temperature", low=20, high=120, unit="degC"),
        Categorical(name="solvent", options=("water", "ethanol", "toluene")),
    ),
    objectives=(Objective(outcome="yield"),),
)
SLOW = Problem(
    parameters=tuple(Continuous(name=f"x{i}", low=0, high=1) for i in range(6)),
    objectives=(Objective(outcome="yield"),),
)
"""Asked for many suggestions at once, it keeps the worker busy."""


def observations(count: int = 8) -> list[Observation]:
    return [
        Observation(
            trial=str(i),
            parameters={"temperature": 20.0 + 9.7 * i, "solvent": ("water", "ethanol", "toluene")[i % 3]},
            outcomes={"yield": Measurement(mean=50.0 - (i - 4) ** 2, standard_error=0.5)},
        )
        for i in range(count)
    ]


def slow_observations() -> list[Observation]:
    return [
        Observation(
            trial=str(i),
            parameters={f"x{k}": ((7 * i + 3 * k * i) % 31) / 31 for k in range(6)},
            outcomes={"yield": Measurement(mean=float((5 * i) % 13))},
        )
        for i in range(60)
    ]


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
ABANDONS_ITS_WORKER = """
import asyncio, os
from labd.adapters.planner_worker import PlannerWorker
from test_planner import SLOW, slow_observations

async def main():
    async with PlannerWorker() as planner:
        await planner.suggest(SLOW, [], [], 1, 0)
        asyncio.create_task(planner.suggest(SLOW, slow_observations(), [], 500, 0))
        await asyncio.sleep(0)
        print(planner.pid, flush=True)
        os._exit(0)

asyncio.run(main())
"""


async def test_concurrent_questions_each_get_what_a_direct_call_answers() -> None:
    pending: list[Parameters] = [{"temperature": 61.0, "solvent": "ethanol"}]
    async with PlannerWorker() as worker:
        planner: Planner = worker
        asked = [planner.suggest(PROBLEM, observations(7 + k), pending, 2, k) for k in range(5)]
        answers = await asyncio.gather(*asked)
    assert [each.suggestions for each in answers] == [
        tuple(suggest(PROBLEM, observations(7 + k), pending, 2, k)) for k in range(5)
    ]


async def test_neither_a_cancelled_nor_a_wrong_question_disturbs_the_next() -> None:
    wrong = observations()[0].model_copy(update={"parameters": {"temperature": 30.0}})
    async with PlannerWorker() as planner:
        asked = asyncio.create_task(planner.suggest(SLOW, slow_observations(), [], 6, 3))
        await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        with pytest.raises(InvalidInput, match="solvent"):
            await planner.suggest(PROBLEM, [wrong], [], 1, 0)
        made = await planner.suggest(PROBLEM, observations(), [], 1, 0)
    assert list(made.suggestions) == suggest(PROBLEM, observations(), [], 1, 0)


async def test_a_question_of_several_megabytes_is_answered() -> None:
    pool = tuple({"temperature": 20 + i / 1000, "solvent": "water"} for i in range(60_000))
    problem = PROBLEM.model_copy(update={"pool": pool})
    assert len(problem.model_dump_json()) > 2_000_000
    async with PlannerWorker() as planner:
        (made,) = (await planner.suggest(problem, observations(), [], 1, 0)).suggestions
    assert made.parameters in pool


async def test_survives_being_killed_in_the_middle_of_a_question() -> None:
    async with PlannerWorker() as planner:
        await planner.suggest(PROBLEM, [], [], 1, 0)
        first = planner.pid
        assert first is not None
        asked = asyncio.create_task(planner.suggest(SLOW, slow_observations(), [], 6, 3))
        await asyncio.sleep(0)
        os.kill(first, signal.SIGKILL)
        made = await asked
        assert planner.pid not in (first, None)
    assert list(made.suggestions) == suggest(SLOW, slow_observations(), [], 6, 3)


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


async def test_a_campaign_with_fifty_open_questions_keeps_no_other_waiting() -> None:
    answered: list[str] = []

    async def ask(campaign: str, seed: int) -> None:
        await planner.suggest(PROBLEM, observations(), [], 1, seed, campaign=campaign)
        answered.append(campaign)

    async with PlannerWorker() as planner, asyncio.TaskGroup() as asking:
        for seed in range(50):
            asking.create_task(ask("eager", seed))
        await asyncio.sleep(0)
        asking.create_task(ask("modest", 0))
        asking.create_task(ask("modest", 1))
    assert answered[:4] == ["eager", "modest", "eager", "modest"]


async def test_a_question_that_is_withdrawn_is_never_worked_on() -> None:
    async with PlannerWorker() as planner:
        await planner.suggest(PROBLEM, [], [], 1, 0)
        long = asyncio.create_task(planner.suggest(SLOW, slow_observations(), [], 2, 3))
        await asyncio.sleep(0)
        superseded = [asyncio.create_task(planner.suggest(SLOW, slow_observations(), [], 500, k)) for k in range(3)]
        await asyncio.sleep(0)
        for each in superseded:
            each.cancel()
        assert (await planner.suggest(PROBLEM, observations(), [], 1, 0)).suggestions
        await long
        await asyncio.wait(superseded)


async def test_an_answer_says_what_it_took() -> None:
    async with PlannerWorker() as planner:
        took = (await planner.suggest(SLOW, slow_observations(), [], 1, 0)).took
    assert took.cpu_s > 0
    assert took.device == "cpu"
    assert took.gpu_s == 0
    assert took.energy_j is None


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


async def test_the_child_dies_with_its_parent_even_in_the_middle_of_an_answer() -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ABANDONS_ITS_WORKER, stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    await parent.wait()
    try:
        child = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return
    _, alive = await asyncio.to_thread(psutil.wait_procs, [child], 10)
    assert not alive


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
