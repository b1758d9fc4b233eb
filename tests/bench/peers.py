"""Eight workflows of three no-op steps on eight instruments: what the peers were measured with.

`workflows_8x3_s`: from the order to start the campaign to its end, on disk; 24 commands through eight real driver
processes with their ledgers. Median of several campaigns, one after the other in one laboratory; `first_s` is the
first, with everything cold. `floor_s`: three waves of eight messages, there and back between two bare connections on
the same broker.
"""

import tempfile
import time
from pathlib import Path

from labd.adapters.broker import EmbeddedBroker
from labd.adapters.driver_processes import DriverProcesses
from labd.adapters.journal import SqlJournal
from labd.adapters.mqtt_link import MqttLink
from tests.bench.bare import round_trips
from tests.bench.stage import all_idle, finished, laboratory, percentile, protocol, start, workcell

INSTRUMENTS, STEPS, TIMES = 8, 3, 9


async def measure() -> dict[str, object]:
    """The figures, as `python -m tests.bench peers` prints them."""
    room = workcell(INSTRUMENTS)
    workflows = protocol(steps=STEPS, trials=INSTRUMENTS, parallel=INSTRUMENTS)
    took_s = []
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        async with EmbeddedBroker(directory / "broker") as broker:
            waves_ms = await round_trips(broker.url, INSTRUMENTS)
            async with (
                SqlJournal(f"sqlite:///{directory / 'lab.sqlite'}") as journal,
                DriverProcesses(room, broker.url, directory / "drivers", {}),
                laboratory(journal, MqttLink(broker.url, room.name, client_id="bench-daemon"), room) as lab,
            ):
                for _ in range(TIMES):
                    await all_idle(lab, INSTRUMENTS)
                    began = time.perf_counter()
                    await finished(lab, await start(lab, workflows))
                    took_s.append(time.perf_counter() - began)
            kind = broker.kind
    return {
        "workflows_8x3_s": round(percentile(took_s, 50), 3),
        "first_s": round(took_s[0], 3),
        "floor_s": round(STEPS * percentile(waves_ms, 50) / 1e3, 4),
        "broker": kind,
        "times": TIMES,
    }
