"""A network that carries nothing any more and says nothing of it: both ends find out by themselves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from labd.adapters.broker import EmbeddedBroker
from labd.mqtt import Arrived, Down, Will
from tests.system.mqtt_client import client

KEEP_ALIVE_S = 1
WE_FIND_OUT_WITHIN_S = 2 * KEEP_ALIVE_S + 1.5
"""We ask after one keep-alive and wait for another; paho looks once a second."""
THE_BROKER_FINDS_OUT_WITHIN_S = 1.5 * KEEP_ALIVE_S + 6
"""One and a half, says MQTT; mosquitto 2.0 looks every five seconds. amqtt does not look, and needs no cable."""


class Cable:
    """A way to a broker that can be cut without either end being told."""

    def __init__(self, port: int) -> None:
        self._to, self.port = port, 0
        self._carries = asyncio.Event()
        self._carries.set()
        self.connections: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Carry nothing any more; what is sent is lost, and what calls is not answered."""
        self._carries.clear()

    def mend(self) -> None:
        """Carry again what is called from now on."""
        self._carries.set()

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._connect(reader, writer))
        self.connections.add(connection)
        connection.add_done_callback(self.connections.discard)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        try:
            await asyncio.gather(self._carry(reader, back), self._carry(there, writer))
        except ConnectionError:
            pass
        finally:
            for each in (writer, back):
                each.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while carried := await reader.read(65536):
            if self._carries.is_set():
                writer.write(carried)
        await self._carries.wait()  # a cut cable does not carry the end of a connection either
        writer.close()


@asynccontextmanager
async def cable_to(port: int) -> AsyncIterator[Cable]:
    made = Cable(port)
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made
        for each in made.connections:
            each.cancel()
        await asyncio.gather(*made.connections, return_exceptions=True)


@pytest.mark.needs("mosquitto")
async def test_a_cut_cable_is_found_by_both_ends(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with EmbeddedBroker(tmp_path, prefer="mosquitto") as broker, cable_to(broker.port) as cable:
        url = f"mqtt://127.0.0.1:{cable.port}?keep_alive={KEEP_ALIVE_S}"
        async with (
            client(broker.url, "daemon", "labd/state") as daemon,
            client(url, "driver", will=Will("labd/state", b"offline")) as driver,
        ):
            assert await driver.publish("labd/state", b"idle")
            assert await daemon.arrived() == Arrived("labd/state", b"idle")
            cable.cut()
            cut_at = loop.time()
            lost = asyncio.create_task(driver.publish("labd/state", b"busy"))

            async def broker_finds_out() -> float:
                assert await daemon.arrived() == Arrived("labd/state", b"offline")
                return loop.time() - cut_at

            finding = asyncio.create_task(broker_finds_out())
            assert isinstance(await driver.next(), Down)
            assert loop.time() - cut_at < WE_FIND_OUT_WITHIN_S
            assert not await lost
            assert await finding < THE_BROKER_FINDS_OUT_WITHIN_S
            cable.mend()
            await driver.up()
            assert await driver.publish("labd/state", b"idle")
            assert await daemon.arrived() == Arrived("labd/state", b"idle")
