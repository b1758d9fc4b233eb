"""How long labd itself takes between two steps, and what a command costs over a raw round trip on the same broker.

`next_command_ms`: from a step's final report leaving the link into the daemon, to the next step's command being handed
to the link: reception, life cycles, scheduling and the journal's commit on disk. `round_trip_ratio_p50`: from a command
being handed to the link to its final report coming out of it, through a real driver process with its durable ledger,
divided by client-broker-client-broker-client with two bare connections of the same transport.
"""

import tempfile
from pathlib import Path

from labd.adapters.broker import EmbeddedBroker
from labd.adapters.driver_processes import DriverProcesses
from labd.adapters.journal import SqlJournal
from labd.adapters.mqtt_link import MqttLink
from tests.bench.bare import WARM_UP, round_trips
from tests.bench.stage import (
    TimedLink,
    finished,
    laboratory,
    percentile,
    protocol,
    start,
    workcell,
)

STEPS, TRIALS = 10, 50


async def measure() -> dict[str, object]:
    """The figures, as `python -m tests.bench loop` prints them."""
    room = workcell(1)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        async with EmbeddedBroker(directory / "broker") as broker:
            raw_ms = await round_trips(broker.url)
            link = TimedLink(MqttLink(broker.url, room.name, client_id="bench-daemon"))
            async with (
                SqlJournal(f"sqlite:///{directory / 'lab.sqlite'}") as journal,
                DriverProcesses(room, broker.url, directory / "drivers", {}),
                laboratory(journal, link, room) as lab,
            ):
                await finished(lab, await start(lab, protocol(steps=STEPS, trials=TRIALS)))
            kind = broker.kind
    between = [
        1e3 * (at - link.reported[before]) for command, at in link.commanded.items() if (before := predecessor(command))
    ][WARM_UP:]
    took = [1e3 * (link.reported[command] - at) for command, at in link.commanded.items()][WARM_UP:]
    return {
        "next_command_ms_p50": round(percentile(between, 50), 3),
        "next_command_ms_p99": round(percentile(between, 99), 3),
        "round_trip_ratio_p50": round(percentile(took, 50) / percentile(raw_ms, 50), 2),
        "broker": kind,
        "round_trip_ms_p50": round(percentile(took, 50), 3),
        "raw_round_trip_ms_p50": round(percentile(raw_ms, 50), 3),
        "steps": len(between),
    }


def predecessor(command: str) -> str | None:
    """The command of the step before, in the same run."""
    run, step, attempt = command.rsplit(".", 2)
    return f"{run}.s{int(step[1:]) - 1}.{attempt}" if step != "s0" else None
