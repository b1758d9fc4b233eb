"""A person's hand on the machines: the command line, the API behind it, and what the drivers are told."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labd.cli import labd
from labd.domain import events as e
from labd.wire.messages import Control, State
from tests.system.served import Served, served

Labd = Callable[..., Coroutine[None, None, Result]]
WITHIN_S = 60.0


@pytest.fixture
async def lab() -> AsyncIterator[Served]:
    async with served() as it:
        it.instruments.wake()
        await it.draft("mixing", start=True)
        yield it


@pytest.fixture
def run(lab: Served, tmp_path: Path) -> Labd:
    """Runs a command in a thread: the daemon goes on meanwhile."""
    (tmp_path / ".labd").mkdir()
    address = {"url": lab.url, "pid": os.getpid()}
    (tmp_path / ".labd" / "daemon.json").write_text(json.dumps(address))

    async def invoke(*arguments: str) -> Result:
        environment = {"LABD_LAB": str(tmp_path), "USER": "ada"}
        return await asyncio.to_thread(CliRunner().invoke, labd, arguments, env=environment)

    return invoke


async def told(lab: Served) -> Control:
    """The next control that a driver is told."""
    while True:
        sent = await asyncio.wait_for(lab.instruments.sent.get(), WITHIN_S)
        if isinstance(sent.body, Control):
            return sent.body


async def test_stop_and_release(lab: Served, run: Labd) -> None:
    for name in ("mixer_2", "meter_1"):
        lab.instruments.say(name, State(session="S1", sequence=2, status="offline"))
    stopping = asyncio.create_task(run("emergency-stop", "--reason", "smoke"))
    await asyncio.wait_for(_stopped(lab), WITHIN_S)
    stop = lab.lab.state.safety.stop
    lab.instruments.say("mixer_1", State(session="S1", sequence=3, status="stopped", stop=stop))
    said = (await stopping).output
    assert "mixer_1  in its safe state" in said
    assert "meter_1  OFFLINE" in said
    assert "hard-wired" in said
    status = (await run("status")).output
    assert status.startswith("STOPPED by ada at ")
    refused = await run("resume", "mixing")
    assert refused.exit_code == 5
    assert "labd release" in refused.stderr
    assert (await run("release")).exit_code == 2, "a reason is required"
    assert (await run("release", "--reason", " ")).exit_code == 2
    assert "Released" in (await run("release", "--reason", "toast")).output
    events = [each for each in await lab.events() if isinstance(each, e.LaboratoryStopped | e.LaboratoryReleased)]
    assert [(each.by, each.reason) for each in events] == [("ada", "smoke"), ("ada", "toast")]


async def _stopped(lab: Served) -> None:
    revision = lab.lab.revision
    while not lab.lab.state.safety.stopped:
        revision = await lab.lab.changed(revision)


async def test_a_lock_and_its_end(lab: Served, run: Labd) -> None:
    assert (await run("lock", "meter_1")).exit_code == 2, "a reason is required"
    assert (await run("lock", "meter_1", "--reason", "a new lamp")).output == "meter_1 is yours.\n"
    control = await told(lab)
    assert (control.action, control.by, control.reason) == ("lock", "ada", "a new lamp")
    assert "locked by ada: a new lamp" in (await run("status")).output
    assert (await run("unlock", "meter_1")).exit_code == 0
    assert (await told(lab)).action == "unlock"
    assert (await run("unlock", "meter_1")).exit_code == 5
    assert (await run("lock", "nothing", "--reason", "x")).exit_code == 4


@pytest.mark.parametrize("deed", ["pause", "resume", "reset"])
async def test_a_deed_on_one_instrument_is_told_once_and_to_who_hears(lab: Served, run: Labd, deed: str) -> None:
    assert (await run("instrument", deed, "meter_1")).exit_code == 0
    assert (await told(lab)).action == deed
    lab.instruments.say("mixer_1", State(session="S1", sequence=9, status="offline"))
    await asyncio.wait_for(_offline(lab, "mixer_1"), WITHIN_S)
    refused = await run("instrument", deed, "mixer_1")
    assert refused.exit_code == 5
    assert "not heard" in refused.stderr


async def _offline(lab: Served, name: str) -> None:
    revision = lab.lab.revision
    while lab.lab.state.instruments[name].status != "offline":
        revision = await lab.lab.changed(revision)


async def test_what_cannot_be_cancelled_is_not(lab: Served, run: Labd) -> None:
    order = await asyncio.wait_for(lab.instruments.next_order(), WITHIN_S)
    refused = await run("cancel", order.command)
    assert refused.exit_code == 5
    assert "cannot be cancelled" in refused.stderr
    assert (await run("cancel", "c.9.1.mix.1")).exit_code == 4
