"""As many messages as fast as they go: `python -m tests.bench.flood URL COUNT`."""

import asyncio
import sys
from contextlib import aclosing

from labd.mqtt import MqttTransport, Up

PAYLOAD = b"x" * 400


async def main(url: str, count: int) -> None:
    """Publish them and go."""
    transport = MqttTransport(url, client_id="bench-flood", subscriptions=[])
    async with aclosing(transport.events()) as events:
        async for each in events:
            if isinstance(each, Up):
                await asyncio.gather(*(transport.publish("bench/flood", PAYLOAD) for _ in range(count)))
                return


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
