"""What an instrument that babbles costs the others: `python -m tests.bench babble`.

Ten instruments work; an eleventh says how it is `PER_S` times a second, each time something else. `next_command_ms`:
from an outcome's arrival to the next command on the way, at the ten, without and with it. `state_events_per_s`: what
the journal keeps of it. `rss_mb_start` and `rss_mb_end`: of the daemon, before it begins and after `WINDOW_S` of it.
"""

import asyncio
import os
import tempfile
from pathlib import Path

from labd.adapters.broker import EmbeddedBroker
from labd.adapters.journal import SqlJournal
from labd.adapters.mqtt_link import MqttLink
from labd.orchestrator import Orchestrator
from tests.bench.bare import helper
from tests.bench.stage import TimedLink, all_idle, laboratory, percentile, protocol, start, workcell
from tests.bench.wire import rss_mb, shape

WORKERS, PER_S, WINDOW_S = 10, 5000, 10.0


async def measure() -> dict[str, object]:
    """The figures, as `python -m tests.bench babble` prints them."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        async with EmbeddedBroker(directory / "broker") as broker:
            room = workcell(WORKERS + 1, None)
            link = TimedLink(MqttLink(broker.url, room.name, client_id="bench-daemon"))
            async with (
                helper("tests.bench.light", broker.url, room.name, str(WORKERS)),
                SqlJournal(f"sqlite:///{name}/lab.sqlite") as journal,
                laboratory(journal, link, room) as lab,
            ):
                await all_idle(lab, WORKERS)
                await start(lab, protocol(steps=20, trials=None, parallel=WORKERS))
                quiet, _ = await window(lab, link)
                rss_start = rss_mb()
                names = (room.name, f"worker_{WORKERS + 1}", str(PER_S))
                async with helper("tests.bench.babbler", broker.url, *names):
                    loud, states = await window(lab, link)
    return {
        "next_command_ms": shape(quiet),
        "next_command_ms_with_babbler": shape(loud),
        "ratio_p50": round(percentile(loud, 50) / percentile(quiet, 50), 2),
        "state_events_per_s": round(states / WINDOW_S, 1),
        "said_per_s": PER_S,
        "rss_mb_start": round(rss_start),
        "rss_mb_end": round(rss_mb()),
        "load": round(os.getloadavg()[0], 1),
    }


async def window(lab: Orchestrator, link: TimedLink) -> tuple[list[float], int]:
    """For a while: ms from each outcome to the next command of its run; and how often the last instrument changed."""
    link.reported.clear()
    link.commanded.clear()
    name = f"worker_{WORKERS + 1}"
    states, version, revision = 0, lab.state.instruments[name].version, lab.revision
    end = asyncio.get_running_loop().time() + WINDOW_S
    while asyncio.get_running_loop().time() < end:
        revision = await lab.changed(revision)
        states += lab.state.instruments[name].version != version
        version = lab.state.instruments[name].version
    return list(_next(link)), states


def _next(link: TimedLink) -> list[float]:
    taken = []
    for command, at in link.reported.items():
        run, step, attempt = command.rsplit(".", 2)
        after = link.commanded.get(f"{run}.s{int(step[1:]) + 1}.{attempt}")
        if after is not None:
            taken.append(1e3 * (after - at))
    return taken
