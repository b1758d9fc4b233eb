"""Steps that a person does, and steps that they take in hand: command line, API, and what the page is told."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from labd.cli import labd
from labd.domain.command import Succeeded
from labd.domain.step_events import PersonAnswered, PersonAsked, StepChanged
from labd.domain.steps import PERSON, Prompt, Step
from labd.lifecycles import Laboratory
from labd.lifecycles.trial import TrialStatus
from labd.wire.messages import Control
from tests.scenery import protocol
from tests.system.served import Served, served

Labd = Callable[..., Coroutine[None, None, Result]]
WITHIN_S = 60.0
PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(1_500_000)
"""Larger than what else a request may hold."""


@pytest.fixture
async def lab() -> AsyncIterator[Served]:
    mixing = protocol(trials=1, parallel=1, retries=3)
    prompt = Prompt(text="Is ${run.id} clear?", options=("clear", "cloudy"), note=True, photo=True)
    look = Step(name="look", role=PERSON, capability="answer", prompt=prompt, after=("mix",))
    read = mixing.steps[1].model_copy(update={"after": ("look",), "when": "${steps.look.option == 'clear'}"})
    async with served() as it:
        it.instruments.wake()
        await it.draft("mixing", mixing.model_copy(update={"steps": (mixing.steps[0], look, read)}), start=True)
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


async def until(lab: Served, true: Callable[[Laboratory], Any]) -> None:
    async with asyncio.timeout(WITHIN_S):
        revision = -1
        while not true(lab.lab.state):
            revision = await lab.lab.changed(revision)


async def asked(lab: Served) -> str:
    """The run in which a person is asked."""
    order = await asyncio.wait_for(lab.instruments.next_order(), WITHIN_S)
    lab.instruments.finish(order, Succeeded(result={"volume": 1.0}))
    await until(lab, lambda state: any(each.steps["look"].asked for each in state.runs.values()))
    return order.run


async def test_a_person_is_asked_and_answers_with_a_note_and_a_photo(lab: Served, run: Labd, tmp_path: Path) -> None:
    key = await asked(lab)
    status = (await run("status")).output
    assert f"Is {key} clear?" in status
    assert f"labd answer {key} look --option clear|cloudy --note TEXT --photo FILE" in status
    photo = tmp_path / "flask.png"
    photo.write_bytes(PHOTO)
    refused = await run("answer", key, "look", "--option", "clear")
    assert (refused.exit_code, "A photo is wanted" in refused.stderr) == (2, True)
    assert (await run("answer", key, "look", "--option", "green", "--photo", str(photo))).exit_code == 2
    assert (await run("answer", key, "stir", "--option", "clear")).exit_code == 4
    said = await run("answer", key, "look", "--option", "clear", "--note", "a little foam", "--photo", str(photo))
    assert said.output == f"look of {key}: answered.\n"
    assert (await run("answer", key, "look", "--option", "clear", "--photo", str(photo))).exit_code == 5
    (answered,) = [each for each in await lab.events() if isinstance(each, PersonAnswered)]
    assert (answered.by, answered.result["option"], answered.result["note"]) == ("ada", "clear", "a little foam")
    order = await asyncio.wait_for(lab.instruments.next_order(), WITHIN_S)
    assert order.step == "read", "the answer chose it"
    ((attached,),) = [each.data for each in lab.lab.state.trials.values()]
    assert (attached.step, attached.blob.name, attached.blob.size_bytes) == ("look", "flask.png", len(PHOTO))
    assert lab.lab.store.open(attached.blob.sha256).read() == PHOTO


async def test_the_page_is_told_what_is_asked(lab: Served) -> None:
    key = await asked(lab)
    async with httpx.AsyncClient(base_url=f"{lab.url}/api/v1") as http:
        (question,) = (await http.get("now")).json()["questions"]
        wanted = {
            "asks": f"Is {key} clear?",
            "run": key,
            "step": "look",
            "status": "asked",
            "note": True,
            "photo": True,
        }
        assert {name: question[name] for name in wanted} == wanted
        assert question["options"] == ["clear", "cloudy"]
        too_much = await http.post("data", content=bytes(20_000_001), headers={"content-type": "image/png"})
        assert too_much.status_code == 413
        body = {"option": "clear", "photo": {"blob": f"sha256:{'0' * 64}", "size_bytes": 3}}
        assert (await http.post(f"runs/{key}/steps/look/answer", json=body)).status_code == 404, "it was not uploaded"
        assert (await http.post("data", content=b"")).status_code == 422


async def test_a_person_takes_steps_in_hand(lab: Served, run: Labd) -> None:
    order = await asyncio.wait_for(lab.instruments.next_order(), WITHIN_S)
    key = order.run
    assert (await run("step", "skip", key, "mix")).exit_code == 2, "a reason is required"
    assert (await run("step", "skip", key, "mix", "--reason", "x")).exit_code == 5, "it is in hand"
    assert (await run("step", "abort", key, "mix", "--reason", "it leaks")).output == f"mix of {key}: given up.\n"
    while not isinstance(told := (await asyncio.wait_for(lab.instruments.sent.get(), WITHIN_S)).body, Control):
        pass
    assert (told.action, told.command, told.reason) == ("cancel", order.command, "it leaks")
    assert (await run("step", "skip", key, "look", "--reason", "nobody is here")).exit_code == 0
    lab.instruments.finish(order, Succeeded(result={"volume": 1.0}))
    await until(lab, lambda state: key not in state.runs or state.runs[key].steps["look"].status == "skipped")
    changes = [(each.step, each.change) for each in await lab.events() if isinstance(each, StepChanged)]
    assert changes == [("mix", "abort"), ("look", "skip")]
    assert not [each for each in await lab.events() if isinstance(each, PersonAsked)]


async def test_a_step_that_was_done_by_hand_gives_what_is_said_of_it(lab: Served, run: Labd) -> None:
    key = await asked(lab)
    assert (await run("step", "skip", key, "look", "--reason", "no time", "--result", "a=1")).exit_code == 2
    done = await run("step", "done", key, "look", "--reason", "I looked", "--result", "option=clear")
    assert done.output == f"look of {key}: done.\n"
    order = await asyncio.wait_for(lab.instruments.next_order(), WITHIN_S)
    lab.instruments.finish(order, Succeeded(result={"signal": 0.5}))
    await until(lab, lambda state: all(each.status is TrialStatus.OBSERVED for each in state.trials.values()))
