"""Addresses of brokers: what is taken, and what is refused without giving a password away."""

import pytest

from labd.domain.errors import InvalidInput
from labd.mqtt import MqttTransport
from labd.mqtt.address import BrokerAddress


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtt://broker", BrokerAddress("broker", 1883)),
        ("mqtt://10.0.0.7:2883/", BrokerAddress("10.0.0.7", 2883)),
        ("mqtt://[::1]:2883?version=5", BrokerAddress("::1", 2883, version="5")),
        ("mqtt://ann:p%40ss%2F@broker?version=3.1.1", BrokerAddress("broker", 1883, "ann", "p@ss/", "3.1.1")),
    ],
)
def test_what_is_taken(url: str, address: BrokerAddress) -> None:
    assert BrokerAddress.parse(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "broker:1883",
        "http://broker",
        "mqtt://",
        "mqtt://[::1",
        "mqtt://broker:port",
        "mqtt://broker:99999",
        "mqtt://broker/labd",
        "mqtt://broker#labd",
        "mqtt://broker?version=4",
        "mqtt://broker?version=",
        "mqtt://broker?version=5&version=5",
        "mqtt://broker?tls=1",
        "mqtts://broker",
        "ws://broker",
    ],
)
def test_what_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match=r"mqtt://\[user:password@\]host"):
        MqttTransport(url, client_id="a", subscriptions=())


@pytest.mark.parametrize("url", ["http://ann:secret@broker", "mqtt://ann:secret@broker:port", "mqtt://ann:secret@"])
def test_a_refusal_does_not_show_the_password(url: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        BrokerAddress.parse(url)
    assert "secret" not in str(refusal.value)
