"""`kill -9` of every part, in the middle of its work: nothing lost, nothing done twice, what is not known is asked."""

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.system.lab_process import LabProcess, furnish, journal, ledgers, physical

KILLS = {"daemon": 20, "driver": 10, "broker": 10, "planner": 10}
PATIENCE = 4000
"""So many events without an end mean that the laboratory stands still."""


@pytest.mark.needs("mosquitto")
@pytest.mark.timeout(280)
@pytest.mark.parametrize("part", KILLS)
def test_kill_nine_loses_nothing_and_repeats_nothing(part: str, tmp_path: Path) -> None:
    chance = random.Random(part)
    protocol = furnish(tmp_path, speed=1000.0, seed=3, trials=KILLS[part] + 4)
    with LabProcess(tmp_path) as lab:
        key = lab.post(
            "campaigns",
            {"protocol": protocol.read_text(), "file": protocol.name, "seed": 1, "start": True, "by": "test"},
        )["id"]
        for _ in range(KILLS[part]):
            wait_for_events(lab, chance.randrange(1, 14))
            kill(lab, part, chance)
            answer_questions(lab)
        final = run_to_its_end(lab, key)
    assert final["status"] == "finished"
    assert final["trials"] == KILLS[part] + 4
    agree(tmp_path)


def wait_for_events(lab: LabProcess, count: int) -> None:
    """Until so many more things have happened: a moment that differs each time."""
    version = lab.get("now")["version"]
    for seen, event in enumerate(lab.events(version), 1):
        answer_questions(lab, event)
        if seen >= count or event["kind"] in ("campaign_finished", "campaign_paused"):
            return


def kill(lab: LabProcess, part: str, chance: random.Random) -> None:
    match part:
        case "daemon":
            lab.kill()
            lab.start()
        case "driver":
            drivers = lab.children("labd.driver_kit")
            if drivers:
                chance.choice(drivers).kill()
        case "broker":
            for broker in lab.children("mosquitto", "-c"):
                broker.kill()
        case "planner":
            for worker in lab.children("planner_worker"):
                worker.kill()


def answer_questions(lab: LabProcess, event: dict[str, Any] | None = None) -> None:
    """What a person does about an action of which nobody knows whether it happened: give the sample up."""
    if event is not None and (event["kind"] != "command_finished" or event["outcome"]["kind"] != "unknown"):
        return
    for question in lab.get("now")["questions"]:
        answer: dict[str, object] = {"resolution": "discard", "by": "test", "reason": "cannot be known"}
        lab.post(f"commands/{question['command']}/resolve", answer)


def run_to_its_end(lab: LabProcess, key: str) -> dict[str, Any]:
    for count, event in enumerate(lab.events()):
        assert count < PATIENCE
        answer_questions(lab, event)
        if event["kind"] == "campaign_finished":
            break
        if event["kind"] == "campaign_paused" and lab.get(f"campaigns/{key}")["campaign"]["status"] == "paused":
            lab.post(f"campaigns/{key}/resume", {"by": "test", "reason": "go on"})
    final: dict[str, Any] = lab.get(f"campaigns/{key}")["campaign"]
    return final


def agree(directory: Path) -> None:
    """Three books that were kept independently tell the same story."""
    events = journal(directory)
    finished = {each["command"]: each for each in events if each["kind"] == "command_finished"}
    assert len(finished) == sum(each["kind"] == "command_finished" for each in events), "an outcome was recorded twice"

    reported = {command: digest for command, digest in ledgers(directory).items() if digest}
    lost = {command for command in reported if command not in finished}
    assert not lost, f"reported by a driver and not in the journal: {lost}"
    assert all(finished[command]["content_hash"] == digest for command, digest in reported.items())

    begun = Counter(line["command"] for line in physical(directory) if line["event"] == "begun")
    twice = {command: times for command, times in begun.items() if times > 1}
    assert not twice, f"physically done more than once: {twice}"

    done = {line["command"] for line in physical(directory) if line["event"] == "done"}
    issued = {each["order"]["command"] for each in events if each["kind"] == "command_issued"}
    assert begun.keys() <= issued
    for command, event in finished.items():
        if event["outcome"]["kind"] == "succeeded":
            assert command in done, f"{command} is reported as done and was not"
        if event["outcome"]["kind"] == "refused":
            assert command not in begun
    assert issued <= finished.keys(), "an order was forgotten"
