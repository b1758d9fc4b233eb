"""`kill -9` of whoever writes the journal, at any moment: what was reported as committed is there, whole and in order.

Run as a program, this file is that writer: it appends numbered batches for ever and reports each commit on stdout.
"""

import asyncio
import hashlib
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from labd.adapters.journal import SqlJournal
from labd.domain import events as e
from labd.domain.command import Order, Succeeded
from labd.domain.problem import Measurement, Suggestion
from labd.ports.journal import Recorded
from tests.scenery import later, protocol

KILLS = 10
TABLES = ("campaign", "trial", "command", "observation", "instrument", "quarantine")


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def digest(recorded: Recorded) -> str:
    return hashlib.sha256(recorded.event.model_dump_json().encode()).hexdigest()[:16]


# --- the writer


def batch(life: str, number: int) -> list[e.Event]:
    """One trial's story, and something big now and then."""
    at = later(number)
    campaign = f"{life}c{number}"
    run = f"{campaign}.1.1"
    order = Order(command=f"{run}.mix.1", run=run, step="mix", attempt=1, instrument="mixer_1", capability="mix")
    suggestion = Suggestion(parameters={"share": number / 1e6}, method="sobol")
    events: list[e.Event] = [
        e.CampaignDrafted(at=at, campaign=campaign, name=f"mixing {number}", protocol=protocol()),
        e.SuggestionsMade(at=at, campaign=campaign, first=1, suggestions=(suggestion,)),
        e.CommandIssued(at=at, order=order),
        e.CommandFinished(
            at=at, command=order.command, instrument="mixer_1", outcome=Succeeded(), content_hash=f"{number}"
        ),
        e.TrialObserved(at=at, trial=f"{campaign}.1", outcomes={"signal": Measurement(mean=number)}),
    ]
    if number % 5 == 0:
        events.append(e.MessageQuarantined(at=at, topic="t", reason=f"{number}", excerpt="x" * 50_000))
    return events[: 1 + number % len(events)]


async def write_for_ever(path: Path, life: str) -> None:
    print("begun", flush=True)
    async with SqlJournal(url(path)) as journal:
        number = 0
        while True:
            number += 1
            recorded = await journal.append(batch(life, number))
            print(" ".join(f"{each.sequence}:{digest(each)}" for each in recorded), flush=True)
            if number % 20 == 0:
                await journal.save_snapshot(recorded[-1].sequence, "{}" * 20_000)


# --- its end


def killed_writer(path: Path, life: int, chance: random.Random) -> dict[int, str]:
    """Let a writer live a while; by place: the digest of every event that it reported."""
    command = [sys.executable, "-m", "tests.system.test_journal_crash", str(path), f"L{life}"]
    root = Path(__file__).parents[2]
    reported: dict[int, str] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as writer:
        assert writer.stdout is not None
        for _ in range(chance.choice([1, 1, 2, 10, 40])):  # 1: it has only begun, and may be making the tables
            line = writer.stdout.readline()
            assert line, f"the writer of life {life} ended by itself"
            reported |= parsed(line)
        death = threading.Timer(chance.uniform(0, 0.3), writer.kill)
        death.start()
        for line in writer.stdout:
            reported |= parsed(line)
        death.join()
    assert writer.returncode == -9
    return reported


def parsed(line: str) -> dict[int, str]:
    """What a line reports; one that was cut off by the death reports nothing."""
    if not line.endswith("\n") or line == "begun\n":
        return {}
    return {int(place): said for place, _, said in (each.partition(":") for each in line.split())}


async def rows(journal: SqlJournal) -> dict[str, list[tuple[Any, ...]]]:
    def every(connection: Connection, table: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2"))]

    return await journal._database.read(lambda connection: {table: every(connection, table) for table in TABLES})


async def test_kill_nine_loses_no_reported_event_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    path, chance = tmp_path / "lab.sqlite", random.Random(11)
    reported: dict[int, str] = {}
    for life in range(KILLS):
        reported |= await asyncio.to_thread(killed_writer, path, life, chance)
    async with SqlJournal(url(path)) as journal:
        found = [each async for each in journal.read()]
        digests = {each.sequence: digest(each) for each in found}
        live = await rows(journal)
        await journal.rebuild_projections()
        assert await rows(journal) == live
        await journal.append([e.LinkLost(at=later(0))])
    assert len(reported) > 50
    assert {place: digests.get(place) for place in reported} == reported
    assert [each.sequence for each in found] == list(range(1, len(found) + 1))
    assert whole(found)


def whole(found: list[Recorded]) -> bool:
    """Whether every batch that is there is there to its end, in one piece."""
    position = 0
    while position < len(found):
        first = found[position].event
        assert isinstance(first, e.CampaignDrafted)
        life, _, number = first.campaign.partition("c")
        expected = batch(life, int(number))
        assert [each.event for each in found[position : position + len(expected)]] == expected
        position += len(expected)
    return True


if __name__ == "__main__":
    asyncio.run(write_for_ever(Path(sys.argv[1]), sys.argv[2]))
