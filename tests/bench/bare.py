"""The floors on the wire: what bare aiomqtt clients do with messages of 400 bytes, QoS 1, MQTT 5, `TCP_NODELAY`.

As daemon and instruments, the two ends are two processes: `python -m tests.bench.bare URL` is the far one, which sends
back what it gets.
"""

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiomqtt

from labd.mqtt import BrokerAddress
from tests.bench.flood import PAYLOAD

WARM_UP, WAVES = 50, 500
FLOOD = 10_000


def client(url: str) -> aiomqtt.Client:
    """A bare client of a broker."""
    address = BrokerAddress.parse(url)
    it = aiomqtt.Client(
        address.host,
        address.port,
        protocol=aiomqtt.ProtocolVersion.V5,
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    )
    it.pending_calls_threshold = sys.maxsize  # above it aiomqtt logs a warning for each call
    return it


@asynccontextmanager
async def helper(module: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process beside this one, for as long as the block lasts."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, *arguments)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def round_trips(url: str, at_once: int = 1, waves: int = WAVES) -> list[float]:
    """So many messages there and back again and again, in ms a wave."""
    times: list[float] = []
    async with client(url) as here, helper("tests.bench.bare", url), asyncio.TaskGroup() as tasks:
        await here.subscribe([("bench/back", 1), ("bench/there", 1)])
        messages = aiter(here.messages)
        assert str((await anext(messages)).topic) == "bench/there"
        for _ in range(WARM_UP + waves):
            began = time.perf_counter()
            for _ in range(at_once):
                tasks.create_task(here.publish("bench/out", PAYLOAD, qos=1))
            for _ in range(at_once):
                await anext(messages)
            times.append(1e3 * (time.perf_counter() - began))
    return times[WARM_UP:]


async def subscriber_per_s(url: str) -> float:
    """How many messages a second a client receives that does nothing with them."""
    async with client(url) as here:
        await here.subscribe("bench/flood", qos=1)
        messages = aiter(here.messages)
        async with helper("tests.bench.flood", url, str(FLOOD)):
            await anext(messages)
            began = time.perf_counter()
            for _ in range(FLOOD - 1):
                await anext(messages)
            return (FLOOD - 1) / (time.perf_counter() - began)


async def send_back(url: str) -> None:
    """The far end, until its process is ended."""
    async with client(url) as there, asyncio.TaskGroup() as tasks:
        await there.subscribe("bench/out", qos=1)
        await there.publish("bench/there", b"", qos=1)
        async for message in there.messages:
            tasks.create_task(there.publish("bench/back", message.payload, qos=1))


if __name__ == "__main__":
    asyncio.run(send_back(sys.argv[1]))
