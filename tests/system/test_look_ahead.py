"""The look ahead in its own process, and what the daemon makes of it."""

import sys

from labd.adapters.look_ahead_process import LookAheadProcess
from labd.domain import events as e
from labd.scheduling import Behind
from labd.scheduling.look_ahead import Problem, Task
from tests.scenery import protocol
from tests.system.served import served

BAKE = Task("bake", (("oven",),), 60.0)
READ = Task("read", (("hplc",),), 30.0, (Behind("bake", 0.0, 10.0),))
SHOP = Problem((BAKE, READ), {"hplc": 100.0})


async def test_a_plan_comes_from_another_process() -> None:
    assert await LookAheadProcess(grace_s=200.0).look_ahead(SHOP, 5.0) == {"bake": 30.0, "read": 100.0}


async def test_a_child_that_is_late_is_ended_and_one_that_fails_gives_no_plan() -> None:
    late = LookAheadProcess((sys.executable, "-c", "import sys; sys.stdin.read(); input()"), grace_s=0.0)
    assert await late.look_ahead(SHOP, 0.2) is None
    broken = LookAheadProcess((sys.executable, "-c", "raise SystemExit(3)"))
    assert await broken.look_ahead(SHOP, 5.0) is None


async def test_the_daemon_asks_beside_its_work_and_writes_the_answer_down() -> None:
    async with served(foresight=LookAheadProcess(grace_s=200.0)) as lab:  # a busy machine starts it late
        lab.instruments.wake()
        await lab.draft("mixing", protocol(parallel=8, trials=8), start=True)
        revision = lab.lab.revision
        while not lab.lab.state.foreseen:
            revision = await lab.lab.changed(revision)
        (foreseen, *_) = [each for each in await lab.events() if isinstance(each, e.StepsForeseen)]
        assert {key.rpartition("/")[2] for key in foreseen.starts_s} == {"mix", "read"}
