"""Both brokers as processes, and the transport on them: what survives a death, and whose."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from labd.adapters.broker import EmbeddedBroker
from labd.adapters.broker.programs import Kind, command
from labd.domain.errors import Unavailable
from labd.mqtt import Arrived, Beside, Down, MqttTransport, Up, Will
from tests.system.mqtt_client import WITHIN_S, client

KINDS = [pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto")), "amqtt"]
both = pytest.mark.parametrize("kind", KINDS)
mosquitto = pytest.mark.parametrize("kind", KINDS[:1])

ONE_THAT_IS_KILLED = """
import asyncio, sys
from labd.mqtt import MqttTransport, Up, Will

async def main(url):
    transport = MqttTransport(url, client_id="doomed", subscriptions=(), will=Will("labd/state", b"offline of S1"))
    async for happening in transport.events():
        assert await transport.publish("labd/state", b"idle of S1", retain=True)

asyncio.run(main(sys.argv[1]))
"""
A_DAEMON = """
import asyncio, sys
from pathlib import Path
from labd.adapters.broker import EmbeddedBroker

async def main(directory, kind):
    async with EmbeddedBroker(Path(directory), prefer=kind) as broker:
        print(broker.pid, broker.port, flush=True)
        await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
async def broker(kind: Kind, tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    async with EmbeddedBroker(tmp_path / "broker", prefer=kind) as running:
        yield running


@both
async def test_it_listens_to_this_machine_alone(broker: EmbeddedBroker) -> None:
    sockets = psutil.Process(broker.pid).net_connections("tcp")
    listening = {(each.laddr.ip, each.laddr.port) for each in sockets if each.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", broker.port)}


# --- what a broker carries


@both
async def test_what_is_retained_and_what_is_large_and_in_which_order(broker: EmbeddedBroker) -> None:
    large = bytes(range(256)) * (5_000_000 // 256)
    async with client(broker.url, "driver") as driver:
        assert await driver.publish("labd/birth", b"mixer", retain=True)
        async with client(broker.url, "daemon", "labd/#") as daemon:
            assert await daemon.arrived() == Arrived("labd/birth", b"mixer")
            for number in range(300):
                assert await driver.publish("labd/report", b"%d" % number)
            assert [(await daemon.arrived()).payload for _ in range(300)] == [b"%d" % each for each in range(300)]
            assert await driver.publish("labd/report", large)
            assert (await daemon.arrived()).payload == large


@both
async def test_the_version_is_found_out(broker: EmbeddedBroker) -> None:
    address = broker.url.removesuffix("?version=3.1.1")
    async with client(address, "asks", wait=False) as asks:
        assert await asks.next() == Up("5" if broker.kind == "mosquitto" else "3.1.1")
        assert await asks.publish("labd/command", b"soon", beside=Beside(expiry_s=60))
    async with client(address + "?version=3.1.1", "older", wait=False) as older:
        assert await older.next() == Up("3.1.1")


@pytest.mark.parametrize("kind", ["amqtt"])
async def test_a_version_that_is_asked_for_is_insisted_upon(broker: EmbeddedBroker) -> None:
    async with client(broker.url.replace("3.1.1", "5"), "newer", wait=False) as newer:
        assert await newer.next() == Down("[code:132] Unsupported protocol version")
        assert not await newer.publish("labd/x", b"")


# --- a client dies


@both
async def test_the_will_of_a_killed_process_is_said_and_retained(broker: EmbeddedBroker) -> None:
    async with client(broker.url, "daemon", "labd/state") as daemon:
        doomed = await asyncio.create_subprocess_exec(sys.executable, "-c", ONE_THAT_IS_KILLED, broker.url)
        assert await daemon.arrived() == Arrived("labd/state", b"idle of S1")
        doomed.kill()
        await doomed.wait()
        assert await daemon.arrived() == Arrived("labd/state", b"offline of S1")
    async with client(broker.url, "later", "labd/state") as later:
        assert await later.arrived() == Arrived("labd/state", b"offline of S1")


@both
async def test_a_client_that_leaves_says_no_will(broker: EmbeddedBroker) -> None:
    async with client(broker.url, "daemon", "labd/#") as daemon:
        async with client(broker.url, "driver", will=Will("labd/state", b"offline")):
            pass
        assert await daemon.publish("labd/after", b"")
        assert await daemon.arrived() == Arrived("labd/after", b"")


@mosquitto
async def test_two_clients_of_one_name_give_each_other_time(broker: EmbeddedBroker) -> None:
    async with client(broker.url, "twin") as first, client(broker.url, "twin"):
        assert isinstance(await first.next(), Down)
        began = asyncio.get_running_loop().time()
        for _ in range(5):
            await first.up()
        assert asyncio.get_running_loop().time() - began > 0.05


# --- the broker dies


@both
async def test_a_killed_broker_is_back_on_its_port_and_so_are_its_clients(broker: EmbeddedBroker) -> None:
    async with client(broker.url, "driver") as driver, client(broker.url, "daemon", "labd/#") as daemon:
        for _ in range(2):
            pid, port = broker.pid, broker.port
            os.kill(pid, signal.SIGKILL)
            assert isinstance(await driver.next(), Down)
            assert isinstance(await daemon.next(), Down)
            await asyncio.gather(driver.up(), daemon.up())
            assert broker.port == port
            assert psutil.pid_exists(broker.pid)
            assert broker.pid != pid
            assert await driver.publish("labd/report", b"again")
            assert await daemon.arrived() == Arrived("labd/report", b"again")


@mosquitto
async def test_a_publish_that_waits_ends_with_the_connection_though_nobody_listens(broker: EmbeddedBroker) -> None:
    transport = MqttTransport(broker.url, client_id="driver", subscriptions=())
    async with aclosing(transport.events()) as events, client(broker.url, "other") as other:
        assert await anext(events) == Up("5")
        os.kill(broker.pid, signal.SIGSTOP)
        waiting = [asyncio.create_task(transport.publish("labd/report", b"result")) for _ in range(50)]
        os.kill(broker.pid, signal.SIGKILL)
        async with asyncio.timeout(WITHIN_S):
            assert not any(await asyncio.gather(*waiting))
            assert isinstance(await anext(events), Down)
            assert await anext(events) == Up("5")
        await other.up()


# --- the daemon dies


@both
async def test_a_killed_daemon_takes_its_broker_along_and_the_next_has_the_same_port(
    kind: Kind, tmp_path: Path
) -> None:
    daemon = await asyncio.create_subprocess_exec(
        sys.executable, "-c", A_DAEMON, str(tmp_path), kind, stdout=asyncio.subprocess.PIPE
    )
    assert daemon.stdout is not None
    pid, port = map(int, (await daemon.stdout.readline()).split())
    broker = psutil.Process(pid)
    daemon.kill()
    await daemon.wait()
    if sys.platform == "linux":
        assert await asyncio.to_thread(lambda: psutil.wait_procs([broker], timeout=WITHIN_S)[1]) == []
    async with EmbeddedBroker(tmp_path, prefer=kind) as second:
        assert second.port == port
        async with client(second.url, "driver") as driver:
            assert await driver.publish("labd/report", b"")


@mosquitto
async def test_a_broker_that_was_left_behind_is_adopted_and_kept(kind: Kind, tmp_path: Path) -> None:
    async with EmbeddedBroker(tmp_path, prefer=kind) as first:
        port = first.port
    left_behind = await asyncio.create_subprocess_exec(*command(kind, port, tmp_path))
    async with client(f"mqtt://127.0.0.1:{port}", "somebody"):
        pass
    (tmp_path / "broker.json").write_text(json.dumps({"kind": kind, "port": port, "pid": left_behind.pid}))
    async with EmbeddedBroker(tmp_path, prefer=kind) as broker, client(broker.url, "driver") as driver:
        assert broker.pid == left_behind.pid
        left_behind.kill()
        await left_behind.wait()
        await driver.up()
        assert broker.pid != left_behind.pid


@both
async def test_a_broker_that_cannot_have_its_port_says_where_to_look(kind: Kind, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers in its place
        broker = EmbeddedBroker(tmp_path, port=taken.getsockname()[1], prefer=kind)
        with pytest.raises(Unavailable, match=r"ended with code \d+.*broker\.log"):
            await broker.__aenter__()
    assert (tmp_path / "broker.log").read_text()


@pytest.mark.parametrize("rubbish", ["", "1883", '{"kind": "mosquitto", "port": 1}', "\x00"])
@mosquitto
async def test_what_was_remembered_may_be_rubbish(kind: Kind, tmp_path: Path, rubbish: str) -> None:
    (tmp_path / "broker.json").write_text(rubbish)
    async with EmbeddedBroker(tmp_path, prefer=kind) as broker, client(broker.url, "driver") as driver:
        assert await driver.publish("labd/x", b"")


async def test_a_port_that_somebody_else_took_meanwhile_is_left_to_them(tmp_path: Path) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = somebody.getsockname()[1]
        (tmp_path / "broker.json").write_text(json.dumps({"kind": "amqtt", "port": port, "pid": 2**22 + 1}))
        async with EmbeddedBroker(tmp_path, prefer="amqtt") as broker:
            assert broker.port != port
