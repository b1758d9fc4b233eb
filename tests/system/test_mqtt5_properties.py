"""What MQTT 5 says beside the payloads, as somebody else's client sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from labd.adapters.broker import EmbeddedBroker
from labd.adapters.mqtt_link import MqttLink
from labd.domain.command import Order
from labd.wire.messages import Ack, Ask, Command, Control
from tests.system.driver_bench import DriverBench

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
ORDER = Order(
    command="c.1",
    run="r",
    step="s",
    attempt=1,
    instrument="hplc",
    capability="inject",
    deadline=NOW + timedelta(hours=1),
)


def properties(message: aiomqtt.Message) -> dict[str, Any]:
    """As paho tells them."""
    assert message.properties is not None
    found: dict[str, Any] = message.properties.json()  # type: ignore[no-untyped-call]
    return found


@asynccontextmanager
async def looking_on(broker: EmbeddedBroker, topic: str) -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client("127.0.0.1", broker.port, protocol=aiomqtt.ProtocolVersion.V5) as somebody:
        await somebody.subscribe(topic)
        yield somebody


@pytest.mark.needs("mosquitto")
async def test_orders_questions_and_acknowledgements_say_what_they_are_about(tmp_path: Path) -> None:
    async with EmbeddedBroker(tmp_path) as broker, looking_on(broker, "labd/#") as somebody:
        link = MqttLink(broker.url, "bench", client_id="daemon", now=lambda: NOW)
        inbound = link.inbound()
        try:
            await anext(inbound)
            for body in (Command(epoch=1, order=ORDER), Ask(command="c.1"), Ack(command="c.1", content_hash="h")):
                await link.send("hplc", body)
            await link.send("hplc", Control(action="pause", epoch=1))
            said = [await anext(somebody.messages) for _ in range(4)]
        finally:
            await inbound.aclose()
    order, question, acknowledgement, control = map(properties, said)
    assert order["ResponseTopic"] == "labd/1/bench/hplc/report"
    assert 3595 <= order["MessageExpiryInterval"] <= 3600
    assert question["ResponseTopic"] == "labd/1/bench/hplc/answer"
    assert [bytes.fromhex(each["CorrelationData"]) for each in (order, question, acknowledgement)] == [b"c.1"] * 3
    assert "CorrelationData" not in control


@pytest.mark.needs("mosquitto")
async def test_a_drivers_reports_say_what_they_are_about(tmp_path: Path) -> None:
    async with DriverBench(tmp_path) as bench, looking_on(bench.broker, "labd/+/+/+/report") as somebody:
        await bench.started()
        await bench.order("c1")
        await bench.gate.begun()
        bench.gate.let("c1")
        await bench.outcome("c1")
        said = [await anext(somebody.messages) for _ in range(2)]
    assert [bytes.fromhex(properties(each)["CorrelationData"]) for each in said] == [b"c1"] * 2


@pytest.mark.needs("mosquitto")
async def test_an_order_without_a_deadline_does_not_expire(tmp_path: Path) -> None:
    async with EmbeddedBroker(tmp_path) as broker, looking_on(broker, "labd/#") as somebody:
        link = MqttLink(broker.url, "bench", client_id="daemon")
        inbound = link.inbound()
        try:
            await anext(inbound)
            await link.send("hplc", Command(epoch=1, order=ORDER.model_copy(update={"deadline": None})))
            said = await anext(somebody.messages)
        finally:
            await inbound.aclose()
    assert "MessageExpiryInterval" not in properties(said)
