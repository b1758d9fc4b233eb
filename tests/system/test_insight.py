"""Why a trial was suggested, and what the model believes: over HTTP and on the command line."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from labd.cli import labd
from labd.cli.client import Client
from labd.domain.errors import InvalidInput, NotFound
from labd.domain.problem import Measurement
from labd.orchestrator import requests
from tests.system.served import Served, served

Labd = Callable[..., Awaitable[Result]]


@pytest.fixture
async def lab() -> AsyncIterator[Served]:
    async with served() as it:
        yield it


@pytest.fixture
def run(lab: Served, tmp_path: Path) -> Labd:
    (tmp_path / ".labd").mkdir()
    (tmp_path / ".labd" / "daemon.json").write_text(json.dumps({"url": lab.url, "pid": os.getpid()}))

    async def invoke(*arguments: str) -> Result:
        environment = {"LABD_LAB": str(tmp_path), "USER": "ada"}
        return await asyncio.to_thread(CliRunner().invoke, labd, arguments, env=environment, catch_exceptions=False)

    return invoke


async def tell(lab: Served, share: float) -> None:
    value = {"signal": Measurement(mean=10 - 20 * (share - 0.6) ** 2)}
    await requests.tell(lab.lab, "mixing", {"share": share}, value)


async def get(lab: Served, *path: str) -> Any:
    return await asyncio.to_thread(Client(lab.url).get, *path)


async def test_the_model_is_asked_once_for_all_who_look_and_again_when_there_is_something_new(lab: Served) -> None:
    await lab.draft("mixing")
    for share in (0.0, 0.2, 0.4, 0.8, 1.0):
        await tell(lab, share)
    both = await asyncio.gather(get(lab, "campaigns", "mixing", "insight"), get(lab, "campaigns", "mixing", "insight"))
    assert both[0] == both[1]
    assert lab.believes.asked == 1
    (of,) = both[0]["outcomes"]
    assert of["measured"] == 5
    assert 0.4 < of["optimum"]["parameters"]["share"] < 0.8
    assert of["leverage"][0]["called"].startswith("told by hand ")
    assert set(both[0]["figures"]) == {"slices", "calibration", "leverage"}
    await tell(lab, 0.6)
    assert (await get(lab, "campaigns", "mixing", "insight"))["outcomes"][0]["measured"] == 6
    assert lab.believes.asked == 2


async def test_before_there_is_a_result_the_card_says_so(lab: Served) -> None:
    await lab.draft("mixing")
    told = await get(lab, "campaigns", "mixing", "insight")
    assert (told["outcomes"], told["figures"], told["best"]) == ([], {}, None)
    assert told["card"]["caveats"] == ["No model has spoken yet: there is nothing to learn from."]


async def test_why_a_trial_was_suggested(lab: Served) -> None:
    await lab.draft("mixing", start=True)
    lab.instruments.wake()
    await lab.instruments.next_order()
    view = await get(lab, "campaigns", "mixing", "trials", "1", "explanation")
    assert (view["method"], view["reason"]) == ("thirds", "It is a third.")
    assert view["explanation"]["attributions"] == {"share": 2.0}
    assert view["explanation"]["nearest"] == [{"called": "told by hand 1", "trial": "C.told1", "distance": 0.3}]
    with pytest.raises(NotFound, match="no trial 7"):
        await get(lab, "campaigns", "mixing", "trials", "7", "explanation")
    with pytest.raises(InvalidInput):
        await get(lab, "campaigns", "mixing", "trials", "seven", "explanation")


async def test_the_command_line_tells_it(lab: Served, run: Labd) -> None:
    await lab.draft("mixing", start=True)
    lab.instruments.wake()
    await lab.instruments.next_order()
    trial = await run("explain", "mixing", "1")
    assert trial.exit_code == 0
    assert "Trial 1, by thirds: It is a third." in trial.stdout
    assert "told by hand 1 (0.3)" in trial.stdout
    assert "- share is at its lower bound, 0.3333" in trial.stdout
    row = next(line for line in trial.stdout.splitlines() if line.startswith("share"))
    assert row.split() == ["share", "0.3333", "0.5", "+2", "-0.25"]
    for share in (0.0, 0.2, 0.4, 0.8, 1.0):
        await tell(lab, share)
    told = await run("explain", "mixing")
    assert told.exit_code == 0
    assert "signal, from 5 measurements" in told.stdout
    assert "Optimum expected at share 0." in told.stdout
    as_json = json.loads((await run("explain", "mixing", "--json")).stdout)
    assert as_json["outcomes"][0]["measured"] == 5
    assert "figures" not in as_json
    assert (await run("explain", "nothing")).exit_code == 4
