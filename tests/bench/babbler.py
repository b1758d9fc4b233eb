"""An instrument that says how it is all the time: `python -m tests.bench.babbler URL WORKCELL NAME PER_S`."""

import asyncio
import sys
from contextlib import aclosing

from labd.domain.capability import Descriptor
from labd.mqtt import MqttTransport, Up
from labd.wire.messages import Birth, State
from labd.wire.topics import topic
from tests.bench.stage import NOOP

TICK_S = 0.01


async def main(url: str, workcell: str, name: str, per_s: int) -> None:
    """Birth, and then one state after the other, each another one than the last."""
    transport = MqttTransport(url, client_id=f"bench-babbler-{name}", subscriptions=[])
    birth = Birth(descriptor=Descriptor(instrument=name, session="b1", capabilities=(NOOP,)))
    async with asyncio.TaskGroup() as tasks, aclosing(transport.events()) as events:
        async for each in events:
            if isinstance(each, Up):
                await transport.publish(topic(workcell, name, "descriptor"), birth.model_dump_json().encode())
                tasks.create_task(babble(transport, topic(workcell, name, "state"), per_s))


async def babble(transport: MqttTransport, where: str, per_s: int) -> None:
    """Without end, as evenly as the machine allows."""
    loop = asyncio.get_running_loop()
    began, said = loop.time(), 0
    while True:
        due = int((loop.time() - began) * per_s)
        while said < due:
            said += 1
            state = State(session="b1", sequence=said, status="error", message=f"it is {said} now")
            await transport.publish(where, state.model_dump_json().encode(), qos=0)
        await asyncio.sleep(TICK_S)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
