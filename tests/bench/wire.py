"""How many results a second the daemon takes for good, what each costs, and what a command costs over the bare wire.

The daemon's side is real: `MqttLink`, `Orchestrator`, `SqlJournal` on a disk. The instruments are simulated in one
helper process (`tests.bench.light`): command, accepted, outcome, acknowledgement over a real broker. Each has one
command at a time, as instruments have, so with few of them the latency is what is measured, and with many the daemon.
Trials are chains of `STEPS` steps, one trial for each instrument at a time, so that planner and analysis (which cost
nothing here, and are asked once a trial) come once in `STEPS` results.

A result counts when its acknowledgement leaves: it is on disk with its events (issued, accepted, finished) and their
projections. `ingest_ratio` is over the slower of two floors, measured in the same run while the daemon does not run:
`subscriber_per_s`, what one bare aiomqtt client receives of a flood of 400-byte messages, and `commits_per_s`, rows of
400 bytes in SQLite with `synchronous=FULL`, in commits of as many rows as there are instruments (512 at most). Both are
one way, without an end: one instrument with one command at a time cannot reach them over any wire. So there is also
`ingest_ratio_of_loop`, over `loop_per_s`: as many 400-byte messages there and back between bare clients as there are
instruments, then one commit of as many rows, and so on. For each result the daemon takes two messages, sends two and
writes three events with their projections.

`round_trip_ratio_p50`: one instrument; from a command being handed to the link to its outcome coming out of it, over a
round trip of two bare clients; `..._durable` until its acknowledgement is handed to the link, after the commit.
`cpu_us_per_result` (all threads of the daemon) is that with 100 instruments; so are the two `rss_mb`, the second after
as many results as `python -m tests.bench wire RESULTS` says, by default 100,000. `instruments_cpu_us_per_result` is of
the process that plays the instruments: on two cores it competes with the daemon and the broker.
"""

import asyncio
import os
import resource
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from labd.adapters.broker import EmbeddedBroker
from labd.adapters.journal import SqlJournal
from labd.adapters.mqtt_link import MqttLink
from labd.adapters.random_ids import RandomIds
from labd.orchestrator import Orchestrator
from labd.wire.messages import Ack
from tests.bench import bare
from tests.bench.flood import PAYLOAD
from tests.bench.stage import (
    CountingLink,
    TimedLink,
    all_idle,
    finished,
    laboratory,
    percentile,
    protocol,
    start,
    workcell,
)

STEPS = 20
ROOMS = (1, 10, 100, 1000)
LONG = 100
"""Instruments in the long run."""
WINDOW_S = 10.0
FLOOR_ROWS = 20_000
GROUP = 512


L = TypeVar("L", TimedLink, CountingLink)


class Taken(NamedTuple):
    """What the daemon took in a while."""

    per_s: float
    cpu_us: float
    """Of the daemon, a result."""
    instruments_us: float
    """Of the process that plays the instruments."""


@dataclass(frozen=True)
class Room(Generic[L]):
    """A laboratory at work."""

    lab: Orchestrator
    link: L
    campaign: str
    instruments: int
    """The process that plays them."""


async def measure(long: int = 100_000) -> dict[str, object]:
    """The figures, as `python -m tests.bench wire` prints them."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        async with EmbeddedBroker(directory / "broker") as broker:
            url, kind = broker.url, broker.kind
            raw_ms = await bare.round_trips(url)
            seen_ms, durable_ms = await round_trips(url, directory)
            subscriber = await bare.subscriber_per_s(url)
            taken = {each: await ingest(url, directory, each) for each in ROOMS}
            commits = {each: commits_per_s(directory, min(each, GROUP)) for each in ROOMS}
            waves_s = {each: percentile(await bare.round_trips(url, each, 50), 50) / 1e3 for each in ROOMS}
            rss_start, rss_end = await memory(url, directory, long)
    raw = percentile(raw_ms, 50)
    floors = {each: min(subscriber, commits[each]) for each in ROOMS}
    loops = {each: each / (waves_s[each] + each / commits[each]) for each in ROOMS}
    return {
        "round_trip_ratio_p50": round(percentile(seen_ms, 50) / raw, 2),
        "round_trip_ratio_p50_durable": round(percentile(durable_ms, 50) / raw, 2),
        "ingest_per_s": {each: round(it.per_s) for each, it in taken.items()},
        "ingest_ratio": {each: round(it.per_s / floors[each], 3) for each, it in taken.items()},
        "ingest_ratio_of_loop": {each: round(it.per_s / loops[each], 3) for each, it in taken.items()},
        "cpu_us_per_result": round(taken[LONG].cpu_us),
        "rss_mb_start": round(rss_start),
        "rss_mb_end": round(rss_end),
        "results": long,
        "instruments_cpu_us_per_result": round(taken[LONG].instruments_us),
        "round_trip_ms": shape(seen_ms),
        "round_trip_ms_durable": shape(durable_ms),
        "raw_round_trip_ms": shape(raw_ms),
        "subscriber_per_s": round(subscriber),
        "loop_per_s": {each: round(rate) for each, rate in loops.items()},
        "commits_per_s": {each: round(rate) for each, rate in commits.items()},
        "broker": kind,
        "load": round(os.getloadavg()[0], 1),
    }


def shape(values: list[float]) -> dict[str, float]:
    """Median and 99th percentile."""
    return {f"p{percent}": round(percentile(values, percent), 3) for percent in (50, 99)}


# --- the daemon


@asynccontextmanager
async def at_work(
    url: str, directory: Path, instruments: int, make: Callable[[MqttLink], L], trials: int | None
) -> AsyncIterator[Room[L]]:
    """A campaign that has just begun on so many simulated instruments, in a room of its own: the broker retains what
    those of another room said."""
    room = workcell(instruments, None)
    room = room.model_copy(update={"name": f"bench_{RandomIds().ulid().lower()}"})
    link = make(MqttLink(url, room.name, client_id="bench-daemon"))
    with tempfile.TemporaryDirectory(dir=directory) as name:
        async with (
            bare.helper("tests.bench.light", url, room.name, str(instruments)) as process,
            SqlJournal(f"sqlite:///{name}/lab.sqlite") as journal,
            laboratory(journal, link, room) as lab,
        ):
            await all_idle(lab, instruments)
            key = await start(lab, protocol(steps=STEPS, trials=trials, parallel=instruments))
            yield Room(lab, link, key, process.pid)


async def round_trips(url: str, directory: Path) -> tuple[list[float], list[float]]:
    """Of each command, in ms: until its outcome is here, and until it is on disk."""
    async with at_work(url, directory, 1, TimedLink, 500 // STEPS) as room:
        await finished(room.lab, room.campaign)
    link, began = room.link, list(room.link.commanded.items())[bare.WARM_UP :]
    return (
        [1e3 * (link.reported[command] - at) for command, at in began],
        [1e3 * (link.acknowledged[command] - at) for command, at in began],
    )


async def ingest(url: str, directory: Path, instruments: int) -> Taken:
    """At full speed for a while, after a start that does not count."""
    async with at_work(url, directory, instruments, CountingLink, None) as room:
        await acknowledged(room, max(2 * instruments, 200))
        began, cpu, theirs = time.perf_counter(), time.process_time(), cpu_s(room.instruments)
        before = room.link.sent[Ack]
        await asyncio.sleep(WINDOW_S)
        count = room.link.sent[Ack] - before
        return Taken(
            count / (time.perf_counter() - began),
            1e6 * (time.process_time() - cpu) / count,
            1e6 * (cpu_s(room.instruments) - theirs) / count,
        )


def cpu_s(process: int) -> float:
    """Processor time that another process has used."""
    used = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


async def acknowledged(room: Room[CountingLink], results: int) -> None:
    """Until so many results are on disk."""
    revision = 0
    while room.link.sent[Ack] < results:
        revision = await room.lab.changed(revision)


async def memory(url: str, directory: Path, results: int) -> tuple[float, float]:
    """MB after the first tenth of the results, and after all of them."""
    async with at_work(url, directory, LONG, CountingLink, None) as room:
        await acknowledged(room, results // 10)
        begin = rss_mb()
        await acknowledged(room, results)
        return begin, rss_mb()


def rss_mb() -> float:
    """What this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


# --- floors


def commits_per_s(directory: Path, rows: int) -> float:
    """How many rows a second are on disk in commits of so many rows."""
    into = sqlite3.connect(directory / f"floor{rows}.sqlite", isolation_level=None)
    into.execute("PRAGMA journal_mode = WAL")
    into.execute("PRAGMA synchronous = FULL")
    into.execute("CREATE TABLE result (sequence INTEGER PRIMARY KEY, payload BLOB)")
    times = min(FLOOR_ROWS // rows, 1000)
    began = time.perf_counter()
    for _ in range(times):
        into.execute("BEGIN")
        into.executemany("INSERT INTO result (payload) VALUES (?)", [(PAYLOAD,)] * rows)
        into.execute("COMMIT")
    took = time.perf_counter() - began
    into.close()
    return times * rows / took
