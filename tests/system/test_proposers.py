"""Several propose, over true sockets: a service that errs, the planner, a person. And a campaign that learns."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from labd.cli import labd
from labd.domain import events as e
from labd.domain.command import Succeeded
from labd.domain.problem import PlannerSettings, Share
from labd.domain.protocol import Protocol
from tests.proposing import service
from tests.scenery import protocol
from tests.system.served import Served, served

Labd = Callable[..., Coroutine[None, None, Result]]


@pytest.fixture
async def lab() -> AsyncIterator[Served]:
    async with served() as it:
        it.instruments.wake()
        yield it


@pytest.fixture
def run(lab: Served, tmp_path: Path) -> Labd:
    """Runs a command in a thread: the daemon goes on meanwhile."""
    (tmp_path / ".labd").mkdir()
    (tmp_path / ".labd" / "daemon.json").write_text(json.dumps({"url": lab.url, "pid": os.getpid()}))

    async def invoke(*arguments: str) -> Result:
        environment = {"LABD_LAB": str(tmp_path), "USER": "ada"}
        return await asyncio.to_thread(CliRunner().invoke, labd, arguments, env=environment)

    return invoke


def shared(url: str) -> Protocol:
    made = protocol(parallel=1, trials=4, runs=1)
    settings = PlannerSettings(
        parallel=1,
        proposers=(
            Share(name="oracle", kind="service", share=2, url=url),
            Share(name="planner", kind="planner", share=1),
            Share(name="ann", kind="person", share=1),
        ),
    )
    return made.model_copy(update={"problem": made.problem.model_copy(update={"settings": settings})})


async def work(lab: Served, trials: int) -> None:
    """The instruments do what they are told, until so many trials are over."""
    for _ in range(2 * trials):
        order = await lab.instruments.next_order()
        lab.instruments.finish(order, Succeeded(result={"volume": 1.0, "signal": 0.5}))


async def ended(lab: Served) -> None:
    revision = lab.lab.revision
    while lab.lab.state.campaign("mixing").status != "finished":
        revision = await lab.lab.changed(revision)


async def test_a_service_that_errs_a_planner_and_a_person(lab: Served, run: Labd) -> None:
    answers = iter([0.25, 7.0, 0.75, 0.8])
    asked: list[dict[str, Any]] = []

    async def respond(question: dict[str, Any]) -> tuple[int, bytes]:
        asked.append(question)
        point = {"parameters": {"share": next(answers)}, "reason": "a hunch"}
        return 200, json.dumps({"suggestions": [point]}).encode()

    async with service(respond) as url, asyncio.timeout(60):
        await lab.draft("mixing", shared(url), start=True)
        inserted = await run("suggest", "mixing", "share=0.5", "--by", "Ann")
        assert inserted.exit_code == 0, inserted.stderr
        await work(lab, 4)
        await ended(lab)
    campaign = lab.lab.state.campaign("mixing")
    by = {each.suggestion.proposer: each.suggestion for each in lab.lab.state.trials_of(campaign.id)}
    assert by.keys() == {"oracle", "planner", "ann"}
    assert (by["oracle"].method, by["oracle"].reason) == ("service", "a hunch")
    assert by["ann"].method == "person"
    failures = [each for each in await lab.events() if isinstance(each, e.PlanningFailed)]
    assert [(each.proposer, "share cannot be 7" in each.message) for each in failures] == [("oracle", True)]
    assert asked[1]["observations"][0]["outcomes"]["signal"]["mean"] == 0.5

    told = (await run("trials", "mixing")).output
    assert ["oracle", "service", "50%"] in [line.split()[:3] for line in told.splitlines()]
    rows = json.loads((await run("trials", "mixing", "--json")).output)["proposers"]
    assert {each["name"]: each["suggested"] for each in rows}["ann"] == 1
    assert sum(each["observed"] for each in rows) == 4
    assert all(each["best"] == 0.5 for each in rows)


async def test_a_campaign_learns_from_one_before(lab: Served, run: Labd) -> None:
    async with asyncio.timeout(60):
        await lab.draft("mixing", protocol(parallel=1, trials=1, runs=1), start=True)
        await work(lab, 1)
        await ended(lab)
        await lab.draft("again", protocol(parallel=1, trials=1, runs=1))
        started = await run("start", "again", "--learn-from", "mixing")
    assert started.exit_code == 0, started.stderr
    again = lab.lab.state.campaign("again")
    assert [(each.name, len(each.observations)) for each in again.earlier] == [("mixing", 1)]
    (event,) = [each for each in await lab.events() if isinstance(each, e.CampaignStarted) and each.earlier]
    assert event.earlier[0].observations[0].outcomes["signal"].mean == 0.5
    view = json.loads((await run("trials", "again", "--json")).output)["campaign"]
    assert view["learns_from"] == [{"campaign": "mixing", "observations": 1}]
    differing = await run("replay", "again", "--json")
    assert (differing.exit_code, json.loads(differing.output)["differing"]) == (1, [1]), (
        "labd's own does not say a third"
    )
    await lab.draft("third", protocol())
    assert "0 answers the same, 0 not" in (await run("replay", "third")).output
    for wrong in ("third", "nobody"):
        refused = await run("start", "third", "--learn-from", wrong)
        assert refused.exit_code in (2, 4), refused.output
