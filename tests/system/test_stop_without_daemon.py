"""`labd emergency-stop` while no daemon is there: said to the broker itself, and obeyed by a true driver."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from labd.wire.messages import State
from tests.system.driver_bench import WORKCELL, DriverBench

pytestmark = pytest.mark.needs("mosquitto")


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[DriverBench]:
    async with DriverBench(tmp_path) as bench:
        yield bench


async def emergency_stop(directory: Path, *more: str) -> tuple[int | None, str]:
    if not (directory / "workcell.yaml").exists():
        (directory / "workcell.yaml").write_text(f"name: {WORKCELL}\n", encoding="utf-8")
    command = ("-m", "labd.cli", "emergency-stop", "--lab", str(directory), "--by", "ada", "--reason", "smoke", *more)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def test_a_driver_in_mid_action_obeys_it(bench: DriverBench, tmp_path: Path) -> None:
    await bench.started()
    await bench.order("c1")
    await bench.gate.begun()
    code, said = await emergency_stop(tmp_path, "--broker", bench.broker.url)
    assert code == 0, said
    assert "SAID to the broker" in said
    state = await bench.hear(State, lambda each: each.status == "stopped" and bool(each.stop))
    assert "ada: smoke" in state.message
    assert bench.acts() == ["begun c1", "safe"]


async def test_without_a_broker_it_says_that_nothing_was_stopped(tmp_path: Path) -> None:
    code, said = await emergency_stop(tmp_path)
    assert code == 6
    assert "NOTHING WAS STOPPED" in said
    assert "hard-wired" in said


async def test_where_the_broker_is_gone_too_it_says_so(tmp_path: Path) -> None:
    code, said = await emergency_stop(tmp_path, "--broker", "mqtt://127.0.0.1:9")
    assert code == 6
    assert "hard-wired" in said


@pytest.mark.parametrize("text", ["", "title: no name\n", "name: [\n"])
async def test_a_workcell_file_of_no_use_is_said_to_be_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "workcell.yaml").write_text(text, encoding="utf-8")
    code, said = await emergency_stop(tmp_path, "--broker", "mqtt://127.0.0.1:9")
    assert code == 2
    assert "NOTHING WAS STOPPED" in said
    assert "Traceback" not in said


async def test_a_password_for_everybody_to_read_is_refused_here_too(tmp_path: Path) -> None:
    code, said = await emergency_stop(tmp_path, "--broker", "mqtt://ada:secret@127.0.0.1:9")
    assert code == 2
    assert "secret" not in said
