"""A person's hand in a running campaign: the command line, the API behind it, and what is in the journal."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labd.cli import labd
from labd.domain import edits
from tests.scenery import protocol
from tests.system.served import Served, served

Labd = Callable[..., Coroutine[None, None, Result]]


@pytest.fixture
async def lab() -> AsyncIterator[Served]:
    async with served() as it:
        it.instruments.wake()
        await it.draft("mixing", protocol(parallel=3, trials=9), start=True)
        revision = it.lab.revision
        while sum(each.order.step == "mix" for each in it.lab.state.commands.values()) < 2:
            revision = await it.lab.changed(revision)
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


async def test_bounds_and_budget_are_edited_shown_and_taken_back(lab: Served, run: Labd) -> None:
    edited = await run(
        "edit", "mixing", "parameters.share.high=0.5", "stopping.trials=12", "priority=2", "--reason", "too wet"
    )
    assert "edited" in edited.output, edited.stderr
    campaign = lab.lab.state.campaign("mixing")
    assert campaign.protocol.problem.parameters[0].high == 0.5  # type: ignore[union-attr]
    assert (campaign.protocol.stopping.trials, campaign.priority) == (12, 2)
    shown = (await run("edits", "mixing")).output
    assert "ada: too wet" in shown
    assert "parameters.share.high: 1.0 → 0.5" in shown
    assert "stopping.trials: 9 → 12" in shown
    assert "taken back" in (await run("undo", "mixing")).output
    assert lab.lab.state.campaign("mixing").protocol.stopping.trials == 9
    assert "(taken back)" in (await run("edits", "mixing")).output
    nothing = await run("undo", "mixing")
    assert nothing.exit_code == 5
    assert [type(each) for each in await lab.events() if isinstance(each, edits.CampaignEdited)] == [
        edits.CampaignEdited
    ] * 2


async def test_what_no_instrument_could_do_is_refused_before_it_is_tried(lab: Served, run: Labd) -> None:
    refused = await run("edit", "mixing", "parameters.share.high=2")
    assert refused.exit_code == 2
    assert "share = 2.0" in refused.stderr
    assert lab.lab.state.campaign("mixing").edits == ()


async def test_trials_that_wait(lab: Served, run: Labd) -> None:
    assert "trial 4 is yours" in (await run("suggest", "mixing", "share=0.25", "--reason", "a hunch")).output
    assert "trial 4 is now at share 0.75" in (await run("trial", "move", "mixing", "4", "share=0.75")).output
    assert "begins with trial 4" in (await run("trial", "first", "mixing", "4")).output
    assert "trial 3 is rejected" in (await run("trial", "reject", "mixing", "3", "--reason", "smells")).output
    begun = await run("trial", "reject", "mixing", "1")
    assert begun.exit_code == 5
    assert "has begun" in begun.stderr
    outside = await run("suggest", "mixing", "share=7")
    assert outside.exit_code == 2
    trials = {each["number"]: each for each in json.loads((await run("trials", "mixing", "--json")).output)["trials"]}
    assert trials[3]["status"] == "abandoned"
    assert trials[4]["parameters"] == {"share": 0.75}


async def test_what_is_learnt_from(lab: Served, run: Labd) -> None:
    await run("tell", "mixing", "share=0.5", "--outcome", "signal=3.5")
    assert "no longer" in (await run("observation", "exclude", "mixing", "told1")).output
    assert lab.lab.state.campaign("mixing").best is None
    assert "again" in (await run("observation", "include", "mixing", "told1")).output
    assert "corrected" in (await run("observation", "correct", "mixing", "told1", "signal=2.5±0.1")).output
    best = lab.lab.state.campaign("mixing").best
    assert best is not None
    assert best.outcomes["signal"].standard_error == 0.1
    assert (await run("observation", "exclude", "mixing", "77")).exit_code == 4
