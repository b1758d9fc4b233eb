"""Stock, labware and service by the command line, and the API behind it."""

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
from tests.scenario.test_plates import PLATES, ROOM
from tests.system.served import Served, served
from tests.unit.lifecycles.plates import workcell

Labd = Callable[..., Coroutine[None, None, Result]]


@pytest.fixture
async def lab() -> AsyncIterator[Served]:
    async with served(workcell=False) as it:
        await it.lab.submit(lambda _, at: e.WorkcellLoaded(at=at, workcell=workcell(capacity=1000.0)))
        yield it


@pytest.fixture
def run(lab: Served, tmp_path: Path) -> Labd:
    """Runs a command in a thread: the daemon goes on meanwhile."""
    (tmp_path / ".labd").mkdir()
    (tmp_path / ".labd" / "daemon.json").write_text(json.dumps({"url": lab.url, "pid": os.getpid()}))

    async def invoke(*arguments: str) -> Result:
        environment = {"LABD_LAB": str(tmp_path), "USER": "ada", "TZ": "UTC"}
        return await asyncio.to_thread(CliRunner().invoke, labd, arguments, env=environment)

    return invoke


async def test_a_refill_and_a_count_are_signed_and_seen(lab: Served, run: Labd) -> None:
    assert "medium  10 mL available, not used of late" in (await run("stock")).output
    put = await run(
        "stock", "refill", "medium", "--lot", "M2", "--amount", "0.5 L", "--expires", "2099-12-31", "--reason", "low"
    )
    assert "lot M2: 500 mL, expires 2099-12-3" in put.output, put.output
    counted = await run("stock", "count", "medium", "--lot", "M1", "--amount", "0", "--reason", "spilt", "--by", "eva")
    assert "lot M1" not in counted.output, counted.output
    kinds: list[Any] = [each for each in await lab.events() if each.kind in ("stock_refilled", "stock_counted")]
    assert [(each.by, each.reason) for each in kinds] == [("ada", "low"), ("eva", "spilt")]
    (shelf,) = json.loads((await run("stock", "--json")).output)
    assert (shelf["amount"], shelf["level"], shelf["share"]) == (500.0, "enough", 0.5)


@pytest.mark.parametrize(
    ("words", "says", "code"),
    [
        (("refill", "tea", "--lot", "T", "--amount", "1"), "no stock 'tea'", 4),
        (("refill", "medium", "--lot", "M2", "--amount", "5 kg"), "Write it in mL", 2),
        (("refill", "medium", "--lot", "M2", "--amount", "lots"), "Write one as in 500 mL", 2),
        (("refill", "medium", "--lot", "M2", "--amount", "2 L"), "room for 990 mL", 5),
        (("refill", "medium", "--lot", "M2", "--amount", "1 mL", "--expires", "2001-01-01"), "has expired already", 2),
        (("refill", "medium", "--lot", "M2", "--amount", "1 mL", "--expires", "soon"), "is no date", 2),
        (("count", "medium", "--lot", "M9", "--amount", "1", "--reason", "x"), "no lot M9", 4),
        (("count", "medium", "--lot", "M1", "--amount", "1", "--reason", " "), "needs a reason", 2),
    ],
)
async def test_what_cannot_be_says_what_to_do(run: Labd, words: tuple[str, ...], says: str, code: int) -> None:
    told = await run("stock", *words)
    assert says in told.output
    assert told.exit_code == code, told.output


async def test_an_instrument_goes_out_of_service_and_comes_back(lab: Served, run: Labd) -> None:
    assert "arm is out of service" in (await run("instrument", "withdraw", "arm", "--reason", "squeaks")).output
    assert "out of service: ada: squeaks" in (await run("status")).output
    assert "arm is in quarantine" in (await run("instrument", "quarantine", "arm", "--reason", "dropped one")).output
    assert lab.lab.state.instruments["arm"].service == "quarantined"
    assert "arm is in service again" in (await run("instrument", "restore", "arm", "--reason", "greased")).output
    twice = await run("instrument", "restore", "arm", "--reason", "again")
    assert twice.exit_code == 5


async def test_a_shortage_is_said_before_anything_waits(run: Labd) -> None:
    await run("stock", "count", "medium", "--lot", "M1", "--amount", "1.5 mL", "--reason", "leak")
    status = (await run("status")).output
    assert "Refill medium. 1.5 mL left" in status
    assert "labd stock refill medium" in status


async def test_labware_is_found_moved_and_remembered(lab: Served, run: Labd) -> None:
    await lab.lab.submit(lambda _, at: e.WorkcellLoaded(at=at, workcell=ROOM))
    key = await lab.draft("plates", PLATES, start=True)
    async with asyncio.timeout(60):
        revision = -1
        while len(lab.lab.state.labware) < 4:
            revision = await lab.lab.changed(revision)
    plate = f"{key}.1.1.plate"
    assert f"{plate}  standing hotel (trial 1 of plates)" in (await run("labware")).output
    full = await run("labware", "move", plate, "reader_1", "--reason", "x")
    assert full.exit_code == 4
    moved = await run("labware", "move", plate, "nests", "--reason", "the arm is slow", "--by", "eva")
    assert "standing nest_1" in moved.output
    taken = await run("labware", "move", f"{key}.2.1.plate", "nest_1", "--reason", "x")
    assert taken.exit_code == 5
    assert f"nest_1 is full: {plate}" in taken.output
    out = await run("labware", "move", plate, "out", "--reason", "it leaks")
    assert "removed" in out.output
    history = (await run("labware", plate)).output.splitlines()
    assert [line.split()[-3:] for line in history[2:]] == [
        ["its", "run", "begins"],
        ["arm", "is", "slow"],
        ["ada", "it", "leaks"],
    ]


async def test_labware_that_is_not_there_is_not_found(run: Labd) -> None:
    assert "hotel     0 of 2" in (await run("labware")).output
    told = await run("labware", "P.1.1.plate")
    assert told.exit_code == 4
    assert "no labware 'P.1.1.plate'" in told.output
