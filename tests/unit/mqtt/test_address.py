"""Addresses of brokers: what is taken, and what is refused without giving a password away."""

from pathlib import Path

import pytest

from labd.domain.errors import InvalidInput
from labd.mqtt import BrokerAddress, MqttTransport, refuse_open_password, with_absolute_files, with_credentials


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtt://broker", BrokerAddress("mqtt", "broker", 1883)),
        ("mqtt://10.0.0.7:2883/", BrokerAddress("mqtt", "10.0.0.7", 2883)),
        ("mqtt://[::1]:2883?version=5", BrokerAddress("mqtt", "::1", 2883, version="5")),
        (
            "mqtt://ann:p%40ss%2F@broker?version=3.1.1",
            BrokerAddress("mqtt", "broker", 1883, username="ann", password="p@ss/", version="3.1.1"),
        ),
        ("mqtts://broker", BrokerAddress("mqtts", "broker", 8883)),
        (
            "mqtts://broker?ca=/etc/labd/ca.crt&cert=a.crt&key=a.key&keep_alive=60",
            BrokerAddress(
                "mqtts",
                "broker",
                8883,
                keep_alive_s=60,
                ca=Path("/etc/labd/ca.crt"),
                certificate=Path("a.crt"),
                key=Path("a.key"),
            ),
        ),
        ("ws://broker", BrokerAddress("ws", "broker", 80, "/mqtt")),
        ("ws://broker:9001/", BrokerAddress("ws", "broker", 9001, "/mqtt")),
        (
            "wss://broker/lab/mqtt?credentials=me.json",
            BrokerAddress("wss", "broker", 443, "/lab/mqtt", credentials=Path("me.json")),
        ),
    ],
)
def test_what_is_taken(url: str, address: BrokerAddress) -> None:
    assert BrokerAddress.parse(url) == address


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "does not say how to speak"),
        ("broker:1883", "does not speak broker://"),
        ("http://broker", "does not speak http://"),
        ("mqtt://", "names no host"),
        ("mqtt://[::1", "its host cannot be read"),
        ("mqtt://broker:port", "its port is no number"),
        ("mqtt://broker:99999", "its port is no number"),
        ("mqtt://broker/labd", "has a path"),
        ("mqtt://broker#labd", "behind a #"),
        ("mqtt://broker?version=4", "no version of MQTT"),
        ("mqtt://broker?version=", "has no value"),
        ("mqtt://broker?version=5&version=5", "twice"),
        ("mqtt://broker?tls=1", r"\?tls= is nothing .* Options: version"),
        ("mqtt://broker?keep_alive=0", "no number of seconds"),
        ("mqtt://broker?keep_alive=soon", "no number of seconds"),
        ("mqtt://broker?ca=ca.crt", "Write mqtts://"),
        ("ws://broker?ca=ca.crt", "Write wss://"),
        ("mqtts://broker?cert=a.crt", "needs its key"),
        ("mqtt://ann@broker?credentials=me.json", "one of the two"),
    ],
)
def test_what_is_refused(url: str, complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        BrokerAddress.parse(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://ann:x7y8@broker",
        "mqtt://ann:x7y8@broker:port",
        "mqtt://ann:x7y8@",
        "mqtt://ann:x7y8@broker/labd",
        "mqtt://ann:x7y8@broker?version=4",
        "mqtt://ann:x7#y8@broker",
        "mqtt://ann:x7/y8@broker",
        "mqtt://ann:1?y8@broker",
        "mqtt://ann:1?x7&y8@broker",
        "mqtt://ann:[x7y8@broker",
    ],
)
def test_a_refusal_shows_nothing_of_the_password(url: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        BrokerAddress.parse(url)
    said = refusal.value.message + refusal.value.hint
    assert "x7" not in said
    assert "y8" not in said


def test_an_address_is_shown_without_its_password() -> None:
    address = BrokerAddress.parse("mqtt://ann:secret@[::1]")
    assert str(address) == "mqtt://ann@[::1]:1883"
    assert "secret" not in repr(address)


def test_a_password_on_the_command_line_is_refused() -> None:
    with pytest.raises(InvalidInput, match="LABD_BROKER"):
        refuse_open_password("mqtt://ann:secret@broker")
    for harmless in ("", "mosquitto", "mqtt://broker", "mqtt://ann@broker", "mqtt://broker?credentials=me.json"):
        refuse_open_password(harmless)


# --- the files that an address names


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("ca=absent.crt", "absent.crt: there is no such file"),
        ("ca=rubbish", "rubbish is of no use for TLS"),
        ("cert=rubbish&key=rubbish", "rubbish is of no use for TLS"),
        ("credentials=absent.json", "absent.json cannot be read: No such file"),
        ("credentials=rubbish", "rubbish holds no credentials"),
        ("credentials=nobody.json", "passwords: Tuple should have at least 1 item"),
    ],
)
def test_a_file_of_no_use_is_said_at_once(
    query: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rubbish").write_text("secret")
    Path("nobody.json").write_text('{"username": "ann", "passwords": []}')
    with pytest.raises(InvalidInput, match=complaint) as refusal:
        MqttTransport(f"mqtts://broker?{query}", client_id="a", subscriptions=())
    assert "secret" not in str(refusal.value)


def test_the_files_of_an_address_are_found_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = "mqtts://ann:p%40ss@broker:8883?version=5&ca=my%20lab/ca.crt"
    assert with_absolute_files(url) == f"mqtts://ann:p%40ss@broker:8883?version=5&ca={tmp_path}/my%20lab/ca.crt"
    assert with_absolute_files("mqtts://broker?credentials=/etc/me.json") == "mqtts://broker?credentials=/etc/me.json"
    for same in ("", "amqtt", "mqtt://broker", "mqtt://broker?version=5"):
        assert with_absolute_files(same) == same


def test_each_client_has_its_file_in_a_directory_of_credentials(tmp_path: Path) -> None:
    mine = tmp_path / "pump_1.json"
    mine.write_text('{"username": "pump_1", "passwords": ["x"]}')
    url = f"mqtts://broker:8883?ca=/a%20b/ca.crt&credentials={tmp_path}"
    assert with_credentials(url, "pump_1") == f"mqtts://broker:8883?ca=/a%20b/ca.crt&credentials={mine}"
    assert with_credentials(f"mqtt://broker?credentials={mine}", "pump_2") == f"mqtt://broker?credentials={mine}"
    assert with_credentials("mqtt://ann:x@broker", "pump_1") == "mqtt://ann:x@broker"
    with pytest.raises(InvalidInput, match="no credentials of pump_2"):
        with_credentials(url, "pump_2")
