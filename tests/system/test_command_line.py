"""The command line against a daemon's API on a loopback port."""

import asyncio
import csv
import io
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labd.cli import labd
from labd.domain import events as e
from labd.domain.command import Succeeded, Unknown
from tests.system.served import PROTOCOL, Served, served

Labd = Callable[..., Awaitable[Result]]


@pytest.fixture
async def lab() -> AsyncIterator[Served]:
    async with served() as it:
        yield it


@pytest.fixture
def run(lab: Served, tmp_path: Path) -> Labd:
    """Runs a command in a thread: the daemon goes on meanwhile."""
    lab.directory = tmp_path
    (tmp_path / ".labd").mkdir()
    address = {"url": lab.url, "pid": os.getpid()}
    (tmp_path / ".labd" / "daemon.json").write_text(json.dumps(address))

    async def invoke(*arguments: str) -> Result:
        environment = {"LABD_LAB": str(tmp_path), "USER": "ada"}
        return await asyncio.to_thread(
            CliRunner().invoke, labd, arguments, env=environment, prog_name="labd", catch_exceptions=False
        )

    return invoke


async def test_a_campaign_is_moved_and_each_move_has_a_person(lab: Served, run: Labd) -> None:
    await lab.draft("mixing")
    for action, status in (("start", "running"), ("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        result = await run(action, "mixing", "--reason", "to see")
        assert (result.exit_code, result.stdout) == (0, f"mixing is {status}.\n")
    moves = [each for each in await lab.events() if isinstance(each, e.ByPerson) and each.by == "ada"]
    assert [each.kind.removeprefix("campaign_") for each in moves] == ["started", "paused", "resumed", "stopped"]
    again = await run("start", "mixing")
    assert again.exit_code == 5
    assert again.stderr.startswith("labd: ")


async def test_a_protocol_is_loaded_or_its_findings_are_told(lab: Served, run: Labd) -> None:
    file = lab.directory / "first.yaml"
    file.write_text(PROTOCOL)
    loaded = await run("load", str(file), "--name", "first")
    assert (loaded.exit_code, loaded.stdout) == (0, "first is loaded. Begin with `labd start first`.\n")
    assert lab.lab.state.campaign("first").by == "ada"
    file.write_text(PROTOCOL.replace("role: meter", "role: metre"))
    wrong = await run("load", str(file))
    assert wrong.exit_code == 2
    assert f"{file}:7:" in wrong.stderr


async def test_the_points_may_be_a_table_in_a_file_of_its_own(lab: Served, run: Labd) -> None:
    file, points = lab.directory / "first.yaml", lab.directory / "points.csv"
    file.write_text(PROTOCOL, encoding="utf-8")
    points.write_text("share\n0.25\n0.75\n", encoding="utf-8-sig")
    loaded = await run("load", str(file), "--name", "first", "--pool", str(points))
    assert (loaded.exit_code, loaded.stderr) == (0, "")
    assert lab.lab.state.campaign("first").protocol.problem.pool == ({"share": 0.25}, {"share": 0.75})
    points.write_text("share\n0.25\n1.75\n", encoding="utf-8")
    wrong = f"{points}:3:1: share cannot be 1.75. Write a number from 0 to 1."
    refused = await run("load", str(file), "--pool", str(points))
    assert refused.exit_code == 2
    assert wrong in refused.stderr
    checked = await run("check", str(file), "--pool", str(points))
    assert checked.exit_code == 2
    assert wrong in checked.stdout
    other = lab.directory / "other.yaml"
    other.write_text(PROTOCOL, encoding="utf-8")
    both = await run("check", str(file), str(other), "--pool", str(points))
    assert both.exit_code == 2
    assert "--pool has the points of one protocol." in both.stderr


async def test_a_dangerous_protocol_waits_for_a_yes_and_autonomy_is_what_was_said(lab: Served, run: Labd) -> None:
    file = lab.directory / "mixing.yaml"
    file.write_text(PROTOCOL + "\nhazard: {level: medium}\n", encoding="utf-8")
    loaded = await run("load", str(file), "--start", "--autonomy", "2")
    assert loaded.exit_code == 5
    assert "waits for the approval of a person: its hazard is medium" in loaded.stderr
    (asked,) = json.loads((await run("approvals", "--json")).stdout)
    assert asked["id"] in (await run("status")).stdout
    assert (await run("refuse", asked["id"], "--by", "ada", "--reason", "the hood is broken")).exit_code == 0
    assert "refused by ada: the hood is broken" in (await run("start", "mixing")).stderr
    assert (await run("approvals", "--again", asked["id"])).exit_code == 0
    assert "Approved. Now: labd start mixing" in (await run("approve", asked["id"], "--by", "bob")).stdout
    assert "mixing is running" in (await run("start", "mixing")).stdout
    lab.instruments.wake()
    trial = await until_asked(lab, "trial")
    assert not lab.lab.state.commands
    assert (await run("approve", trial, "--by", "bob")).exit_code == 0
    assert (await lab.instruments.next_order()).step == "mix"
    held = await run("hold", "--finish", "--reason", "fire drill")
    assert "Paused: mixing" in held.stdout
    assert "Still at work: mixer_1" in held.stdout


async def until_asked(lab: Served, subject: str) -> str:
    """The id of what is asked, as soon as it is."""
    async with asyncio.timeout(60):
        revision = -1
        while not (found := [each for each in lab.lab.state.approvals if each.startswith(f"{subject}:")]):
            revision = await lab.lab.changed(revision)
    return found[0]


async def test_there_is_no_such_campaign(lab: Served, run: Labd) -> None:
    await lab.draft("mixing")
    result = await run("pause", "mixin")
    assert result.exit_code == 4
    assert "mixing" in result.stderr
    assert result.stdout == ""


async def test_status_says_what_runs_and_what_needs_a_person(lab: Served, run: Labd) -> None:
    await lab.draft("mixing", start=True)
    lab.instruments.wake()
    order = await lab.instruments.next_order()
    lab.instruments.finish(order, Unknown(message="the power failed"))
    await until(lab, lambda: any(each.status == "unknown" for each in lab.lab.state.commands.values()))
    result = await run("status")
    assert result.exit_code == 0
    assert "mixing  running since" in result.stdout
    assert "2 of 4 trials: 0 observed, 0 failed, 2 open" in result.stdout
    assert "the power failed" in result.stdout
    assert f"labd resolve {order.command}" in result.stdout
    document = json.loads((await run("status", "--json")).stdout)
    assert document["questions"][0]["command"] == order.command
    resolved = await run("resolve", order.command, "not-done", "--reason", "the vial is empty")
    assert resolved.exit_code == 0
    assert "Needs a person" not in (await run("status")).stdout


async def until(lab: Served, true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        revision = -1
        while not true():
            revision = await lab.lab.changed(revision)


async def test_what_is_told_is_learnt(lab: Served, run: Labd) -> None:
    await lab.draft("mixing")
    told = await run("tell", "mixing", "share=0.25", "--outcome", "signal=71.2±1.5", "--reason", "last week")
    assert (told.exit_code, told.stdout) == (0, "mixing has learnt it; best signal 71.2.\n")
    learnt = lab.lab.state.campaign("mixing").observations[0]
    assert learnt.parameters == {"share": 0.25}
    assert (learnt.outcomes["signal"].mean, learnt.outcomes["signal"].standard_error) == (71.2, 1.5)
    outside = await run("tell", "mixing", "share=7", "--outcome", "signal=1")
    assert outside.exit_code == 2
    assert "from 0 to 1" in outside.stderr


async def test_trials_as_table_csv_and_json(lab: Served, run: Labd) -> None:
    await lab.draft("mixing", start=True)
    await until(lab, lambda: lab.lab.state.campaign("mixing").trials == 2)
    table = (await run("trials", "mixing")).stdout.splitlines()
    assert table[0].split() == ["trial", "status", "share", "signal", "method", "note"]
    assert table[1].split() == ["1", "pending", "0.3333", "thirds"]
    rows = list(csv.DictReader((await run("trials", "mixing", "--csv")).stdout.splitlines()))
    assert [each["trial"] for each in rows] == ["1", "2"]
    document = json.loads((await run("trials", "mixing", "--json")).stdout)
    assert [each["number"] for each in document["trials"]] == [1, 2]


@asynccontextmanager
async def watching(lab: Served, *arguments: str, stdout: int = PIPE) -> AsyncIterator[Process]:
    """`labd watch`, running."""
    program = (sys.executable, "-m", "labd.cli", "watch", *arguments)
    environment = {**os.environ, "LABD_LAB": str(lab.directory), "TERM": "xterm", "COLUMNS": "120"}
    process = await asyncio.create_subprocess_exec(*program, stdout=stdout, stderr=PIPE, env=environment)
    try:
        async with asyncio.timeout(60):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_watch_tells_each_event_at_once_until_the_campaign_has_ended(lab: Served, run: Labd) -> None:
    await lab.draft("mixing", start=True)
    async with watching(lab, "mixing", "--after", "0", "--json") as process:
        assert process.stdout is not None
        first = json.loads(await process.stdout.readline())
        assert (first["kind"], first["name"]) == ("campaign_drafted", "mixing")
        lab.instruments.wake()
        lab.instruments.finish(await lab.instruments.next_order(), Succeeded(result={"volume": 1.0}))
        await lab.draft("other")
        await run("stop", "mixing", "--reason", "enough")
        events = [json.loads(line) async for line in process.stdout]
        assert await process.wait() == 0
    assert events[-1]["kind"] == "campaign_stopped"
    assert "command_finished" in [each["kind"] for each in events]
    assert lab.lab.state.campaign("other").id not in json.dumps(events)
    lines = (await run("watch", "mixing", "--after", "0")).stdout.splitlines()
    assert len(lines) == len(events) + 1
    assert lines[-1].endswith("campaign stopped by ada: enough")
    ended = await run("watch", "mixing")
    assert (ended.exit_code, ended.stdout) == (0, "")


async def test_on_a_terminal_watch_is_a_live_picture(lab: Served, run: Labd) -> None:
    await lab.draft("mixing", start=True)
    screen, terminal = os.openpty()
    with os.fdopen(screen, "rb", buffering=0) as seen, os.fdopen(terminal, "wb"):
        async with watching(lab, "mixing", stdout=terminal) as process:
            await asyncio.to_thread(read_until, seen, b"2 of 4 trials")
            await run("stop", "mixing", "--reason", "enough")
            await asyncio.to_thread(read_until, seen, b"campaign stopped by ada: enough")
            assert await process.wait() == 0


def read_until(screen: io.RawIOBase | io.FileIO, text: bytes) -> None:
    shown = b""
    while text not in shown:
        shown += screen.read(4096) or b""


async def test_watch_says_when_the_daemon_ends(lab: Served, run: Labd) -> None:
    async with watching(lab, "--after", "0") as process:
        assert process.stdout is not None
        assert b"daemon started" in await process.stdout.readline()
        lab.serving.cancel()
        _, stderr = await process.communicate()
        assert process.returncode == 6
        assert b"labd serve" in stderr


async def test_ctrl_c_ends_with_130(lab: Served, run: Labd) -> None:
    async with watching(lab, "--after", "0") as process:
        assert process.stdout is not None
        await process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, stderr = await process.communicate()
        assert (process.returncode, stderr) == (130, b"")
