"""A raw client for tests: what happens on its connection, one after the other."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from labd.mqtt import Arrived, Down, MqttTransport, Up, Will

WITHIN_S = 60.0


class Client:
    """A transport whose happenings are taken one by one."""

    def __init__(self, url: str, client_id: str, subscriptions: Sequence[str], will: Will | None) -> None:
        self.transport = MqttTransport(url, client_id=client_id, subscriptions=subscriptions, will=will)
        self.publish = self.transport.publish
        self._happened: asyncio.Queue[Arrived | Up | Down] = asyncio.Queue()

    async def next(self) -> Arrived | Up | Down:
        return await asyncio.wait_for(self._happened.get(), WITHIN_S)

    def waiting(self) -> Arrived | Up | Down | None:
        """What has happened already, if there is more of it."""
        return None if self._happened.empty() else self._happened.get_nowait()

    async def up(self) -> str:
        """Wait for the connection; the version that it speaks."""
        while True:
            match await self.next():
                case Up(version):
                    return version

    async def arrived(self) -> Arrived:
        happened = await self.next()
        assert isinstance(happened, Arrived), happened
        return happened

    async def listen(self) -> None:
        async for happening in self.transport.events():
            self._happened.put_nowait(happening)


@asynccontextmanager
async def client(
    url: str, client_id: str, *subscriptions: str, will: Will | None = None, wait: bool = True
) -> AsyncIterator[Client]:
    """A client, up unless told otherwise."""
    made = Client(url, client_id, subscriptions, will)
    listening = asyncio.create_task(made.listen())
    try:
        if wait:
            await made.up()
        yield made
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
